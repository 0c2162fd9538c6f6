"""Owns the reading of a list of people: rows of text to employees, every mistake with its line and column."""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from central.directory.employee import DIMENSIONS, Credential, Employee
from wire.credential import AmbiguousCard, NotInNotation, registered

DATES = {"joining_date": "joined", "leaving_date": "left"}
COLUMNS = ("employee_id", "name", *DIMENSIONS, *DATES, "user_ids", "cards")
REQUIRED = ("employee_id", "name")
_LONGEST = 200
_PERIOD = re.compile(r"(?P<badge>.*?)\s*\[(?P<since>[^\]]*?)\.\.(?P<until>[^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row, or with line 1 the whole file, cannot be used. `column` is "" where none is to blame."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Header:
    """Which column stands where. `ignored` are columns that mean nothing to us."""

    places: Mapping[str, int]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was understood: the employee, and the fields that the file has a column for."""

    line: int
    employee: Employee
    given: frozenset[str]

    def over(self, stored: Employee | None) -> Employee:
        """The employee as it is after this row: what the file has no column for stays as it is stored."""
        if stored is None:
            return self.employee
        kept = {name: getattr(stored, name) for name in DIMENSIONS if name not in self.given}
        kept |= {name: getattr(stored, name) for column, name in DATES.items() if column not in self.given}
        credentials = self.employee.credentials
        for column, form in (("user_ids", "user-id"), ("cards", "card")):
            if column not in self.given:
                credentials |= {one for one in stored.credentials if one.form == form}
        return replace(self.employee, **kept, credentials=credentials, past=stored.past)


@dataclass(slots=True)
class Reading:
    """What reading a file gave so far."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def read_header(cells: Sequence[str]) -> Header | list[Refusal]:
    """Find the columns by their names; case, spaces and dashes do not matter."""
    names = ["_".join(cell.lower().replace("-", " ").replace("_", " ").split()) for cell in cells]
    refused = [Refusal(1, column, "the column is missing") for column in REQUIRED if column not in names]
    refused += [
        Refusal(1, column, "the column stands there twice") for column in COLUMNS if names.count(column) > 1
    ]
    absent = [column for column in COLUMNS if column not in names]
    ignored = []
    for name, cell in zip(names, cells, strict=True):
        if name in COLUMNS or not name:
            continue
        if near := difflib.get_close_matches(name, absent, 1, 0.8):
            refused.append(Refusal(1, cell.strip(), f'unknown column; did you mean "{near[0]}"?'))
        else:
            ignored.append(cell.strip())
    if refused:
        return refused
    return Header({name: place for place, name in enumerate(names) if name in COLUMNS}, tuple(ignored))


def read_rows(header: Header, rows: Iterable[tuple[int, Sequence[str]]], edges: Collection[str]) -> Reading:
    """Read numbered rows. `edges` are the branches of the configuration; without any, every edge will do."""
    reading = Reading()
    seen: dict[str, int] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        row = _read_row(header, line, cells, edges)
        if isinstance(row, Row):
            first = seen.setdefault(row.employee.employee_id, line)
            if first == line:
                reading.rows.append(row)
                continue
            row = [Refusal(line, "employee_id", f"{row.employee.employee_id} stands in line {first} already")]
        reading.refused += row
    return reading


def _read_row(header: Header, line: int, cells: Sequence[str], edges: Collection[str]) -> Row | list[Refusal]:
    if len(cells) <= max(header.places.values()):
        return [Refusal(line, "", f"has {len(cells)} columns, the header has more")]
    values = {name: cells[place].strip() for name, place in header.places.items()}
    refused = _unfit(line, values)
    credentials: set[Credential] = set()
    for column, read in (("user_ids", _user_id), ("cards", _card)):
        for text in filter(None, map(str.strip, values.pop(column, "").split(";"))):
            try:
                credentials.add(_held(text, read, edges))
            except ValueError as error:
                refused.append(Refusal(line, column, str(error)))
    dates = _dates(line, values, refused)
    if refused:
        return refused
    told: dict[str, Any] = {**values, **dates}
    employee = Employee(**told, credentials=frozenset(credentials))
    return Row(line, employee, frozenset(header.places))


def _unfit(line: int, values: Mapping[str, str]) -> list[Refusal]:
    refused = [Refusal(line, name, "is empty") for name in REQUIRED if not values[name]]
    for name, value in values.items():
        if any(character < " " or character == "\x7f" for character in value):
            refused.append(Refusal(line, name, f"{value!r} holds a control character"))
        elif len(value) > _LONGEST and name not in ("user_ids", "cards"):
            refused.append(Refusal(line, name, f"is longer than {_LONGEST} characters"))
    if values.get("sub_department") and values.get("department") == "":
        refused.append(Refusal(line, "sub_department", f"{values['sub_department']!r} is of no department"))
    return refused


def _dates(line: int, values: dict[str, str], refused: list[Refusal]) -> dict[str, date | None]:
    """Take the dates of employment out of the values."""
    dates: dict[str, date | None] = {}
    for column, name in DATES.items():
        try:
            dates[name] = _date(values.pop(column, ""))
        except ValueError as error:
            refused.append(Refusal(line, column, str(error)))
    joined, left = dates.get("joined"), dates.get("left")
    if joined and left and left < joined:
        refused.append(Refusal(line, "leaving_date", "lies before the joining date"))
    return dates


def _date(text: str) -> date | None:
    """A date as ISO 8601 has it; what a database writes behind one, such as a midnight, is let pass."""
    if not text:
        return None
    try:
        return date.fromisoformat(text.removesuffix("T00:00:00").removesuffix(" 00:00:00"))
    except ValueError:
        raise ValueError(f"{text!r} is no date such as 2026-05-31") from None


def _held(
    text: str, read: Callable[[str, Collection[str]], Credential], edges: Collection[str]
) -> Credential:
    """A badge, with the dates between which it holds if there are any: `BADGE [2026-05-01..2026-06-30]`."""
    period = _PERIOD.fullmatch(text)
    if period is None:
        return read(text, edges)
    since, until = _date(period["since"].strip()), _date(period["until"].strip())
    if since and until and until < since:
        raise ValueError(f"{text!r} ends before it begins")
    return replace(read(period["badge"], edges), since=since or date.min, until=until or date.max)


def _user_id(text: str, edges: Collection[str]) -> Credential:
    edge, colon, user_id = text.rpartition(":")
    if colon and not (edge.strip() and user_id.strip()):
        raise ValueError(f"{text!r} is neither a user id nor edge:id")
    if edge and edges and edge.strip() not in edges:
        near = difflib.get_close_matches(edge.strip(), edges, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ValueError(f"{edge.strip()!r} is no edge of the configuration{hint}")
    return Credential("user-id", user_id.strip(), edge.strip())


def _card(text: str, edges: Collection[str]) -> Credential:
    del edges
    try:
        return Credential("card", registered(text))
    except (AmbiguousCard, NotInNotation) as error:
        raise ValueError(str(error)) from None
