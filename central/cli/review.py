"""The verb `review`: punches whose time cannot be right, and letting one count at the time that was meant."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection

from central import config
from central.cli.options import ledger_of
from central.config import Config
from central.ledger import audit, repairs
from central.ledger.workdays import doubts, raw
from central.timing.verdict import Timed, timed
from central.workdays.interpretation import Raw

REFUSED = 1
_AT_ONCE = 500


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    parser = subparsers.add_parser(
        "review",
        help="list punches whose time cannot be right; --accept lets one count",
        description=(
            "List the punches that count nowhere because their time cannot be right, each with the time that "
            "the measured clock proposes. Status 1 if a punch cannot be accepted."
        ),
    )
    parser.add_argument("--accept", metavar="PUNCH", help="let this punch count at the proposed time")
    parser.add_argument(
        "--at",
        type=datetime.fromisoformat,
        metavar="TIME",
        help="let it count at this time of its branch instead: 2026-05-11T09:10",
    )
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each punch")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List, or accept one."""
    settings = config.load(options.config)
    if options.accept is None and options.at is not None:
        print("--at says when, --accept must say which punch", file=sys.stderr)
        return REFUSED
    with ledger_of(settings) as ledger:
        if options.accept is not None:
            with ledger.write() as connection:
                return _accept(connection, settings, options.accept, options.at)
        with ledger.read() as connection:
            listed = 0
            for punch, why in _waiting(connection):
                listed += 1
                _tell(settings, punch, why, as_json=options.json)
    if not listed and not options.json:
        print("no punch waits for a review")
    return 0


def _waiting(connection: Connection) -> Iterator[tuple[Raw, str]]:
    after = b""
    while noted := doubts.listed(connection, _AT_ONCE, after):
        reasons = dict(noted)
        for punch in sorted(raw.of_ids(connection, reasons), key=lambda one: one.punch_id):
            yield punch, reasons[punch.punch_id]
        after = noted[-1][0]


def _accept(connection: Connection, settings: Config, punch_id: str, at: datetime | None) -> int:
    found = _punch(connection, punch_id)
    if found is None:
        print(f"the ledger has no punch {punch_id!r}; see punchwire-central review", file=sys.stderr)
        return REFUSED
    zone = settings.zones.of(found.edge)
    proposed = timed(found, settings.sites).proposed
    if at is not None:
        true_at = (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    elif proposed is not None:
        true_at = datetime.fromtimestamp(proposed, UTC)
    else:
        print("nothing proposes a time for this punch; give one with --at", file=sys.stderr)
        return REFUSED
    now = datetime.now(UTC)
    repairs.accept(connection, found.punch_id, true_at, "punchwire-central", now)
    audit.record(connection, now, "punchwire-central", "review", punch_id, {"accepted": true_at.isoformat()})
    print(f"accepted: it counts at {_wall(true_at, zone)}")
    return 0


def _punch(connection: Connection, punch_id: str) -> Raw | None:
    try:
        found = raw.of_ids(connection, [bytes.fromhex(punch_id)])
    except ValueError:
        return None
    return found[0] if found else None


def _tell(settings: Config, punch: Raw, why: str, *, as_json: bool) -> None:
    time: Timed = timed(punch, settings.sites)
    zone = settings.zones.of(punch.edge)
    says = _wall(datetime.fromtimestamp(time.at, UTC), zone)
    proposed = None if time.proposed is None else _wall(datetime.fromtimestamp(time.proposed, UTC), zone)
    if as_json:
        told = {
            "punch": punch.punch_id.hex(),
            "edge": punch.edge,
            "reader": punch.reader,
            "badge": punch.badge_raw,
            "reason": why,
            "says": says,
            "proposed": proposed,
            "received": _wall(datetime.fromtimestamp(punch.received_at_us // 1_000_000, UTC), zone),
        }
        print(json.dumps(told))
    else:
        meant = "" if proposed is None else f", meant {proposed}"
        print(
            f"{punch.punch_id.hex()}  {punch.edge}/{punch.reader}  {punch.badge_raw}: "
            f"says {says}{meant} ({why})"
        )


def _wall(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds")
