"""Measures many edges that drain at once: how much central takes in, and whether each edge gets its share.

    python -m bench.uplink.edges [--edges N] [--punches N] [--centrals N] [--postgresql] [--json]

All edges hold the same backlog, of many people, and are let go together. `share` is what the slowest edge had
settled when the fastest was done, as a part of it: at 0.5 nobody was served more than twice as fast as
anybody else. `silence` is the longest time that an edge waited for its next receipt, `again` the part of what
arrived that had arrived before. With more than one central the ledger is a PostgreSQL of its own, as durable
as one in service.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from bench.uplink.place import Place
from bench.uplink.product import Edge, of_somebody
from central.ledger.database import Ledger
from central.ledger.schema import arrivals
from tests.central.postgres import Postgres


class Course:
    """When which edge got how far. Rates are those between a fifth and nine tenths of everything."""

    def __init__(self, edges: dict[str, Edge], goal: int) -> None:
        self._goal = goal
        self._lock = threading.Lock()
        self._settled = dict.fromkeys(edges, 0)
        self._heard_at: dict[str, float] = {}
        self._steady: list[tuple[float, int]] = []
        self.share = self.silence_s = 0.0
        for name, edge in edges.items():
            edge.told = partial(self._receipt, name)

    def _receipt(self, name: str, upto: int) -> None:
        now = time.perf_counter()
        with self._lock:
            self._settled[name] = upto
            self.silence_s = max(self.silence_s, now - self._heard_at.get(name, now))
            self._heard_at[name] = now
            total, whole = sum(self._settled.values()), self._goal * len(self._settled)
            if whole * 0.2 <= total <= whole * 0.9:
                self._steady.append((now, total))
            if upto >= self._goal and not self.share:
                self.share = min(self._settled.values()) / self._goal

    @property
    def rate(self) -> float:
        """Punches a second."""
        (began, first), (ended, last) = self._steady[0], self._steady[-1]
        return (last - first) / (ended - began)


@contextmanager
def ledger_of(folder: Path, *, postgresql: bool) -> Iterator[str | None]:
    """A PostgreSQL of its own, or None for a file."""
    if not postgresql:
        yield None
        return
    server = Postgres(folder / "server", durable=True)
    server.start()
    try:
        yield server.create("ledger")
    finally:
        server.stop()


def measure(
    folder: Path, names: list[str], punches: int, centrals: int, *, postgresql: bool
) -> dict[str, float]:
    """Fill, let go, wait for the last receipt."""
    with ExitStack() as stack:
        where = stack.enter_context(ledger_of(folder, postgresql=postgresql))
        place = Place(folder / "place", tls=False, edges=names, database=where)
        edges = {name: Edge(place.options(name), folder / name, name) for name in names}
        for name, edge in edges.items():
            edge.fill(0, punches, partial(of_somebody, serial=name))
        course = Course(edges, punches)
        stack.enter_context(place.running_broker())
        for edge in edges.values():
            stack.callback(edge.close)
            edge.pump.start()
        while not all(edge.pump.online for edge in edges.values()):
            time.sleep(0.05)
        for at in range(centrals):
            stack.enter_context(place.running_central(f"c{at}" if centrals > 1 else ""))
        for edge in edges.values():
            edge.settled(punches, 900)
        with closing(Ledger(where or str(place.ledger))) as ledger, ledger.read() as connection:
            came = connection.execute(select(func.sum(arrivals.c.facts))).scalar_one()
    again = 1 - len(names) * punches / int(came)
    return {"punches/s": course.rate, "share": course.share, "silence s": course.silence_s, "again": again}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edges", type=int, default=100)
    parser.add_argument("--punches", type=int, default=5000, help="of each edge (%(default)s)")
    parser.add_argument("--centrals", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="also with one central")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = [f"edge-{number:03d}" for number in range(options.edges)]
    # Not below the current folder: a server that may not run as root has to enter it.
    with tempfile.TemporaryDirectory(prefix="pw-edges-") as folder:
        Path(folder).chmod(0o755)
        postgresql = options.postgresql or options.centrals > 1
        told = measure(Path(folder), names, options.punches, options.centrals, postgresql=postgresql)
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], **told}))
        return 0
    for what, value in told.items():
        print(f"{what:<10} {value:>10.2f}")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
