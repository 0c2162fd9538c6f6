"""Owns the tables of the ledger as the code sees them; `migrations` makes them.

Instants are whole microseconds since 1970 UTC (`..._us`), a wall time is the same count of a naive time
read as if it were UTC: equal, ordered and compact on SQLite and PostgreSQL alike. Python sees datetimes.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, MetaData, Table, Text

from central.ledger.times import EPOCH, NAIVE_EPOCH, Day, Micros


def instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    """The column of an instant."""
    return Column(f"{name}_us", Micros(EPOCH), key=name, nullable=nullable)


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=primary_key)


metadata = MetaData()
views = MetaData()

streams = Table(
    "streams",
    metadata,
    _text("edge", primary_key=True),
    _text("outbox_id", primary_key=True),
    Column("upto_seq", BigInteger, nullable=False),
    instant("started_at"),
    instant("updated_at"),
)
"""How far each outbox has been taken in: what its receipts say. The edge is part of the key."""

arrivals = Table(
    "arrivals",
    metadata,
    Column("arrival_id", BigInteger, primary_key=True),
    _text("edge"),
    _text("outbox_id"),
    Column("first_seq", BigInteger, nullable=False),
    Column("facts", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("first_new", LargeBinary, nullable=True),
    Column("last_new", LargeBinary, nullable=True),
    instant("received_at"),
)
"""Each envelope that was taken in, and how many of its facts were new punches, with ids between which two."""

punches = Table(
    "punches",
    views,
    Column("punch_id", LargeBinary, primary_key=True),
    Column("day", Integer, nullable=False),
    _text("edge"),
    _text("reader"),
    _text("kind"),
    _text("device", nullable=True),
    _text("badge_form"),
    _text("badge_raw"),
    _text("badge_canon", nullable=True),
    _text("badge_key"),
    Column("device_wall_us", Micros(NAIVE_EPOCH), key="device_wall", nullable=True),
    instant("read_at"),
    _text("clock_trust"),
    Column("clock_offset_s", Float, nullable=True),
    Column("offset_before_s", Float, nullable=True),
    _text("boot_id"),
    Column("uptime_s", Float, nullable=False),
    Column("direction_code", Integer, nullable=True),
    Column("verify_code", Integer, nullable=True),
    _text("how"),
    _text("raw"),
    Column("seq", BigInteger, nullable=False),
    Column("arrival_id", BigInteger, nullable=False),
    Column("reader_number", BigInteger, nullable=False),
    Column("context_number", BigInteger, nullable=False),
)
"""Every punch, once, as its first arrival told it: a view of the rows that `central.ledger.punches` writes.

`day` is the date of the time in the punch id, in days since 1970, at most one day from the wall date.
`badge_key` is equal for all badges that may be the same (`badge_key()`). `arrival_id` and `seq` are where it
came from. The numbers are those of `central.ledger.contexts`, by which indexes find punches.
"""

conflicts = Table(
    "conflicts",
    metadata,
    Column("punch_id", LargeBinary, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    _text("edge"),
    Column("fact", LargeBinary, nullable=False),
    instant("received_at"),
    _text("reason"),
)
"""Other versions of a punch that the ledger holds, as JSON; the first stays in `punches`.

`reason` is a word of `central.resync.conflicts`, "" where nobody has looked yet.
"""

edge_facts = Table(
    "edge_facts",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _text("edge"),
    _text("outbox_id"),
    Column("seq", BigInteger, nullable=False),
    _text("kind"),
    _text("order_id", nullable=True),
    _text("reader", nullable=True),
    instant("at"),
    Column("fact", LargeBinary, nullable=False),
    instant("received_at"),
)
"""The facts that are no punches, as JSON: re-read reports, outcomes of orders, events of an edge."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _text("edge"),
    _text("outbox_id", nullable=True),
    Column("seq", BigInteger, nullable=True),
    Column("payload", LargeBinary, nullable=False),
    _text("reason"),
    instant("received_at"),
    Column("times", Integer, nullable=False),
    instant("replayed_at", nullable=True),
)
"""What could not be read: a whole message, or, with `seq`, one fact. Equal bytes stand here once, counted."""

readers = Table(
    "readers",
    metadata,
    _text("edge", primary_key=True),
    _text("reader", primary_key=True),
    instant("last_new_at", nullable=True),
    Column("number", BigInteger, nullable=False),
)
"""Every reader that a punch came from, and when its last new punch was received that was not re-read.

`number` is how the rows of punches name it.
"""

orders = Table(
    "orders",
    metadata,
    _text("order_id", primary_key=True),
    _text("edge"),
    Column("payload", LargeBinary, nullable=False),
    instant("given_at"),
    instant("expires_at"),
    instant("closed_at", nullable=True),
    _text("outcome", nullable=True),
)
"""The orders given to edges; an open one is repeated until its outcome arrives or it expires."""

employees = Table(
    "employees",
    metadata,
    _text("employee_id", primary_key=True),
    *(
        _text(name)
        for name in (
            "name",
            "status",
            "sbu",
            "state",
            "branch",
            "department",
            "sub_department",
            "designation",
            "employee_type",
        )
    ),
    Column("joined_day", Day, key="joined", nullable=True),
    Column("left_day", Day, key="left", nullable=True),
    instant("updated_at"),
)
"""The people, as the last import spelled them. Nobody is ever deleted."""

employee_past = Table(
    "employee_past",
    metadata,
    _text("employee_id", primary_key=True),
    Column("before_day", Day, key="before", primary_key=True),
    Column("dimensions", LargeBinary, nullable=False),
)
"""What the dimensions of people were before a date, as a JSON list in the order of the columns above."""

badges = Table(
    "badges",
    metadata,
    _text("form", primary_key=True),
    _text("value", primary_key=True),
    _text("edge", primary_key=True),
    Column("since_day", Day, key="since", primary_key=True),
    Column("until_day", Day, key="until", nullable=False),
    _text("employee_id"),
)
"""Who a badge belongs to: a user id or a canonical card, at one edge, or everywhere where `edge` is empty.

It does from one date to another, both included; the least and the greatest date stand for ever.
"""

audit = Table(
    "audit",
    metadata,
    Column("audit_id", BigInteger, primary_key=True),
    instant("at"),
    _text("actor"),
    _text("verb"),
    _text("subject"),
    Column("detail", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
"""Who asked for what, and what became of it, as JSON; `digest` chains it to the row before (`chain`).

The database itself keeps every row as it is.
"""

users = Table(
    "users",
    metadata,
    _text("name", primary_key=True),
    _text("role"),
    Column("units", LargeBinary, nullable=False),
    Column("enabled", Integer, nullable=False),
    _text("verifier", nullable=True),
    instant("changed_at"),
)
"""Who may do what; `units` are JSON. Nobody is deleted: who has left is disabled."""
