"""Measures what a punch takes in the ledger's database: bytes of each table with its indexes.

    python -m bench.rows [--punches N] [--together N] [--postgresql] [--json]

Fifty edges bring punches of 300 people each, so many `together` in a message: 1 is people who punch, 500 a
backlog. `day_marks` is what workdays wait for and is empty again when they are computed. The rate is that of
the ledger alone, without a broker, five hundred punches in a transaction.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from bench.uplink.edges import ledger_of
from bench.uplink.product import of_somebody
from central.ledger import landing
from central.ledger.database import Ledger
from central.streams import Parcel
from wire.facts import BATCH_LIMIT

EDGES = 50
_SIZES = """SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"""


def fill(ledger: Ledger, punches: int, together: int) -> float:
    """Land them all; seconds."""
    began, at = time.perf_counter(), datetime.now(UTC)
    for edge in (f"edge-{number:03d}" for number in range(EDGES)):
        for first in range(0, punches // EDGES, BATCH_LIMIT):
            parcels = [_parcel(edge, n, together) for n in range(first, first + BATCH_LIMIT, together)]
            with ledger.write() as connection:
                landing.land(connection, parcels, at)
                landing.move_marks(connection, {(edge, parcels[-1].outbox_id): parcels[-1].last_seq}, at)
    return time.perf_counter() - began


def _parcel(edge: str, first: int, count: int) -> Parcel:
    facts = [(number + 1, of_somebody(number, edge)) for number in range(first, first + count)]
    return Parcel(edge, "0" * 32, first + 1, first + count, first, facts)


def sizes(ledger: Ledger, file: Path | None) -> dict[str, int]:
    """Bytes by table, indexes included."""
    if file is None:
        with ledger.read() as connection:
            return dict(map(tuple, connection.execute(text(_SIZES))))
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name"
        return dict(db.execute(query))


def measure(folder: Path, punches: int, together: int, *, postgresql: bool) -> dict[str, float]:
    """Bytes a punch by table, and the rate."""
    with ledger_of(folder, postgresql=postgresql) as where:
        file = folder / "ledger.db"
        with closing(Ledger(where or str(file))) as ledger:
            ledger.migrate(datetime.now(UTC))
            took = fill(ledger, punches, together)
            found = sizes(ledger, None if postgresql else file)
    kept = {name: found[name] / punches for name in ("punch_rows", "arrivals", "contexts", "day_marks")}
    return {**kept, "punches/s": punches / took}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--punches", type=int, default=50_000)
    parser.add_argument("--together", type=int, choices=(1, 5, 50, 500), default=1)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pw-rows-") as folder:
        Path(folder).chmod(0o755)
        told = measure(Path(folder), options.punches, options.together, postgresql=options.postgresql)
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], **told}))
        return 0
    for what, value in told.items():
        print(f"{what:<10} {value:>10.1f}")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
