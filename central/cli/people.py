"""The verb `import`: a list of people compared with the directory, and written with --apply."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from central import config
from central.cli.options import a_date, ledger_of
from central.directory.changes import Changed, Changes, NewValue
from central.directory.employee import Employee
from central.directory.rows import COLUMNS, REQUIRED
from central.importer import apply, compare, told
from central.sources.csv_file import read_csv
from central.sources.query import Database, query_in, read_query
from central.sources.table import SourceError, Table

REFUSED = 1
_SHOWN = 20


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    optional = ", ".join(column for column in COLUMNS if column not in REQUIRED)
    parser = subparsers.add_parser(
        "import",
        help="compare a list of employees with the directory, and write it with --apply",
        description=(
            f"Columns: {', '.join(REQUIRED)}; and, each of them optional, {optional}. "
            "A column that is missing leaves what is stored; an empty cell clears it. Several user ids or "
            "cards in a cell are separated by ; and EDGE:ID is a user id at one edge alone; "
            "BADGE [2026-05-01..2026-06-30] holds between these dates. "
            "Status 1 if rows were refused."
        ),
    )
    parser.add_argument("file", type=Path, nargs="?", help="CSV in UTF-8 with a header")
    parser.add_argument("--url", help="ask a database instead, such as postgresql://reader@hrms/people")
    parser.add_argument("--query", metavar="SQL", help="what to ask it; its columns are called as in a file")
    parser.add_argument("--query-file", type=Path, metavar="FILE", help="a file with the query")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="a file with the password")
    when = parser.add_mutually_exclusive_group()
    when.add_argument(
        "--from",
        dest="since",
        type=a_date,
        metavar="DATE",
        help="changes hold from this date on (default: today); what was before stays true before",
    )
    when.add_argument("--correct", action="store_true", help="changes tell how it always was")
    parser.add_argument("--apply", action="store_true", help="write it; without this it is only shown")
    parser.add_argument("--all", action="store_true", help=f"show every change, not {_SHOWN} of a kind")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show what the file changes, and write it if asked."""
    settings = config.load(options.config)
    now = datetime.now(UTC)
    since = None
    if not options.correct:
        since = options.since or now.astimezone(settings.zones.organization).date()
    try:
        table = _table(options)
        with ledger_of(settings) as ledger:
            if options.apply:
                found = apply(ledger, table, settings.edges, since, now)
            else:
                found = compare(ledger, table, settings.edges, since)
    except SourceError as error:
        print(error, file=sys.stderr)
        return REFUSED
    if options.json:
        print(json.dumps(_as_json(found.changes, found.ignored, applied=options.apply)))
    else:
        _show(found.changes, _SHOWN if not options.all else None)
        for column in found.ignored:
            print(f'{table.name}:1: the column "{column}" is ignored', file=sys.stderr)
        for refusal in found.changes.refused:
            print(told(table.name, refusal), file=sys.stderr)
        _sum_up(found.changes, applied=options.apply)
    return REFUSED if found.changes.refused else 0


def _table(options: argparse.Namespace) -> Table:
    """The list that the flags name. Raises SourceError."""
    if (options.file is None) == (options.url is None):
        raise SourceError(["name a file, or a database with --url and --query"])
    if options.file is not None:
        return read_csv(options.file)
    query = options.query
    if options.query_file is not None:
        query = query_in(options.query_file)
    if not query:
        raise SourceError(["--url needs a --query or a --query-file"])
    return read_query(Database(url=options.url, query=query, password_file=options.password_file))


def _show(changes: Changes, limit: int | None) -> None:
    _list("new", [_described(one) for one in changes.new], limit)
    _list("changed", [line for one in changes.changed for line in _lines(one)], limit)
    _list("value", [_value(one) for one in changes.values], limit)


def _list(kind: str, lines: Sequence[str], limit: int | None) -> None:
    for line in lines[:limit]:
        print(f"{kind:<8} {line}")
    if limit is not None and len(lines) > limit:
        print(f"{kind:<8} ... and {len(lines) - limit} more; --all shows them")


def _described(employee: Employee) -> str:
    badges = ", ".join(map(str, sorted(employee.credentials)))
    return f"{employee.employee_id} {employee.name}" + (f": {badges}" if badges else "")


def _lines(change: Changed) -> list[str]:
    who = f"{change.employee.employee_id} {change.employee.name}"
    return [f'{who}: {name} "{before}" -> "{after}"' for name, before, after in change.fields]


def _value(one: NewValue) -> str:
    """A value that nobody had so far: a new unit, or an old one misspelled."""
    near = f'; did you mean "{one.near}"?' if one.near else ""
    people = "1 person" if one.people == 1 else f"{one.people} people"
    return f'{one.dimension} "{one.value}" for {people}, nobody had it so far{near}'


def _sum_up(changes: Changes, *, applied: bool) -> None:
    print(
        f"{len(changes.new)} new, {len(changes.changed)} changed, {changes.unchanged} unchanged, "
        f"{len(changes.refused)} refused"
    )
    if changes.to_store:
        print("written" if applied else "nothing is written yet: add --apply")


def _as_json(changes: Changes, ignored: Sequence[str], *, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "new": [
            msgspec.to_builtins(asdict(one) | {"credentials": [*map(asdict, sorted(one.credentials))]})
            for one in changes.new
        ],
        "changed": [
            {
                "employee_id": one.employee.employee_id,
                "fields": {name: {"before": before, "after": after} for name, before, after in one.fields},
            }
            for one in changes.changed
        ],
        "unchanged": changes.unchanged,
        "refused": [asdict(refusal) for refusal in changes.refused],
        "values": [asdict(one) for one in changes.values],
        "ignored": list(ignored),
    }
