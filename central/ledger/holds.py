"""Owns the rows that an exporter went past without sending them, for they were of a pilot branch."""

from collections.abc import Collection, Sequence

from sqlalchemy import Column, Connection, Table, Text, delete, func, select, tuple_

from central.exporters.exporter import What
from central.ledger.database import insert_into
from central.ledger.exports import ChangedDay
from central.ledger.queries import HELD, Held, held_of
from central.ledger.schema import metadata, punches
from central.ledger.workdays.tables import workdays
from central.zones import Zones

held_exports = Table(
    "held_exports",
    metadata,
    Column("exporter", Text, primary_key=True, nullable=False),
    Column("what", Text, primary_key=True, nullable=False),
    Column("row_key", Text, primary_key=True, nullable=False),
)
"""The row is a punch id in hex, or a workday as `day_row` writes it."""


def day_row(employee_id: str, day: int) -> str:
    """A workday as a row: `20587/E0042`."""
    return f"{day}/{employee_id}"


def hold(connection: Connection, exporter: str, what: What, rows: Collection[str]) -> None:
    """Note rows that were passed over."""
    if rows:
        values = [{"exporter": exporter, "what": what, "row_key": row} for row in rows]
        connection.execute(insert_into(connection, held_exports).on_conflict_do_nothing(), values)


def let_go(connection: Connection, exporter: str, what: What, rows: Collection[str]) -> None:
    """Forget rows: the other side has them now."""
    theirs = (held_exports.c.exporter == exporter, held_exports.c.what == what)
    if rows:
        connection.execute(delete(held_exports).where(*theirs, held_exports.c.row_key.in_(rows)))


def behind(connection: Connection, exporter: str, what: What, after: str, limit: int) -> list[str]:
    """The rows that are held behind one of them, in an order that stays."""
    query = (
        select(held_exports.c.row_key)
        .where(
            held_exports.c.exporter == exporter, held_exports.c.what == what, held_exports.c.row_key > after
        )
        .order_by(held_exports.c.row_key)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many rows are held of each exporter and kind that has any."""
    theirs = (held_exports.c.exporter, held_exports.c.what)
    query = select(*theirs, func.count()).group_by(*theirs)
    return {(exporter, what): count for exporter, what, count in connection.execute(query)}


def days(connection: Connection, rows: Sequence[str]) -> list[tuple[str, ChangedDay]]:
    """The workdays behind rows, as they are now."""
    places = [(employee_id, int(day)) for day, _, employee_id in (row.partition("/") for row in rows)]
    columns = (workdays.c.revision, workdays.c.employee_id, workdays.c.day)
    query = select(*columns, workdays.c.result).where(
        tuple_(workdays.c.employee_id, workdays.c.day).in_(places)
    )
    return [
        (day_row(employee_id, day), ChangedDay((revision, employee_id, day), result))
        for revision, employee_id, day, result in connection.execute(query.order_by(*columns))
    ]


def punches_of(connection: Connection, zones: Zones, rows: Sequence[str]) -> list[Held]:
    """The punches behind rows."""
    ids = [bytes.fromhex(row) for row in rows]
    query = select(*HELD).where(punches.c.punch_id.in_(ids)).order_by(punches.c.punch_id)
    return [held_of(row, zones) for row in connection.execute(query)]
