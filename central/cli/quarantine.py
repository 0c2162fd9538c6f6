"""The verb `quarantine`: what could not be read, and reading it again after an upgrade."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from central import config
from central.cli.options import ledger_of
from central.ledger.quarantine import Kept, waiting
from central.ledger.replay import replay

LEFT = 1


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    parser = subparsers.add_parser(
        "quarantine",
        help="list what could not be read; --replay reads it again",
        description="List what could not be read. After --replay the status is 1 if something is left.",
    )
    parser.add_argument("--replay", action="store_true", help="read it again, and store what can be read now")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each entry")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List, or replay and list what is left."""
    with ledger_of(config.load(options.config)) as ledger:
        new = 0
        if options.replay:
            with ledger.write() as connection:
                new = replay(connection, datetime.now(UTC))
        with ledger.read() as connection:
            entries = list(waiting(connection))
    _tell(entries, as_json=options.json)
    if options.replay and not options.json:
        print(f"{new} new punches were stored")
    return LEFT if options.replay and entries else 0


def _tell(entries: Sequence[Kept], *, as_json: bool) -> None:
    for entry in entries:
        unread = entry.unread
        if as_json:
            told = {
                "edge": unread.edge,
                "outbox_id": unread.outbox_id,
                "seq": unread.seq,
                "received_at": entry.received_at.isoformat(),
                "times": entry.times,
                "reason": unread.reason,
                "payload": unread.payload.decode(errors="replace"),
            }
            print(json.dumps(told))
        else:
            what = "message" if unread.seq is None else f"fact {unread.seq}"
            times = f", {entry.times} times" if entry.times > 1 else ""
            print(
                f"{entry.received_at:%Y-%m-%d %H:%M:%S}Z  {unread.edge}  {what}, "
                f"{len(unread.payload)} bytes{times}: {unread.reason}"
            )
    if not as_json and not entries:
        print("nothing is in quarantine")
