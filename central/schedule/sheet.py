"""The reading of a table of exceptions: one date a row, gathered into calendars, mistakes with their line."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from central.rules.explain.form import Form, Refused, day
from central.rules.explain.scenario import read_dates
from central.schedule.notation import written_dates
from central.schedule.reading import Draft
from central.schedule.version import Item

REQUIRED = ("date", "calendar")
COLUMNS = (
    *REQUIRED,
    "workday",
    "report",
    "knock_off",
    "lunch_begin",
    "lunch_end",
    "lunch_minutes",
    "min_overtime",
    "max_overtime",
)
_DIGITS = 9
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0", "")


def read_sheet(lines: Iterable[tuple[int, Sequence[str]]], since: date | None) -> Draft:
    """Read numbered lines of cells, the header first: `date`, `calendar`, and what a day row may have.

    A calendar is replaced from `since` on, or, without it, from the first of its own dates on.
    """
    rows = iter(lines)
    _, header = next(rows, (1, ()))
    names = heads(header)
    mistakes = about_header(names, REQUIRED, COLUMNS)
    calendars: dict[str, dict[date, Any]] = {}
    if mistakes:
        return Draft((), {}, tuple(mistakes))
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            _read_line(f"line {number}", names, cells, calendars, mistakes)
    if mistakes:
        return Draft((), {}, tuple(mistakes))
    items = tuple(
        (since or min(dates), Item("calendar", name, written_dates(dates)))
        for name, dates in calendars.items()
    )
    return Draft(items, {})


def heads(header: Sequence[str]) -> list[str]:
    """The columns that a header names, however it spells them: `Knock Off` is `knock_off`."""
    return [cell.strip().lower().replace(" ", "_") for cell in header]


def about_header(names: Sequence[str], required: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The mistakes of a header: columns that are missing, unknown, or there twice."""
    told = [f"line 1: the column {name} is missing" for name in required if name not in names]
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            told.append(f'line 1: unknown column "{name}"{hint}')
        elif names.count(name) > 1:
            told.append(f"line 1: the column {name} stands there twice")
    return list(dict.fromkeys(told))


def _read_line(
    place: str,
    names: Sequence[str],
    cells: Sequence[str],
    calendars: dict[str, dict[date, Any]],
    mistakes: list[str],
) -> None:
    if len(cells) > len(names):
        mistakes.append(f"{place}: has {len(cells)} cells, the header has {len(names)} columns")
        return
    given = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
    before = len(mistakes)
    if not given.get("calendar"):
        mistakes.append(f"{place}, calendar: is empty")
    try:
        when = day(given.get("date", ""))
    except Refused as mistake:
        mistakes.append(f'{place}, date: "{given.get("date", "")}" is not {mistake}')
    told: list[str] = []
    row = _row(given, told)
    if len(mistakes) == before and not told:
        dates = calendars.setdefault(given["calendar"], {})
        if when in dates:
            told.append(f"{when} stands in the calendar {given['calendar']} already")
        dates |= read_dates(Form({when.isoformat(): row}, "", told))
        told = [mistake.removeprefix(f"{when}.") for mistake in told]
    mistakes += (f"{place}, {mistake}" for mistake in told)


def _row(given: Mapping[str, str], mistakes: list[str]) -> dict[str, Any]:
    """The cells as a day row of a scenario file; empty cells are left out."""
    word = given.get("workday", "").lower()
    if word not in _YES + _NO:
        mistakes.append(f'workday: "{word}" is neither yes nor no')
    row: dict[str, Any] = {"workday": word in _YES}
    row |= {name: given[name] for name in ("report", "knock_off") if given.get(name)}
    for name in ("min_overtime", "max_overtime", "lunch_minutes"):
        if text := given.get(name):
            row[name] = int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else text
    begin, end, minutes = given.get("lunch_begin"), given.get("lunch_end"), row.pop("lunch_minutes", None)
    if (begin or end) and minutes is not None:
        mistakes.append("lunch_minutes: a lunch is either fixed or flexible, not both")
    elif minutes is not None:
        row["lunch"] = {"mode": "flexible", "minutes": minutes}
    elif begin or end:
        row["lunch"] = {"mode": "fixed", "begin": begin or None, "end": end or None}
    return row
