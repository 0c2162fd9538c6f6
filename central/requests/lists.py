"""Owns the answers that are read straight from the ledger: pages of punches, and the figures."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.access.scope import Sight
from central.directory.directory import Directory
from central.directory.employee import Employee
from central.directory.presence import Move, direction, presence
from central.ledger import quarantine, queries
from central.ledger.queries import Held
from central.requests.asking import Refusal, check_span
from central.zones import Zones
from wire.card import lookup_keys
from wire.credential import CardError
from wire.facts import Span
from wire.listing import PunchesPage, PunchesRequest, PunchRow, Summary
from wire.punch import EdgeId, ReaderName

_PEOPLE_BY_BADGE = 2000


def punches_page(connection: Connection, zones: Zones, sight: Sight, request: PunchesRequest) -> PunchesPage:
    """The page of punches that was asked for, of those that may be seen.

    `reader` is a reader's name, or `edge/reader`. Raises Refusal for an employee or a place in the list
    that does not exist.
    """
    check_span(request.span)
    employee = None if request.employee is None else known(sight.directory, request.employee)
    edge, reader = _place(request.reader)
    found: list[PunchRow] = []
    for held in _held(connection, zones, sight, request, employee, edge, reader):
        if len(found) == request.limit:
            return PunchesPage(punches=tuple(found), after=found[-1].punch_id)
        found.append(_row(held, sight.directory))
    return PunchesPage(punches=tuple(found), after=None)


def _held(
    connection: Connection,
    zones: Zones,
    sight: Sight,
    request: PunchesRequest,
    employee: Employee | None,
    edge: str | None,
    reader: str | None,
) -> Iterator[Held]:
    """The punches behind `after`; several employees may share a key, so each is looked at again."""
    after = request.after
    badges = _badges(sight, employee)
    while True:
        try:
            page = queries.page(
                connection,
                zones,
                request.span,
                limit=request.limit + 1,
                after=after,
                edges=None if edge is None else {edge},
                reader_names=None if reader is None else {reader},
                badges=badges,
            )
        except KeyError:
            raise Refusal(f"the ledger holds no punch {request.after} to go on behind") from None
        for held in page:
            owner = _owner(held, sight.directory)
            if sight.sees(owner) and employee in (None, owner):
                yield held
        if len(page) <= request.limit:
            return
        after = page[-1].punch_id


def _badges(sight: Sight, employee: Employee | None) -> Collection[str] | None:
    """The badges to look for, None for all: a search for very many costs more than it spares."""
    if employee is not None:
        return sight.directory.badges(employee.employee_id)
    if sight.whole or len(sight.directory.employees) > _PEOPLE_BY_BADGE:
        return None
    return {badge for one in sight.directory.employees for badge in sight.directory.badges(one)}


def _row(held: Held, directory: Directory) -> PunchRow:
    owner = _owner(held, directory)
    return PunchRow(
        punch_id=held.punch_id,
        wall=held.wall.isoformat(sep=" ", timespec="seconds"),
        edge=held.edge,
        reader=held.reader,
        badge=held.badge_raw,
        employee=owner.employee_id if owner else None,
        name=owner.name if owner else None,
        direction=direction(held.direction_code),
        how=held.how,
    )


def summary(connection: Connection, zones: Zones, sight: Sight, now: datetime) -> Summary:
    """The ledger in figures; who is in is told by the punches of today at each branch.

    Within limits they are the figures of the people within; what is in quarantine is nobody's.
    """
    counts = queries.counts(connection) if sight.whole else _counts(connection, sight.directory)
    return Summary(
        punches=sum(counts.values()),
        present=_present(connection, zones, sight.directory, now),
        quarantined=quarantine.count(connection) if sight.whole else 0,
        by_reader={f"{edge}/{reader}": count for (edge, reader), count in sorted(counts.items())},
    )


def _counts(connection: Connection, directory: Directory) -> Counter[tuple[str, str]]:
    """How many punches of each (edge, reader) belong to people of the directory."""
    found: Counter[tuple[str, str]] = Counter()
    for edge, reader, form, raw, canon, count in queries.counts_by_badge(connection):
        if directory.who(edge, form, raw, canon) is not None:
            found[edge, reader] += count
    return found


def _present(connection: Connection, zones: Zones, directory: Directory, now: datetime) -> int:
    zoned = {zones.organization, *zones.branches.values()}
    today = {now.astimezone(zone).date() for zone in zoned}
    moves: dict[str, list[Move]] = {}
    for held in queries.page(connection, zones, Span(first=min(today), last=max(today))):
        owner = _owner(held, directory)
        if owner and held.wall.date() == now.astimezone(zones.of(held.edge)).date():
            moves.setdefault(owner.employee_id, []).append(Move(held.wall, held.direction_code))
    return sum(presence(day) == "in" for day in moves.values())


def _owner(held: Held, directory: Directory) -> Employee | None:
    return directory.who(held.edge, held.badge_form, held.badge_raw, held.badge_canon, held.wall.date())


def known(directory: Directory, employee_id: str) -> Employee:
    """The employee of this id; raises Refusal with near matches."""
    employee = directory.employees.get(employee_id)
    if employee is None:
        near = difflib.get_close_matches(employee_id, directory.employees, 3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise Refusal(f"nobody has the employee id {employee_id!r}{hint}")
    return employee


def _place(reader: str | None) -> tuple[str | None, str | None]:
    """The edge and the reader that a filter names."""
    if reader is None:
        return None, None
    edge, slash, name = reader.rpartition("/")
    try:
        return (msgspec.convert(edge, EdgeId) if slash else None), msgspec.convert(name, ReaderName)
    except msgspec.ValidationError:
        raise Refusal(f"{reader!r} is neither the name of a reader nor edge/reader") from None


def all_badges(directory: Directory, employee_id: str, edge: str) -> set[str]:
    """Every text by which an edge may know an employee: user ids, and cards under fewer bits, too.

    A user id that holds everywhere and is somebody else's at this edge is not his here; one that was his for
    a while is.
    """
    found: set[str] = set()
    for badge in directory.badges(employee_id, edge):
        try:
            found.update(lookup_keys(badge))
        except CardError:
            owner = directory.who(edge, "user-id", badge, None)
            theirs = owner is not None and owner.employee_id == employee_id
            if theirs or directory.dated("user-id", badge, None):
                found.add(badge)
    return found
