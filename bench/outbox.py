"""Measures the outbox on this disk: appends a second, syncs and bytes written a punch, over its whole life.

    python -m bench.outbox [--punches N] [--json]

The baseline in the same run is a bare table with the same bytes, WAL and synchronous=FULL.
Bytes are what the process sent to the disk (/proc/self/io, write_bytes); syncs are counted by strace
where it is installed.
"""

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.buffer.retention import EVERY_S, Retention
from tests.edge.making import punch
from wire.codec import encode

APPENDS_A_DAY = 100
LOOKS_A_DAY = round(86_400 / EVERY_S)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `syncs` is None where strace is missing."""

    what: str
    per_second: float
    bytes_each: float
    syncs_each: float | None


def written() -> int:
    """Bytes that this process sent to the disk so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def bare(path: Path, count: int, group: int) -> None:
    """The least that durable storage can do."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (seq INTEGER PRIMARY KEY, b BLOB)"
    )
    body = encode(punch(1))
    for first in range(0, count, group):
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO t (b) VALUES (?)", ((body,) for _ in range(first, min(count, first + group)))
        )
        db.execute("COMMIT")
    db.close()


def product(path: Path, count: int, group: int) -> None:
    """A punch's whole life at the edge: appended, settled, the mark written down, pruned.

    A day has a hundred appends, as at a small branch, and looks as often for what may go as the daemon does.
    """
    prepare(path)
    outbox = Outbox(path)
    retention = Retention(outbox, keep_days=0)
    day = group * APPENDS_A_DAY
    for first in range(0, count, group):
        outbox.append("gate", [punch(number) for number in range(first, min(count, first + group))])
        outbox.settle(outbox.mark.newest)
        if first % (day // LOOKS_A_DAY) == 0:
            while retention.turn(None, 0.0, disk_low=True):
                pass
    outbox.close()


WORK: dict[str, Callable[[Path, int, int], None]] = {"bare": bare, "outbox": product}


def measure(name: str, count: int, group: int) -> Row:
    """Run one line of the table in this process."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        before, began = written(), time.perf_counter()
        WORK[name](Path(folder) / "t.db", count, group)
        took, wrote = time.perf_counter() - began, written() - before
    what = f"{name}, {'alone' if group == 1 else f'groups of {group}'}"
    return Row(what, count / took, wrote / count, None)


def syncs(name: str, count: int, group: int) -> float | None:
    """Syncs a punch, counted by strace over a process of its own."""
    if shutil.which("strace") is None:
        return None
    with tempfile.TemporaryDirectory(dir=".") as folder:
        log = Path(folder) / "trace"
        command = [sys.executable, "-m", "bench.outbox", "--only", name, str(count), str(group), folder]
        subprocess.run(["strace", "-f", "-o", str(log), "-e", "trace=fsync,fdatasync", *command], check=True)
        lines = log.read_text().splitlines()
    return sum("sync(" in line for line in lines) / count


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--punches", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        name, count, group, folder = options.only
        WORK[name](Path(folder) / "t.db", int(count), int(group))
        return 0
    rows = []
    for group, count in ((1, options.punches), (500, options.punches * 25)):
        for name in WORK:
            row = measure(name, count, group)
            few = min(count, 500 * group)
            rows.append(Row(row.what, row.per_second, row.bytes_each, syncs(name, few, group)))
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return 0
    print(f"{'what':<24} {'punches/s':>10} {'bytes each':>11} {'syncs each':>11} {'of bare':>8}")
    for base, row in zip([rows[0], rows[0], rows[2], rows[2]], rows, strict=True):
        told = "-" if row.syncs_each is None else f"{row.syncs_each:.3f}"
        print(
            f"{row.what:<24} {row.per_second:>10.0f} {row.bytes_each:>11.0f} {told:>11}"
            f" {row.per_second / base.per_second:>8.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
