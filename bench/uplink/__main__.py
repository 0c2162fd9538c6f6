"""Measures the way from a reader's emit to central's receipt, beside a bare script on the same broker.

    python -m bench.uplink [--live N] [--drain N] [--rounds N] [--tls off|on|both] [--json]

Product and script run in turns; each line shows the medians of the rounds and the median of the ratios.
`live` is append (durable at the edge) to receipt (durable at central), one punch at a time, with nothing else
to do. `drain` is a backlog sent to the last receipt, by both in the messages and with the window of the wire
(128 KiB, 1,000 facts); `no limits` gives the script messages of 500 and 2,000 facts under way. `live after`
is beside a central that still computes the workdays of what was drained. `feed` is the product's edge alone:
a drain into a central that stores nothing. Edges run in this process, centrals in one of their own.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.uplink import bare, sink
from bench.uplink.place import EDGE, Place, rested
from bench.uplink.product import Edge
from edge.daemon import SWITCH_S
from edge.uplink.window import LIMIT
from wire.facts import BATCH_LIMIT

BATCH, FREELY = 360, 2000
"""How many facts fit in a message of the wire; what the script has under way where no rule of the wire binds
it, in messages of 500: more bring it nothing.
"""
Figures = dict[str, float]


def script(place: Place, live: int, drain: int) -> Figures:
    """The bare script's turn."""
    options = place.options
    with (
        place.running_broker(),
        bare.running_central(options("central"), place.folder / "bare-central.db"),
    ):
        edge = bare.Edge(options(EDGE), place.folder / "bare-edge.db")
        alone = [edge.live(n) for n in range(live)]
        edge.fill(live, drain)
        rate = drain / edge.drain(drain, BATCH, LIMIT)
        after = [edge.live(n) for n in range(live + drain, 2 * live + drain)]
        edge.fill(2 * live + drain, drain)
        freely = drain / edge.drain(drain, BATCH_LIMIT, FREELY)
        edge.close()
    return {
        **_told("live", alone),
        "drain punches/s": rate,
        "drain, no limits": freely,
        **_told("live after", after),
    }


def product(place: Place, live: int, drain: int) -> Figures:
    """The product's turn."""
    folder = place.folder / "edge"
    with place.running_broker(), place.running_central() as pid:
        edge = Edge(place.options(EDGE), folder)
        edge.start()
        rested(pid)
        alone = [edge.live(10_000_000 + n) for n in range(live)]
        edge.close()
        edge = Edge(place.options(EDGE), folder)
        edge.fill(0, drain)
        rate = drain / edge.drain()
        after = [edge.live(20_000_000 + n) for n in range(live)]
        edge.close()
    return {
        **_told("live", alone),
        "drain punches/s": rate,
        "drain, no limits": rate,
        **_told("live after", after),
    }


def feed(place: Place, drain: int) -> Figures:
    """The product's edge, and a central that costs nothing."""
    edge = Edge(place.options(EDGE), place.folder / "feed")
    edge.fill(0, drain)
    with place.running_broker(), sink.running(place.options("central")):
        busy = os.times()
        took = edge.drain()
        spent = os.times()
        edge.close()
    each = (spent.user + spent.system - busy.user - busy.system) / drain
    return {"feed punches/s": drain / took, "feed us of CPU each": 1e6 * each}


def _told(what: str, seconds: list[float]) -> Figures:
    steady = sorted(seconds[len(seconds) // 10 :])
    return {
        f"{what} p50 ms": 1000 * statistics.median(steady),
        f"{what} p99 ms": 1000 * steady[int(len(steady) * 0.99)],
    }


def run(folder: Path, rounds: int, live: int, drain: int, *, tls: bool) -> dict[str, dict[str, float | None]]:
    """All rounds with or without TLS; the table by what is measured."""
    told: list[dict[str, Figures]] = []
    for at in range(rounds):
        print(f"TLS {'on' if tls else 'off'}, round {at + 1} of {rounds}", file=sys.stderr)
        turns: list[tuple[str, Callable[[Place, int, int], Figures]]] = [
            ("script", script),
            ("product", product),
        ]
        figures = {
            who: turn(Place(folder / f"{who}{tls}{at}", tls=tls), live, drain)
            for who, turn in (reversed(turns) if at % 2 else turns)
        }
        figures["product"] |= feed(Place(folder / f"feed{tls}{at}", tls=tls), drain)
        told.append(figures)
    return {
        what: _row([it["script"].get(what) for it in told], [it["product"][what] for it in told])
        for what in told[0]["product"]
    }


def _row(script: list[float | None], product: list[float]) -> dict[str, float | None]:
    known = [value for value in script if value is not None]
    ratios = [ours / theirs for ours, theirs in zip(product, known, strict=False)]
    return {
        "script": statistics.median(known) if known else None,
        "product": statistics.median(product),
        "ratio": statistics.median(ratios) if ratios else None,
    }


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--live", type=int, default=400)
    parser.add_argument("--drain", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tls", choices=("off", "on", "both"), default="both")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_S)  # as the daemon, for product and script alike
    modes = {"off": (False,), "on": (True,), "both": (False, True)}[options.tls]
    with tempfile.TemporaryDirectory(dir=".") as folder:
        tables = {
            f"TLS {'on' if tls else 'off'}": run(
                Path(folder), options.rounds, options.live, options.drain, tls=tls
            )
            for tls in modes
        }
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], **tables}))
        return 0
    for name, table in tables.items():
        print(f"{name:<22} {'script':>10} {'product':>10} {'ratio':>7}")
        for what, row in table.items():
            shown = ("-" if row[key] is None else f"{row[key]:.2f}" for key in ("script", "product", "ratio"))
            print("{:<22} {:>10} {:>10} {:>7}".format(what, *shown))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
