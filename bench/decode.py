"""Measures the decoding of a terminal's log.

    python -m bench.decode [--records N] [--json]

A log of 40-byte records, already in memory; the figure is the median of the processor's time in five turns.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime

from edge.readers.zkteco.records import decode
from simulators.terminal.history import invent_log, invent_users
from simulators.terminal.records import RECORDS

ROUNDS = 5
USERS = 200


def log_of(records: int) -> bytes:
    """The log of a terminal with so many records."""
    until = datetime(2026, 5, 11, 12)  # noqa: DTZ001 - a terminal's wall clock
    return b"".join(map(RECORDS["40"], invent_log(invent_users(USERS), records, until, 1)))


def seconds(work: Callable[[], int], records: int) -> float:
    """Processor seconds of one turn."""
    began = time.process_time()
    found = work()
    spent = time.process_time() - began
    if found != records:
        raise ValueError(f"{found} of {records} records were decoded")
    return spent


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measures the decoding of a terminal's log.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    log = log_of(options.records)
    spent = statistics.median(
        seconds(lambda: len(decode(log, "40")[0]), options.records) for _ in range(ROUNDS)
    )
    told = {"records": options.records, "CPU seconds": round(spent, 3)}
    if options.json:
        print(json.dumps(told))
    else:
        print(f"{told['records']:,} records decoded in {told['CPU seconds']} s of one core")
    return 0


if __name__ == "__main__":
    sys.exit(main())
