"""Measures the drain of a long backlog: its rate, memory on both sides, and live punches beside it.

    python -m bench.uplink.backlog [--punches N] [--every S] [--tls] [--json]

The rate of each tenth is that of its receipts; memory is resident size of the edge (this process) and of each
of central's processes with what they share divided among them. A live punch is appended every so many seconds
while the backlog drains, and counts until its row can be read from the ledger by another process.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.idle import family, resident_mb, shared_mb
from bench.uplink.place import EDGE, Place
from bench.uplink.product import Edge, of_somebody
from tests.edge.making import punch

TENTHS = 10
_LOOK_S = 0.002
_LIVE_FROM = 100_000_000
Tenth = dict[str, float]


class Course:
    """How the drain goes: a line for each tenth, made when its receipt arrives."""

    def __init__(self, count: int, central: int) -> None:
        self._step = count / TENTHS
        self._central = central
        self._began = time.monotonic()
        self.tenths: list[Tenth] = []

    def receipt(self, upto: int) -> None:
        """Note a receipt. Called on the pump's thread."""
        while len(self.tenths) < TENTHS and upto >= (len(self.tenths) + 1) * self._step:
            now = time.monotonic()
            self.tenths.append(
                {
                    "punches/s": self._step / (now - self._began),
                    "edge MB": resident_mb(os.getpid()),
                    **{f"{part_of_central(pid)} MB": shared_mb(pid) for pid in family(self._central)},
                }
            )
            self._began = now


def part_of_central(pid: int) -> str:
    """What a process of central does: its duty, or the intake."""
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return words[words.index("central.duties") + 1] if "central.duties" in words else "intake"


def live_beside(edge: Edge, ledger: Path, goal: int, every_s: float) -> list[float]:
    """Punch now and then until the backlog has gone; seconds from each append to its row in the ledger."""
    took: list[float] = []
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        while edge.outbox.mark.settled < goal:
            one = punch(_LIVE_FROM + len(took), "live")
            key = bytes.fromhex(one.punch_id)
            began = time.perf_counter()
            edge.outbox.append("door", [one])
            while db.execute("SELECT 1 FROM punches WHERE punch_id = ?", (key,)).fetchone() is None:
                time.sleep(_LOOK_S)
            took.append(time.perf_counter() - began)
            time.sleep(every_s)
    return took


def measure(folder: Path, count: int, every_s: float, *, tls: bool) -> dict[str, Any]:
    """Fill an outbox in another process, drain it in this one."""
    place = Place(folder / "place", tls=tls)
    outbox = folder / "edge"
    subprocess.run([sys.executable, "-m", __spec__.name, "--fill", str(outbox), str(count)], check=True)
    with place.running_broker(), place.running_central() as central:
        edge = Edge(place.options(EDGE), outbox)
        edge.start()
        began = time.monotonic()
        course = Course(count, central)
        edge.told = course.receipt
        took = live_beside(edge, place.ledger, count, every_s)
        whole_s = time.monotonic() - began
        edge.settled(edge.outbox.mark.newest, 120)
        edge.close()
    rates = [tenth["punches/s"] for tenth in course.tenths]
    took.sort()
    return {
        "tenths": course.tenths,
        "punches/s": count / whole_s,
        "slowest tenth of median": min(rates) / statistics.median(rates),
        "live punches": len(took),
        "live p50 ms": 1000 * statistics.median(took),
        "live p99 ms": 1000 * took[min(len(took) - 1, int(len(took) * 0.99))],
        "live worst ms": 1000 * took[-1],
    }


def fill(folder: Path, count: int) -> None:
    """Let punches wait in an outbox."""
    edge = Edge(Place(folder / "nowhere", tls=False).options(EDGE), folder)
    edge.fill(0, count, of_somebody)
    edge.outbox.close()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--punches", type=int, default=1_000_000)
    parser.add_argument(
        "--every", type=float, default=0.05, help="seconds between live punches (%(default)s)"
    )
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fill", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        fill(Path(options.fill[0]), int(options.fill[1]))
        return 0
    with tempfile.TemporaryDirectory(dir=".") as folder:
        told = measure(Path(folder).absolute(), options.punches, options.every, tls=options.tls)
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], **told}))
        return 0
    tenths = told.pop("tenths")
    print(" ".join(f"{what:>10}" for what in ("tenth", *tenths[0])))
    for at, tenth in enumerate(tenths, 1):
        print(" ".join(f"{figure:>10.0f}" for figure in (at, *tenth.values())))
    for what, figure in told.items():
        print(f"{what:<26} {figure:>10.2f}")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
