"""Owns how far each exporter has come, and what lies behind: workdays by change, punches by arrival.

Nothing is skipped, whoever writes at the same time: see `settled`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    Text,
    select,
    text,
    tuple_,
)

from central.exporters.exporter import What
from central.ledger.database import insert_into
from central.ledger.queries import HELD, Held, held_of
from central.ledger.schema import arrivals, instant, metadata, punches
from central.ledger.workdays.tables import workdays
from central.zones import Zones

exports = Table(
    "exports",
    metadata,
    Column("exporter", Text, primary_key=True, nullable=False),
    Column("what", Text, primary_key=True, nullable=False),
    Column("place", LargeBinary, nullable=False),
    Column("sent", Integer, nullable=False),
    instant("sent_at", nullable=True),
    instant("tried_at", nullable=True),
    Column("trouble", Text, nullable=False),
)
"""Each exporter and what it sends: the place behind the last row that the other side has, as JSON."""

ARRIVALS_AT_ONCE = 500

DayPlace = tuple[int, str, int]
"""A revision, an employee, a day."""
PunchPlace = tuple[int, str]
"""An arrival, and a punch id of it in hex."""
BEFORE_DAYS: DayPlace = (-1, "", 0)
BEFORE_PUNCHES: PunchPlace = (0, "")


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an exporter stands with one kind of rows. `trouble` is "" or why the last try failed."""

    exporter: str
    what: What
    place: bytes
    sent: int
    sent_at: datetime | None
    tried_at: datetime | None
    trouble: str


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A workday that was stored: its place, and its result as JSON (`wire.days.DayResult`)."""

    place: DayPlace
    result: bytes


def stands(connection: Connection) -> list[Stand]:
    """All that were ever tried, by name."""
    query = select(exports).order_by(exports.c.exporter, exports.c.what)
    return [Stand(*row) for row in connection.execute(query)]


def stand(connection: Connection, exporter: str, what: str) -> Stand | None:
    """Where one stands; None before its first try."""
    query = select(exports).where(exports.c.exporter == exporter, exports.c.what == what)
    row = connection.execute(query).first()
    return None if row is None else Stand(*row)


def keep(connection: Connection, stand: Stand) -> None:
    """Store where an exporter stands now."""
    adding = insert_into(connection, exports)
    values = {
        name: getattr(stand, name)
        for name in ("exporter", "what", "place", "sent", "sent_at", "tried_at", "trouble")
    }
    kept = {exports.c[name]: adding.excluded[name] for name in values}
    connection.execute(
        adding.on_conflict_do_update(index_elements=[exports.c.exporter, exports.c.what], set_=kept), values
    )


def place_of(kind: Any, place: bytes) -> Any:
    """A stored place as what it is: DayPlace or PunchPlace."""
    return msgspec.json.decode(place, type=kind)


def settled(connection: Connection, what: str) -> None:
    """Wait for everybody who writes such rows now; nobody else begins before this transaction ends.

    Numbers are given before transactions commit: without this a row with a smaller number could appear
    behind an exporter's place. SQLite has one writer, whose numbers grow as it commits.
    """
    if connection.dialect.name == "postgresql":
        table = workdays if what == "days" else arrivals
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE MODE"))


def changed_days(connection: Connection, after: DayPlace, limit: int) -> list[ChangedDay]:
    """The workdays whose results changed behind a place, in the order of their change."""
    key = (workdays.c.revision, workdays.c.employee_id, workdays.c.day)
    query = select(*key, workdays.c.result).where(tuple_(*key) > after).order_by(*key).limit(limit)
    return [
        ChangedDay((revision, employee_id, day), result)
        for revision, employee_id, day, result in connection.execute(query)
    ]


def arrived_punches(
    connection: Connection, zones: Zones, after: PunchPlace, limit: int
) -> tuple[list[tuple[PunchPlace, Held]], PunchPlace]:
    """The punches that were new behind a place, in the order of arrival, and how far was looked.

    There may be fewer than `limit`, even none, before the end; at the end it was looked no further.
    """
    found: list[tuple[PunchPlace, Held]] = []
    seen = after
    for arrival in _arrivals(connection, after[0]):
        behind = bytes.fromhex(after[1]) if arrival.arrival_id == after[0] else b""
        query = (
            select(*HELD)
            .where(punches.c.edge == arrival.edge, punches.c.arrival_id == arrival.arrival_id)
            .where(punches.c.punch_id > behind)
            .where(punches.c.punch_id.between(arrival.first_new, arrival.last_new))
            .order_by(punches.c.punch_id)
            .limit(limit - len(found))
        )
        for row in connection.execute(query):
            held = held_of(row, zones)
            seen = (arrival.arrival_id, held.punch_id)
            found.append((seen, held))
        if len(found) == limit:
            return found, seen
        seen = (arrival.arrival_id, arrival.last_new.hex())
    return found, seen


def _arrivals(connection: Connection, first: int) -> Iterator[Any]:
    query = (
        select(arrivals.c.arrival_id, arrivals.c.edge, arrivals.c.first_new, arrivals.c.last_new)
        .where(arrivals.c.arrival_id >= first, arrivals.c.first_new.is_not(None))
        .order_by(arrivals.c.arrival_id)
        .limit(ARRIVALS_AT_ONCE)
    )
    yield from connection.execute(query).all()
