"""A branch as a program, to be killed: an outbox file, one reader, nothing else. Arguments: file and port."""

import sys
from pathlib import Path

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.desk import Counter, ReaderDesk
from edge.kernel import Timekeeper
from edge.orders import OrderBook
from edge.supervisor import Station
from tests.edge.readers.zkteco_push.making import reader


def main(path: Path, port: int) -> None:
    """Work until the input ends, or until the power does."""
    prepare(path)
    outbox = Outbox(path)
    desk = ReaderDesk("gate", outbox, Timekeeper(), OrderBook(), Counter())
    Station(reader(port), desk).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
