"""Owns the tables of settings and workdays as the code sees them; `migrations` makes them.

A `day` is a date in days since 1970; instants are as in `schema`.
"""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from central.ledger.schema import metadata
from central.ledger.times import Day, Micros


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=primary_key)


def _day(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable, primary_key=primary_key)


settings = Table(
    "settings",
    metadata,
    _text("kind", primary_key=True),
    _text("name", primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("since", Day, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("applied_at_us", Micros(datetime(1970, 1, 1, tzinfo=UTC)), key="applied_at", nullable=False),
    _text("source"),
)
"""Every version of every shift, calendar and assignment, as JSON; none is ever changed or deleted."""

day_marks = Table(
    "day_marks",
    metadata,
    Column("mark_id", BigInteger, primary_key=True),
    Column("bulk", Integer, nullable=False),
    _text("employee_id", nullable=True),
    _text("badge_key", nullable=True),
    _text("edge", nullable=True),
    _day("first_day", nullable=True),
    _day("last_day", nullable=True),
    Column("badge_keys", LargeBinary, nullable=True),
)
"""What must be computed again, in turn, those that are not `bulk` first.

Either workdays of an employee (all that are known, without days), or the punches of some badges at an edge
whose ids bear the date `first_day`: `badge_keys` is a JSON list. Older centrals name one in `badge_key`. Rows
are only added and deleted: a mark made while its workday is being computed is another row, and stays.
"""

workdays = Table(
    "workdays",
    metadata,
    _text("employee_id", primary_key=True),
    _day("day", primary_key=True),
    _text("status"),
    Column("due_s", BigInteger, nullable=True),
    Column("unsent", Integer, nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""The results, as they are published. `due_s` is when time alone may change one, in epoch seconds.

`revision` counts the transactions that stored results: what changed later has a greater one. A result that
is stored again as it was keeps its own.
"""

coverage = Table(
    "coverage",
    metadata,
    _text("employee_id", primary_key=True),
    _day("first_day"),
    _day("last_day"),
)
"""Between which dates every workday of an employee has a result, be there punches or not."""

contacts = Table(
    "contacts",
    metadata,
    _text("edge", primary_key=True),
    _text("reader", primary_key=True),
    Column("upto_s", BigInteger, nullable=True),
)
"""The readers that edges have, and up to which instant each has been read, in epoch seconds."""

uses = Table(
    "uses",
    metadata,
    _text("employee_id", primary_key=True),
    _text("edge", primary_key=True),
    _text("reader", primary_key=True),
    _day("last_day"),
)
"""Where each employee punches, and the last workday on which they did."""

waits = Table(
    "waits",
    metadata,
    _text("employee_id", primary_key=True),
    _day("day", primary_key=True),
    _text("edge", primary_key=True),
    _text("reader", primary_key=True),
    Column("until_s", BigInteger, nullable=False),
)
"""The workdays that may change when a reader has been read up to an instant, in epoch seconds."""

doubts = Table(
    "doubts",
    metadata,
    Column("punch_id", LargeBinary, primary_key=True),
    _text("reason"),
)
"""The punches whose time cannot be right: they count nowhere until a person has looked at them."""
