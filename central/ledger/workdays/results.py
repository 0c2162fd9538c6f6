"""Owns the stored results of workdays: what is published, what is still to be sent, what time will change."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, case, func, select, tuple_, update

from central.ledger.database import insert_into
from central.ledger.workdays.tables import workdays

Place = tuple[str, int]
"""An employee and a day."""

REMOVED = "removed"
"""The status of a row that nobody finds any more: its result was undone, and is only there to be told."""


class Stored(msgspec.Struct, frozen=True):
    """A result as bytes of JSON (`wire.days.DayResult`), and when to look at it again, in epoch seconds."""

    employee_id: str
    day: int
    status: str
    due_s: int | None
    unsent: bool
    result: bytes

    @property
    def place(self) -> Place:
        """Whose workday it is."""
        return self.employee_id, self.day


_STORED = (
    workdays.c.employee_id,
    workdays.c.day,
    workdays.c.status,
    workdays.c.due_s,
    workdays.c.unsent,
    workdays.c.result,
)

_NEXT_REVISION = select(func.coalesce(func.max(workdays.c.revision), 0) + 1)


def held(connection: Connection, employee_ids: Collection[str], first: int, last: int) -> dict[Place, Stored]:
    """The results of some employees within a span of days."""
    query = (
        select(*_STORED)
        .where(workdays.c.employee_id.in_(employee_ids))
        .where(workdays.c.day >= first, workdays.c.day <= last, workdays.c.status != REMOVED)
    )
    return {(row.employee_id, row.day): _stored(row) for row in connection.execute(query)}


def put(connection: Connection, rows: Sequence[Stored]) -> None:
    """Store results in place of those that were there."""
    if not rows:
        return
    adding = insert_into(connection, workdays)
    new = adding.excluded
    changed = workdays.c.result != new.result
    replaced = {
        workdays.c.status: new.status,
        workdays.c.due_s: new.due_s,
        workdays.c.unsent: new.unsent,
        workdays.c.result: new.result,
        workdays.c.revision: case((changed, new.revision), else_=workdays.c.revision),
    }
    revision = connection.execute(_NEXT_REVISION).scalar_one()
    connection.execute(
        adding.on_conflict_do_update(index_elements=[workdays.c.employee_id, workdays.c.day], set_=replaced),
        [
            {
                "employee_id": row.employee_id,
                "day": row.day,
                "status": row.status,
                "due_s": row.due_s,
                "unsent": int(row.unsent),
                "result": row.result,
                "revision": revision,
            }
            for row in rows
        ],
    )


def remove(connection: Connection, places: Sequence[Place]) -> None:
    """Let these workdays have no result any more; what it is now is still told to who was told before."""
    if places:
        connection.execute(
            update(workdays)
            .where(workdays.c.employee_id == bindparam("who"), workdays.c.day == bindparam("when"))
            .values(status=REMOVED, due_s=None, unsent=1),
            [{"who": employee_id, "when": day} for employee_id, day in places],
        )


def due(connection: Connection, now: int, limit: int) -> list[Place]:
    """The workdays that time has changed by now, in epoch seconds."""
    query = (
        select(workdays.c.employee_id, workdays.c.day)
        .where(workdays.c.due_s <= now)
        .order_by(workdays.c.due_s)
        .limit(limit)
    )
    return [(employee_id, day) for employee_id, day in connection.execute(query)]


def unsent(connection: Connection, limit: int, after: Place | None = None) -> list[Stored]:
    """Results that were not handed to the broker yet, by employee and day, behind a place."""
    query = select(*_STORED).where(workdays.c.unsent == 1)
    if after is not None:
        query = query.where(tuple_(workdays.c.employee_id, workdays.c.day) > after)
    query = query.order_by(workdays.c.employee_id, workdays.c.day).limit(limit)
    return [_stored(row) for row in connection.execute(query)]


def sent(connection: Connection, places: Iterable[Place]) -> None:
    """Note that results were handed to the broker."""
    rows = [{"who": employee_id, "when": day} for employee_id, day in places]
    if rows:
        connection.execute(
            update(workdays)
            .where(workdays.c.employee_id == bindparam("who"), workdays.c.day == bindparam("when"))
            .values(unsent=0),
            rows,
        )


def _stored(row: Any) -> Stored:
    employee_id, day, status, due_s, unsent_, result = row
    return Stored(employee_id, day, status, due_s, bool(unsent_), result)
