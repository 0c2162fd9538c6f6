"""Measures whole resyncs: everybody of ten branches asked, with real edges, terminals, broker and central.

    python -m bench.resync [--part known|whole|both] [--punches N] [--employees N] [--branches N] [--days N]
        [--one-in N] [--json]

Each branch is an edge daemon with a simulated terminal. First they send all that their logs hold.

`known`: a resync of every day of `--punches` punches which both sides hold; its bytes on the wire, both ways,
stand beside the bytes of sending those punches.
`whole`: `--employees` punched four times on each of the last `--days`. A dry run and a resync when the ledger
misses every tenth of them, one more that finds nothing left, and one that asks for the same people by a
filter, so by their badges. Their workdays are computed on the way.

A record is an employee of a resync; seconds are from the request to the last answer. Beside each resync
somebody punches elsewhere: `receipt` is how long those punches wait for theirs.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Self

from bench.resync.works import EVERYBODY, LIVE, Works
from bench.uplink.product import Edge
from wire.people import OrgFilter

PUNCHES_A_DAY = 4
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    """One resync, or the sending: what it came to, and what it cost. `share` is of the bytes of sending."""

    what: str
    punches: int
    added: int
    changed_days: int
    seconds: float
    records_a_minute: float
    wire_bytes: int
    share: float
    receipt_p50_ms: float
    receipt_worst_ms: float


class Passer:
    """Somebody who punches again and again at an edge that is not asked; `waited` for each receipt."""

    def __init__(self, works: Works) -> None:
        self._edge = Edge(works.options(LIVE), works.new_folder(LIVE), LIVE)
        self._waits: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="passer", daemon=True)

    def __enter__(self) -> Self:
        self._edge.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)
        self._edge.close()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(_PAUSE_S):
            number += 1
            self._waits.append(1000 * self._edge.live(number))

    @property
    def waited(self) -> tuple[float, float]:
        """Median and longest wait in milliseconds."""
        known = sorted(self._waits)
        return (known[len(known) // 2], known[-1]) if known else (0.0, 0.0)


class Bench:
    """The site once everything was sent, and what that took."""

    def __init__(self, works: Works, sent_bytes: int) -> None:
        self.works = works
        self._sent_bytes = sent_bytes

    def row(self, what: str, days: int, people: OrgFilter = EVERYBODY, *, dry_run: bool = False) -> Row:
        """Run one resync to its end. Raises RuntimeError if it does not come to a good one."""
        print(what, file=sys.stderr)
        self.works.wait_for_settled()
        with Passer(self.works) as passer:
            carried = self.works.carried
            seconds, told = self.works.resync(what.replace(" ", "-"), days, people, dry_run=dry_run)
            carried = self.works.carried - carried
        if told.state != "reconciled":
            raise RuntimeError(f"the resync {what} ended {told.state}")
        p50, worst = passer.waited
        return Row(
            what,
            told.punches_read,
            sum(reader.added + reader.to_add for reader in told.readers),
            told.days_changed,
            seconds,
            told.selected / seconds * 60,
            carried,
            carried / self._sent_bytes,
            p50,
            worst,
        )


def measure(works: Works, lines: Callable[["Bench"], Iterator[Row]], *, days: bool) -> Iterator[Row]:
    """The rows of a site: the sending, and what `lines` does then. `days`: once workdays are computed."""
    with works.running():
        print("sending", file=sys.stderr)
        began = time.perf_counter()
        works.open_branches()
        works.wait_for_punches()
        seconds = time.perf_counter() - began
        if days:
            works.wait_for_days()
        works.wait_for_settled()
        sent = works.carried
        yield Row("sending", works.punches, works.punches, 0, seconds, 0.0, sent, 1.0, 0.0, 0.0)
        yield from lines(Bench(works, sent))


def known(bench: Bench) -> Iterator[Row]:
    """Both sides hold all."""
    yield bench.row("known", bench.works.days)


def whole(bench: Bench, days: int, one_in: int) -> Iterator[Row]:
    """Some are missing."""
    print("losing", file=sys.stderr)
    bench.works.lose(one_in, days)
    yield bench.row("tried", days, dry_run=True)
    yield bench.row("applied", days)
    yield bench.row("again", days)
    yield bench.row("by filter", days, OrgFilter(status=("Active",)))


def rows(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Every row of the table."""
    branches, employees = options.branches, options.employees
    if options.part in ("known", "both"):
        site = Works(folder / "known", branches, employees, options.punches)
        yield from measure(site, known, days=False)
    if options.part in ("whole", "both"):
        site = Works(folder / "whole", branches, employees, employees * options.days * PUNCHES_A_DAY)
        lines = partial(whole, days=options.days, one_in=options.one_in)
        yield from measure(site, lines, days=True)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=("known", "whole", "both"), default="both")
    parser.add_argument("--employees", type=int, default=10_000)
    parser.add_argument("--punches", type=int, default=1_000_000, help="that both sides know (%(default)s)")
    parser.add_argument("--branches", type=int, default=10)
    parser.add_argument("--days", type=int, default=7, help="of a whole resync (%(default)s)")
    parser.add_argument("--one-in", type=int, default=10, help="is lost before it (%(default)s)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(os.EX_TEMPFAIL))  # so that nothing is left running
    with tempfile.TemporaryDirectory(dir=".") as folder:
        table = list(rows(Path(folder).absolute(), options))
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], "rows": [asdict(row) for row in table]}))
        return 0
    heads = (
        "punches",
        "missing",
        "days",
        "seconds",
        "records/min",
        "bytes",
        "% of sending",
        "receipt ms",
        "worst",
    )
    print(f"{'':<9}" + "".join(f"{head:>13}" for head in heads))
    for row in table:
        _, *counts = asdict(row).values()
        cells = [f"{100 * it:13,.4f}" if at == 6 else f"{it:13,.0f}" for at, it in enumerate(counts)]
        print(f"{row.what:<9}" + "".join(cells))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
