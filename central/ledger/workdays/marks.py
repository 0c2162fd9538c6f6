"""Owns the marks: what must be computed again. A mark ends in the transaction that stores its outcome."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from central.ledger import quick
from central.ledger.workdays.tables import day_marks

Touched = tuple[str, str, int]
"""The key of a badge, the edge, and the day in the punch id."""

_COLUMNS = (
    day_marks.c.mark_id,
    day_marks.c.employee_id,
    day_marks.c.edge,
    day_marks.c.first_day,
    day_marks.c.last_day,
    day_marks.c.badge_keys,
    day_marks.c.badge_key,
)
_TOUCH = "INSERT INTO day_marks (bulk, edge, first_day, last_day, badge_keys) VALUES (0, ?, ?, ?, ?)"
_TOGETHER = 100
"""Badges in one mark at the most: it is one piece of what the keeper takes on in a turn."""
_ALIKE = 100
"""Marks of one edge and day that are looked at together."""
_day_of = itemgetter(1, 2)


@dataclass(frozen=True, slots=True)
class Mark:
    """Workdays of an employee, all that are known where both days are None, or punches of some badges."""

    mark_id: int
    employee_id: str | None
    edge: str | None
    first_day: int | None
    last_day: int | None
    badge_keys: tuple[str, ...] = ()


def touch(connection: Connection, touched: Collection[Touched]) -> None:
    """Mark what new punches may change; in the transaction that stores them."""
    rows = []
    for (edge, day), some in groupby(sorted(touched, key=_day_of), _day_of):
        keys = sorted(key for key, _, _ in some)
        parts = (keys[start : start + _TOGETHER] for start in range(0, len(keys), _TOGETHER))
        rows += [(edge, day, day, msgspec.json.encode(part)) for part in parts]
    if rows:
        quick.run(connection, _TOUCH, rows)


def mark_spans(connection: Connection, spans: Iterable[tuple[str, int, int]]) -> None:
    """Mark workdays of employees, from the first to the last day."""
    rows = [
        {"bulk": 1, "employee_id": employee_id, "first_day": first, "last_day": last}
        for employee_id, first, last in spans
    ]
    if rows:
        connection.execute(insert(day_marks), rows)


def mark_whole(connection: Connection, employee_ids: Iterable[str]) -> None:
    """Mark all workdays of employees, known ones and those of punches that may now be theirs."""
    rows = [{"bulk": 1, "employee_id": employee_id} for employee_id in employee_ids]
    if rows:
        connection.execute(insert(day_marks), rows)


def next_marks(connection: Connection, limit: int) -> list[Mark]:
    """The marks whose turn it is, until they are of so many badges or people; they stay until dropped.

    With a mark of badges come all others of its edge and day: who punched again meanwhile is looked at once.
    """
    query = select(*_COLUMNS).order_by(day_marks.c.bulk, day_marks.c.mark_id).limit(limit)
    found: dict[int, Mark] = {}
    badges: set[Touched] = set()
    for mark in map(_mark, connection.execute(query)):
        if len(found) >= limit or len(badges) >= limit:
            break
        if mark.mark_id not in found:
            alike = _alike(connection, mark) if mark.badge_keys else (mark,)
            for one in alike:
                found[one.mark_id] = one
                badges |= {(key, one.edge or "", one.first_day or 0) for key in one.badge_keys}
    return list(found.values())


def _alike(connection: Connection, mark: Mark) -> list[Mark]:
    """This mark of badges, and the next ones at the same edge on the same day."""
    query = (
        select(*_COLUMNS)
        .where(day_marks.c.edge == mark.edge, day_marks.c.first_day == mark.first_day)
        .where(day_marks.c.mark_id >= mark.mark_id)
        .order_by(day_marks.c.mark_id)
        .limit(_ALIKE)
    )
    return [_mark(row) for row in connection.execute(query)]


def newest(connection: Connection) -> int:
    """The number of the latest mark, 0 without any."""
    return int(connection.execute(select(func.coalesce(func.max(day_marks.c.mark_id), 0))).scalar_one())


def behind(connection: Connection, mark_id: int) -> list[Mark]:
    """The marks that were made behind another one, in the order of their making."""
    query = select(*_COLUMNS).where(day_marks.c.mark_id > mark_id).order_by(day_marks.c.mark_id)
    return [_mark(row) for row in connection.execute(query)]


def _mark(row: Sequence[Any]) -> Mark:
    mark_id, employee_id, edge, first_day, last_day, packed, one = row
    alone = () if one is None else (one,)
    keys = alone if packed is None else msgspec.json.decode(packed, type=tuple[str, ...])
    return Mark(mark_id, employee_id, edge, first_day, last_day, keys)


def drop(connection: Connection, mark_ids: Sequence[int]) -> None:
    """End marks whose outcome is stored in the same transaction."""
    if mark_ids:
        connection.execute(delete(day_marks).where(day_marks.c.mark_id.in_(mark_ids)))


def count(connection: Connection) -> int:
    """How many marks wait."""
    return connection.execute(select(func.count()).select_from(day_marks)).scalar_one()
