"""Owns the import of settings: a file compared with what is in force, and written when that is asked for."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from central.directory.employee import Employee
from central.ledger import audit, people, settings
from central.ledger.database import Ledger
from central.ledger.workdays import coverage, marks
from central.schedule.changes import Changes
from central.schedule.changes import compare as compared
from central.schedule.custom_sheet import is_custom, read_custom_sheet
from central.schedule.reading import Draft, Known, read_settings
from central.schedule.rosters import Assigned, Rosters, differing
from central.schedule.sheet import read_sheet
from central.workdays.span import DaySpan, day_of, number
from ground.settings import SettingsError, read_toml


class SettingsRefused(Exception):
    """The file cannot be used; `mistakes` has a line for each reason, with file and place."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Found:
    """What a file would change, or has changed, and how many workdays of how many people it touches."""

    changes: Changes
    people: int
    days: int


def compare(ledger: Ledger, path: Path, since: date | None, today: date) -> Found:
    """What the file would change. Raises SettingsRefused and LedgerError."""
    with ledger.read() as connection:
        return _found(connection, path, since, today)[0]


def apply(ledger: Ledger, path: Path, since: date | None, today: date, now: datetime) -> Found:
    """Add the versions of the file and mark the workdays that they touch, in one transaction, audited."""
    with ledger.write() as connection:
        found, spans = _found(connection, path, since, today)
        settings.add(connection, found.changes.versions, now, path.name)
        marks.mark_spans(
            connection, ((who, first, last) for who, theirs in spans.items() for first, last in theirs)
        )
        versions = [f"{version.item.kind} {version}" for version in found.changes.versions]
        detail = {"versions": versions, "people": found.people, "days": found.days}
        audit.record(connection, now, "punchwire-central", "shifts", path.name, detail)
    return found


def _found(
    connection: Connection, path: Path, since: date | None, today: date
) -> tuple[Found, Mapping[str, list[DaySpan]]]:
    everybody = people.load(connection)
    held = settings.versions(connection)
    before = Rosters(held)
    known = Known(
        shifts=before.names("shift"),
        calendars=before.names("calendar"),
        employees={employee.employee_id for employee in everybody},
    )
    draft = _read(path, since, known)
    if draft.mistakes:
        raise SettingsRefused([f"{path.name}: {mistake}" for mistake in draft.mistakes])
    units = {
        "department": frozenset(employee.department for employee in everybody),
        "division": frozenset(employee.sbu for employee in everybody),
    }
    changes = compared(draft, held, units)
    after = Rosters([*held, *changes.versions])
    spans = _touched(before, after, everybody, coverage.everybody(connection), today)
    days = sum(last - first + 1 for theirs in spans.values() for first, last in theirs)
    return Found(changes, len(spans), days), spans


def _read(path: Path, since: date | None, known: Known) -> Draft:
    if path.suffix.lower() == ".csv":
        lines = list(_lines(path))
        if lines and is_custom(lines[0][1]):
            return read_custom_sheet(lines, since, known)
        return read_sheet(lines, since)
    try:
        data = read_toml(path)
    except SettingsError as error:
        raise SettingsRefused(error.mistakes) from None
    return read_settings(data if since is None else {**data, "effective_from": since}, known)


def _lines(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of a table, each with the line that it begins in."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsRefused([f"{path}: cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise SettingsRefused([f"{path.name}: is not UTF-8; save it as CSV UTF-8"]) from None
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise SettingsRefused([f"{path.name}: line {line}: is no CSV from here on ({error})"]) from None


def _touched(
    before: Rosters,
    after: Rosters,
    everybody: Sequence[Employee],
    covered: Mapping[str, DaySpan],
    today: date,
) -> dict[str, list[DaySpan]]:
    """The workdays, among those that have results, of which something else is expected than before."""
    earliest = day_of(min((first for first, _ in covered.values()), default=number(today)))
    differences: dict[tuple[int, int], list[DaySpan]] = {}
    found: dict[str, list[DaySpan]] = {}
    for employee in everybody:
        if employee.employee_id not in covered:
            continue
        old, new = before.of(employee), after.of(employee)
        key = (id(old), id(new))
        if key not in differences:
            differences[key] = _spans(old, new, earliest, today)
        first_day = covered[employee.employee_id][0]
        theirs = [(max(first, first_day), last) for first, last in differences[key] if last >= first_day]
        if theirs:
            found[employee.employee_id] = theirs
    return found


def _spans(old: Assigned, new: Assigned, first: date, last: date) -> list[DaySpan]:
    return [(number(begin), number(end)) for begin, end in differing(old, new, first, last)]
