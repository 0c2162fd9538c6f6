"""Measures how soon an edge captures: from the start of its process to the first card on the disk.

    python -m bench.start [--rounds N] [--kept N] [--json]

A card reader on a pseudo-terminal is shown a card every few milliseconds; the edge has captured when its
outbox holds one. `start` begins with an empty outbox, `restart` follows kill -9 of an edge that keeps many
facts. `imports` is an interpreter that loads the libraries of such an edge, and ends: the limit of the parts.
"""

import argparse
import json
import os
import pty
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import reduce
from operator import xor
from pathlib import Path

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from tests.edge.making import punch
from wire.facts import BATCH_LIMIT

IMPORTS = "import argparse, logging, sqlite3, ssl, msgspec, paho.mqtt.client, serial, tenacity"
EDGE = """
[edge]
id = "pune-01"
state_dir = "{folder}"
[broker]
host = "127.0.0.1"
port = 1
[[reader]]
name = "gate"
kind = "serial-rfid"
device = "{device}"
format = "rdm6300"
debounce_s = 0
"""
_PACE_S = 0.002
_LOOK_S = 0.001


def frame(number: int) -> bytes:
    """What an RDM6300 says of a card."""
    card = number.to_bytes(5, "big")
    return b"\x02" + (card + bytes([reduce(xor, card)])).hex().upper().encode() + b"\x03"


@contextmanager
def card_reader() -> Iterator[str]:
    """A reader to which cards are shown without end; gives the path of its device."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    stop = threading.Event()

    def present() -> None:
        number = 0
        while not stop.wait(_PACE_S):
            number += 1
            with suppress(BlockingIOError):
                os.write(ours, frame(number))

    presenting = threading.Thread(target=present)
    presenting.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stop.set()
        presenting.join()
        os.close(ours)
        os.close(theirs)


def imports_s() -> float:
    """An interpreter that loads the libraries."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - began


def capture_s(folder: Path, device: str) -> float:
    """Start an edge, and kill it as soon as it has captured a card."""
    config = folder / "edge.toml"
    config.write_text(EDGE.format(folder=folder, device=device))
    program = str(Path(sys.executable).with_name("punchwire-edge"))
    newest = "SELECT coalesce(max(seq), 0) FROM facts"
    with closing(sqlite3.connect(folder / "outbox.db")) as db:
        (before,) = db.execute(newest).fetchone()
        began = time.perf_counter()
        edge = subprocess.Popen([program, "--config", str(config), "run"], stderr=subprocess.DEVNULL)
        try:
            while db.execute(newest).fetchone() == (before,):
                time.sleep(_LOOK_S)
            return time.perf_counter() - began
        finally:
            edge.kill()
            edge.wait()


def fill(folder: Path, count: int) -> None:
    """An outbox that keeps so many facts, the half of them confirmed."""
    outbox = Outbox(folder / "outbox.db")
    for first in range(0, count, BATCH_LIMIT):
        outbox.append("gate", [punch(number) for number in range(first, min(count, first + BATCH_LIMIT))])
    outbox.settle(count // 2)
    outbox.close()


def run(rounds: int, kept: int) -> dict[str, float]:
    """Milliseconds, and the medians of the ratios."""
    seconds: dict[str, list[float]] = {"imports": [], "start": [], "restart": []}
    with card_reader() as device, tempfile.TemporaryDirectory(dir=".") as place:
        for at in range(rounds):
            folder = Path(place).absolute() / str(at)
            folder.mkdir()
            prepare(folder / "outbox.db")
            seconds["imports"].append(imports_s())
            seconds["start"].append(capture_s(folder, device))
            fill(folder, kept)
            seconds["restart"].append(capture_s(folder, device))
    told = {f"{what} ms": 1000 * statistics.median(known) for what, known in seconds.items()}
    for what in ("start", "restart"):
        ratios = [ours / bare for ours, bare in zip(seconds[what], seconds["imports"], strict=True)]
        told[f"{what} of imports"] = statistics.median(ratios)
    return told


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--kept", type=int, default=100_000, help="facts in the outbox (%(default)s)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    told = run(options.rounds, options.kept)
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], **told}))
        return 0
    for what, figure in told.items():
        print(f"{what:<20} {figure:>8.2f}")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
