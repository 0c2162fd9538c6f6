"""Owns the export for other programs: complete rows of punches and of workdays, in an order that stays."""

from collections.abc import Iterator
from datetime import date

import msgspec
from sqlalchemy import Connection

from central.directory.directory import Directory
from central.directory.employee import Employee
from central.ledger import queries
from central.ledger.workdays import results
from central.outflow.rows import PUNCH_COLUMNS, punch_cells
from central.reports import Cell
from central.requests.asking import Refusal, check_span
from central.requests.choosing import Chosen
from central.workdays.span import day_of, number
from central.zones import Zones
from wire.codec import decode
from wire.days import DayResult
from wire.listing import ExportRequest
from wire.people import OrgFilter
from wire.reporting import ReportPage

_PEOPLE = 50
_LOOKED_AT = 20_000
"""Rows looked at for one page at the most: a page may be short, or empty, and still not be the last."""
_LONGEST_PAGE = 36_000
"""Characters of a page; even if each takes three bytes, the wire can carry it."""
_LONGEST_DAYS = 3700

_DAY = tuple(name for name in DayResult.__struct_fields__ if name not in ("employee", "v"))
DAY_COLUMNS = ("employee", "name", *_DAY)
"""A workday as it is published, lengths in seconds; what is no single value stands there as JSON."""


def exported(
    connection: Connection, zones: Zones, directory: Directory, chosen: Chosen, request: ExportRequest
) -> ReportPage:
    """A page of an export. Raises Refusal."""
    check_span(request.span)
    if (request.span.last - request.span.first).days >= _LONGEST_DAYS:
        raise Refusal(f"an export covers {_LONGEST_DAYS} days at the most")
    if request.kind == "punches":
        return _page(PUNCH_COLUMNS, _punches(connection, zones, directory, chosen, request), request)
    return _page(DAY_COLUMNS, _days(connection, directory, chosen, request), request)


def _page(
    columns: tuple[str, ...], rows: Iterator[tuple[str, tuple[Cell, ...] | None]], request: ExportRequest
) -> ReportPage:
    """The rows up to a limit; each comes with the place behind it, and is None if it is not to be shown."""
    kept: list[tuple[Cell, ...]] = []
    size = 0
    for looked_at, (place, row) in enumerate(rows, 1):
        if row is not None:
            kept.append(row)
            size += len(str(row))
        if len(kept) >= request.limit or size >= _LONGEST_PAGE or looked_at >= _LOOKED_AT:
            return ReportPage(columns=columns, rows=tuple(kept), after=place)
    return ReportPage(columns=columns, rows=tuple(kept), after=None)


def _punches(
    connection: Connection, zones: Zones, directory: Directory, chosen: Chosen, request: ExportRequest
) -> Iterator[tuple[str, tuple[Cell, ...] | None]]:
    after = request.after
    while True:
        try:
            page = queries.page(connection, zones, request.span, limit=request.limit, after=after)
        except (KeyError, ValueError):
            raise Refusal(f"{request.after!r} is no place to go on from") from None
        for held in page:
            owner = directory.who(
                held.edge, held.badge_form, held.badge_raw, held.badge_canon, held.wall.date()
            )
            shown = _shown(chosen, request.people, owner, held.wall.date())
            yield held.punch_id, punch_cells(held, owner) if shown else None
        if len(page) < request.limit:
            return
        after = page[-1].punch_id


def _shown(chosen: Chosen, people: OrgFilter, owner: Employee | None, day: date) -> bool:
    """Punches of nobody belong to everybody's export alone, and to those who may see everybody."""
    if owner is None:
        return chosen.scope is None and people == OrgFilter()
    return chosen.has_on(owner.employee_id, day)


def _days(
    connection: Connection, directory: Directory, chosen: Chosen, request: ExportRequest
) -> Iterator[tuple[str, tuple[Cell, ...] | None]]:
    begin = _begin(request.after)
    first, last = number(request.span.first), number(request.span.last)
    some = [begin[0]] if chosen.has(begin[0]) else []
    behind = begin[0]
    while True:
        held = results.held(connection, some, first, last) if some else {}
        for key in sorted(held):
            employee = directory.employees.get(key[0])
            if key > begin and employee is not None:
                shown = chosen.has_on(key[0], day_of(key[1]))
                row = _day(decode(held[key].result, DayResult), employee) if shown else None
                yield f"{key[0]}@{key[1]}", row
        some = list(chosen.ids(_PEOPLE, behind))
        if not some:
            return
        behind = some[-1]


def _begin(after: str | None) -> tuple[str, int]:
    if after is None:
        return "", 0
    employee_id, _, day = after.rpartition("@")
    if not (employee_id and day.isascii() and day.isdecimal()):
        raise Refusal(f"{after!r} is no place to go on from")
    return employee_id, int(day)


def _day(day: DayResult, employee: Employee) -> tuple[Cell, ...]:
    plain = msgspec.to_builtins(msgspec.structs.asdict(day))
    return (day.employee, employee.name, *(_cell(plain[name]) for name in _DAY))


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int):
        return value
    return msgspec.json.encode(value).decode()
