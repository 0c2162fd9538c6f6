"""Owns how a selection of people becomes SQL: the one place through which filters, and later scopes, pass."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from central.directory.employee import DIMENSIONS
from central.ledger.schema import employees
from wire.admin import OrgFilter


def selected(connection: Connection, people: OrgFilter, limit: int, after: str = "") -> Sequence[str]:
    """The ids of the people that a filter lets through, in order, at most `limit`, behind the id `after`."""
    query = select(employees.c.employee_id).where(employees.c.employee_id > after)
    if people.employees:
        query = query.where(employees.c.employee_id.in_(people.employees))
    for dimension in DIMENSIONS:
        if values := getattr(people, dimension):
            query = query.where(employees.c[dimension].in_(values))
    return connection.execute(query.order_by(employees.c.employee_id).limit(limit)).scalars().all()
