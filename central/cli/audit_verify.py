"""The verb `audit-verify`: follows the chain of the audit in the ledger itself, without a broker."""

import argparse
import json
import sys

from central import config
from central.cli.options import ledger_of
from central.ledger import audit

BROKEN = 1


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    told = "follow the chain of the audit to its end, or to the first line that does not fit"
    parser = subparsers.add_parser("audit-verify", help=told, description=told)
    parser.add_argument("--noted", metavar="HASH", help="a hash that was printed earlier; is it still there?")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Follow the chain; status 1 if it is broken, or lacks the hash that was noted."""
    with ledger_of(config.load(options.config)) as ledger, ledger.read() as connection:
        found = audit.check(connection)
        noted = None if options.noted is None else audit.line_of(connection, _bytes(options.noted))
    lost = options.noted is not None and noted is None
    if options.json:
        broken = None if found.broken is None else found.broken.audit_id
        reason = "" if found.broken is None else found.broken.reason
        told = {"lines": found.lines, "last": found.last, "hash": found.digest.hex()}
        print(json.dumps(told | {"broken": broken, "reason": reason, "noted": noted}))
    else:
        _print(found, options.noted, noted)
    return BROKEN if found.broken is not None or lost else 0


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _print(found: audit.Checked, asked: str | None, noted: int | None) -> None:
    print(f"{found.lines} lines fit; the last is {found.last}, its hash {found.digest.hex()}")
    if found.broken is not None:
        print(f"broken at line {found.broken.audit_id}: {found.broken.reason}", file=sys.stderr)
    if asked is not None and noted is None:
        print(f"no line has the hash {asked}: later lines were computed anew, or cut off", file=sys.stderr)
    elif asked is not None:
        print(f"line {noted} has the hash that was noted")
