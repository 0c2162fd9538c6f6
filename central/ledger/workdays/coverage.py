"""Owns the coverage: between which dates every workday of an employee has a result, punches or not."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, func, or_, select

from central.ledger.database import insert_into
from central.ledger.schema import employees
from central.ledger.workdays.tables import coverage
from central.workdays.span import DaySpan

COUNTED = ("", "active")
"""The statuses, in lower case, of people who are expected every day, so that silence means absence."""


def covered(connection: Connection, employee_ids: Collection[str]) -> dict[str, DaySpan]:
    """The first and last covered day of each of these employees, without those never covered."""
    query = select(coverage.c.employee_id, coverage.c.first_day, coverage.c.last_day).where(
        coverage.c.employee_id.in_(employee_ids)
    )
    return {employee_id: (first, last) for employee_id, first, last in connection.execute(query)}


def everybody(connection: Connection) -> dict[str, DaySpan]:
    """The coverage of all."""
    query = select(coverage.c.employee_id, coverage.c.first_day, coverage.c.last_day)
    return {employee_id: (first, last) for employee_id, first, last in connection.execute(query)}


def cover(connection: Connection, spans: Mapping[str, DaySpan]) -> None:
    """Store the first and last covered day of employees."""
    if not spans:
        return
    adding = insert_into(connection, coverage)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[coverage.c.employee_id],
            set_={
                coverage.c.first_day: adding.excluded.first_day,
                coverage.c.last_day: adding.excluded.last_day,
            },
        ),
        [
            {"employee_id": employee_id, "first_day": first, "last_day": last}
            for employee_id, (first, last) in sorted(spans.items())
        ],
    )


def uncover(connection: Connection, employee_id: str) -> None:
    """Forget which days of an employee are covered."""
    connection.execute(delete(coverage).where(coverage.c.employee_id == employee_id))


def behind(connection: Connection, today: int, limit: int) -> list[tuple[str, int | None]]:
    """People who are expected every day and not covered up to today, with their last covered day."""
    query = (
        select(employees.c.employee_id, coverage.c.last_day)
        .outerjoin(coverage, coverage.c.employee_id == employees.c.employee_id)
        .where(func.lower(employees.c.status).in_(COUNTED))
        .where(or_(coverage.c.last_day.is_(None), coverage.c.last_day < today))
        .limit(limit)
    )
    return [(employee_id, last) for employee_id, last in connection.execute(query)]
