"""Measures what the uplink adds to a punch while many readers punch: from the durable append to the broker.

    python -m bench.uplink.crowd [--readers N] [--punches N] [--pause S] [--first] [--tls] [--json]

Each reader is a thread that appends one punch after the other, with a pause of random length between them.
`append` is until the punch is durable, `publish` from there until its message was handed to the socket,
`receipt` from its append until central's receipt for it. With `--first` the edge's threads run before all
other programs, as where the machine is its own: then a busy machine measures `publish`, which knows no disk.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench.uplink.place import EDGE, Place
from bench.uplink.product import Edge
from edge.daemon import SWITCH_S
from tests.edge.making import punch


class Times:
    """When each punch was appended, durable, published and receipted: seconds of one clock."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._began: dict[str, float] = {}
        self._durable: dict[str, float] = {}
        self._published: list[tuple[float, bytes]] = []
        self._receipted: dict[int, float] = {}
        edge.told = self._receipt
        link = edge.pump._link  # noqa: SLF001 - the bench looks from outside
        publish = link.publish

        def watched(topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
            publish(topic, payload, qos=qos, retain=retain)
            self._published.append((time.perf_counter(), payload))

        vars(link)["publish"] = watched

    def _receipt(self, upto: int) -> None:
        now = time.perf_counter()
        for seq in range(max(self._receipted, default=0) + 1, upto + 1):
            self._receipted[seq] = now

    def reader(self, name: str, first: int, count: int, pause_s: float) -> None:
        """One reader at work."""
        dice = random.Random(name)  # noqa: S311 - no secret
        for number in range(first, first + count):
            time.sleep(dice.uniform(0, 2 * pause_s))
            one = punch(number, "live", name)
            self._began[one.punch_id] = time.perf_counter()
            self._edge.outbox.append(name, [one])
            self._durable[one.punch_id] = time.perf_counter()

    def told(self) -> dict[str, dict[str, float]]:
        """Milliseconds by what is measured."""
        published: dict[str, float] = {}
        seqs: dict[str, int] = {}
        for at, payload in self._published:
            told = json.loads(payload)
            for seq, fact in enumerate(told.get("facts", ()), told.get("first_seq", 0)):
                published.setdefault(fact["punch_id"], at)
                seqs[fact["punch_id"]] = seq
        return {
            "append": _quantiles([self._durable[it] - self._began[it] for it in seqs]),
            "publish": _quantiles([published[it] - self._durable[it] for it in seqs]),
            "receipt": _quantiles([self._receipted[seqs[it]] - self._began[it] for it in seqs]),
        }


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    known = sorted(max(0.0, second) for second in seconds)
    return {
        "p50": 1000 * statistics.median(known),
        "p99": 1000 * known[int(len(known) * 0.99)],
        "worst": 1000 * known[-1],
    }


def measure(
    folder: Path, readers: int, punches: int, pause_s: float, *, first: bool, tls: bool
) -> dict[str, dict[str, float]]:
    """Let the readers punch, and wait for the last receipt."""
    sys.setswitchinterval(SWITCH_S)
    place = Place(folder / "place", tls=tls)
    with place.running_broker(), place.running_central():
        if first:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        edge = Edge(place.options(EDGE), folder / "edge")
        times = Times(edge)
        edge.start()
        threads = [
            threading.Thread(target=times.reader, args=(f"gate-{at}", at * punches, punches, pause_s))
            for at in range(readers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        edge.settled(edge.outbox.mark.newest, 60)
        told = times.told()
        edge.close()
    return told


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--punches", type=int, default=50, help="of each reader (%(default)s)")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds, on the average (%(default)s)")
    parser.add_argument("--first", action="store_true", help="needs the right to real-time priority")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        told = measure(
            Path(folder).absolute(),
            options.readers,
            options.punches,
            options.pause,
            first=options.first,
            tls=options.tls,
        )
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], **told}))
        return 0
    print(f"{'ms':<10} {'p50':>8} {'p99':>8} {'worst':>8}")
    for what, row in told.items():
        print(f"{what:<10} {row['p50']:>8.2f} {row['p99']:>8.2f} {row['worst']:>8.2f}")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
