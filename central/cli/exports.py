"""The verb `exports`: how far each exporter has come, what is in its way, and sending again or going past."""

import argparse
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime

from central import config
from central.cli.options import ledger_of
from central.config import Config
from central.exporters.exporter import What
from central.ledger import audit, exports, holds
from central.ledger.database import Ledger
from central.ledger.exports import Stand
from central.ledger.people import People
from central.outflow.pages import Pages
from central.outflow.sender import Plan

TROUBLE = 1
_ACTOR = "punchwire-central"


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    parser = subparsers.add_parser(
        "exports",
        help="list how far each exporter has come; --again and --skip change that",
        description=(
            "List how far each exporter has come. Status 1 if one cannot send. "
            "A running central goes on from a new place by itself."
        ),
    )
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--again", metavar="NAME", help="send this exporter everything once more")
    change.add_argument("--skip", metavar="NAME", help="go past the rows that the other side refuses")
    parser.add_argument("--what", choices=("days", "punches"), help="change this kind of rows alone")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each exporter and kind")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List, or change and list."""
    settings = config.load(options.config)
    name = options.again or options.skip
    plans = {plan.name: plan for plan in settings.exports}
    if name is not None and name not in plans:
        there = ", ".join(plans) or "none"
        print(f"there is no exporter {name} in {options.config}; there are {there}", file=sys.stderr)
        return TROUBLE
    with ledger_of(settings) as ledger:
        if name is not None:
            for what in (options.what,) if options.what else plans[name].what:
                _change(ledger, settings, plans[name], what, skip=options.skip is not None)
        with ledger.read() as connection:
            found = exports.stands(connection)
            held = holds.counts(connection)
    for stand in found:
        _tell(stand, held.get((stand.exporter, stand.what), 0), as_json=options.json)
    if not found and not options.json:
        print("nothing was exported yet" if plans else f"no [[export]] in {options.config}")
    return TROUBLE if any(stand.trouble for stand in found) else 0


def _change(ledger: Ledger, settings: Config, plan: Plan, what: What, *, skip: bool) -> None:
    """Move the place of an exporter: to the beginning, or behind the rows that are refused now."""
    with ledger.read() as connection:
        stand = exports.stand(connection, plan.name, what)
    if stand is None or (skip and not stand.trouble):
        return
    place = b""
    held: tuple[str, ...] = ()
    if skip:
        pages = Pages(ledger, People(ledger), settings.zones, settings.pilots)
        page = pages.behind(what, stand.place, plan.rows, plan.since)
        place, held = page.place, page.held
    detail = {"what": what, "from": stand.place.decode(), "to": place.decode(), "outcome": "done"}
    with ledger.write() as connection:
        exports.keep(connection, replace(stand, place=place, trouble=""))
        holds.hold(connection, plan.name, what, held)
        verb = "export-skip" if skip else "export-again"
        audit.record(connection, datetime.now(UTC), _ACTOR, verb, plan.name, detail)


def _tell(stand: Stand, held: int, *, as_json: bool) -> None:
    sent_at = None if stand.sent_at is None else stand.sent_at.isoformat(timespec="seconds")
    if as_json:
        told = {"exporter": stand.exporter, "what": stand.what, "sent": stand.sent, "sent_at": sent_at}
        print(json.dumps(told | {"held": held, "trouble": stand.trouble}))
        return
    last = "nothing yet" if sent_at is None else f"the last at {sent_at}"
    pilots = f"; {held} of pilots are held back" if held else ""
    trouble = f"; stopped: {stand.trouble}" if stand.trouble else ""
    print(f"{stand.exporter}  {stand.what}: {stand.sent} rows sent, {last}{pilots}{trouble}")
