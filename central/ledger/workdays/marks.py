"""Owns the marks: what must be computed again. A mark ends in the transaction that stores its outcome."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from central.ledger import quick
from central.ledger.workdays.tables import day_marks

Touched = tuple[str, str, int]
"""The key of a badge, the edge, and the day in the punch id."""

_COLUMNS = (
    day_marks.c.mark_id,
    day_marks.c.employee_id,
    day_marks.c.badge_key,
    day_marks.c.edge,
    day_marks.c.first_day,
    day_marks.c.last_day,
)
_TOUCH = "INSERT INTO day_marks (bulk, badge_key, edge, first_day, last_day) VALUES (0, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Mark:
    """Workdays of an employee, all that are known where both days are None, or punches of a badge."""

    mark_id: int
    employee_id: str | None
    badge_key: str | None
    edge: str | None
    first_day: int | None
    last_day: int | None


def touch(connection: Connection, touched: Collection[Touched]) -> None:
    """Mark what new punches may change; in the transaction that stores them."""
    if touched:
        quick.run(connection, _TOUCH, [(key, edge, day, day) for key, edge, day in sorted(touched)])


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
    """The marks whose turn it is; they stay until they are dropped."""
    query = select(*_COLUMNS).order_by(day_marks.c.bulk, day_marks.c.mark_id).limit(limit)
    return [Mark(*row) for row in connection.execute(query)]


def newest(connection: Connection) -> int:
    """The number of the latest mark, 0 without any."""
    return int(connection.execute(select(func.coalesce(func.max(day_marks.c.mark_id), 0))).scalar_one())


def behind(connection: Connection, mark_id: int) -> list[Mark]:
    """The marks that were made behind another one, in the order of their making."""
    query = select(*_COLUMNS).where(day_marks.c.mark_id > mark_id).order_by(day_marks.c.mark_id)
    return [Mark(*row) for row in connection.execute(query)]


def drop(connection: Connection, mark_ids: Sequence[int]) -> None:
    """End marks whose outcome is stored in the same transaction."""
    if mark_ids:
        connection.execute(delete(day_marks).where(day_marks.c.mark_id.in_(mark_ids)))


def count(connection: Connection) -> int:
    """How many marks wait."""
    return connection.execute(select(func.count()).select_from(day_marks)).scalar_one()
