"""The verb `shifts`: a file of settings compared with what is in force, and written with --apply."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from central import config
from central.cli.options import a_date, ledger_of
from central.schedule.changes import Changes, told
from central.shift_importer import Found, SettingsRefused, apply, compare

REFUSED = 1


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    parser = subparsers.add_parser(
        "shifts",
        help="compare shifts, units and calendars with what is in force, and write them with --apply",
        description=(
            "A TOML file may name shifts, calendars, units and custom_shifts; a CSV file has exceptions or "
            "custom shifts, one a row. What a file does not name stays as it is. Status 1 if it has mistakes."
        ),
    )
    parser.add_argument(
        "file", type=Path, help="TOML, or CSV with the columns date and calendar, or employee_id and shift"
    )
    parser.add_argument("--apply", action="store_true", help="write it; without this it is only shown")
    parser.add_argument(
        "--from",
        dest="since",
        type=a_date,
        metavar="DATE",
        help="in force from this date on, instead of the file's effective_from",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show what the file changes, and write it if asked."""
    configured = config.load(options.config)
    now = datetime.now(UTC)
    today = now.astimezone(configured.zones.organization).date()
    try:
        with ledger_of(configured) as ledger:
            if options.apply:
                found = apply(ledger, options.file, options.since, today, now)
            else:
                found = compare(ledger, options.file, options.since, today)
    except SettingsRefused as error:
        print(error, file=sys.stderr)
        return REFUSED
    if options.json:
        print(json.dumps(_as_json(found, applied=options.apply)))
        return 0
    for line in told(found.changes):
        print(line)
    print(_sum_up(found, applied=options.apply))
    return 0


def _sum_up(found: Found, *, applied: bool) -> str:
    if not found.changes.changes:
        return "nothing changes"
    days = f"{found.days} days of {found.people} people"
    if applied:
        return f"written; {days} will be computed again"
    return f"nothing is written yet: add --apply, and {days} will be computed again"


def _as_json(found: Found, *, applied: bool) -> dict[str, object]:
    changes: Changes = found.changes
    return {
        "applied": applied,
        "changes": [
            {
                "item": str(change.version.item),
                "version": str(change.version),
                "new": change.is_new,
                "fields": {
                    place: {"before": before, "after": after} for place, before, after in change.fields
                },
            }
            for change in changes.changes
        ],
        "unchanged": [str(item) for item in changes.unchanged],
        "advice": list(changes.advice),
        "people": found.people,
        "days": found.days,
    }
