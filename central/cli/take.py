"""The verb `take`: files that `punchwire-edge outbox export` wrote, taken into the ledger."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from central import config
from central.cli.options import ledger_of
from central.taking import NotWhole, take

REFUSED = 1


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    parser = subparsers.add_parser(
        "take",
        help="take in files that edges without a network exported",
        description=(
            "Take the files of punchwire-edge outbox export into the ledger, while central works or not. "
            "Known punches stay as they are. Of a file that is not whole nothing is taken. "
            "Status 1 if there was one."
        ),
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="as the edge wrote it")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Take one after the other, and tell of each what became of it."""
    code = 0
    with ledger_of(config.load(options.config)) as ledger:
        for path in options.files:
            try:
                taken = take(ledger, path, datetime.now(UTC))
            except NotWhole as error:
                print(f"{path}: nothing was taken: {error}", file=sys.stderr)
                code = REFUSED
                continue
            except OSError as error:
                print(f"{path}: cannot be read ({error.strerror})", file=sys.stderr)
                code = REFUSED
                continue
            if options.json:
                print(json.dumps({"file": str(path), **asdict(taken)}))
            else:
                print(f"{path}: {taken.edge}: {taken.new} new, {taken.known} known, {taken.unread} unread")
    return code
