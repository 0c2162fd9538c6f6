"""Runs a KeyboardReader at a desk in memory and tells on each line of its input what the desk holds."""

import json
import sys
import threading
import time

import msgspec

from edge.errors import ReaderFault
from edge.readers.usb_rfid.reader import KeyboardOptions, KeyboardReader
from tests.edge.readers.desk import MemoryDesk


def main(options: str) -> None:
    reader = KeyboardReader("door", msgspec.json.decode(options, type=KeyboardOptions))
    desk, ended = MemoryDesk(), [""]

    def session() -> None:
        ended[0] = ""
        try:
            reader.session(desk)
        except ReaderFault as fault:
            ended[0] = f"{type(fault).__name__} {fault}"
        else:
            ended[0] = "stopped"

    thread = threading.Thread(target=session, daemon=True)
    thread.start()
    for line in sys.stdin:
        started = time.monotonic()
        if line.strip() == "again":
            thread.join()
            thread = threading.Thread(target=session, daemon=True)
            thread.start()
        if line.strip() == "stop":
            desk.stopping.set()
            thread.join()
        told = {
            "facts": msgspec.to_builtins(desk.facts),
            "cards": desk.cards,
            "oks": desk.oks,
            "doubts": desk.doubts,
            "counts": desk.counts,
            "waits": desk.waits,
            "ended": ended[0],
            "took_s": time.monotonic() - started,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
