"""Owns the tables of resyncs as the code sees them; `migrations` makes them.

A `day` is a date in days since 1970.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from central.ledger.schema import metadata
from central.ledger.times import EPOCH, NAIVE_EPOCH, Micros

_INSTANT, _WALL = Micros(EPOCH), Micros(NAIVE_EPOCH)


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=primary_key)


jobs = Table(
    "resync_jobs",
    metadata,
    Column("job_id", BigInteger, primary_key=True),
    _text("actor"),
    _text("request_id"),
    Column("payload", LargeBinary, nullable=False),
    Column("everybody", Integer, nullable=False),
    Column("people", BigInteger, nullable=False),
    Column("visible", BigInteger, nullable=False),
    Column("groups", LargeBinary, nullable=False),
    Column("began_at_us", _INSTANT, key="began_at", nullable=False),
    Column("expires_at_us", _INSTANT, key="expires_at", nullable=False),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("again_at_us", _INSTANT, key="again_at", nullable=True),
    Column("failed_at_us", _INSTANT, key="failed_at", nullable=True),
    Column("fault", Text, nullable=False, server_default=""),
    Column("cancelled_at_us", _INSTANT, key="cancelled_at", nullable=True),
    Column("ended_at_us", _INSTANT, key="ended_at", nullable=True),
    Column("undone_at_us", _INSTANT, key="undone_at", nullable=True),
    _text("undone_by", nullable=True),
    Column("undoing", LargeBinary, nullable=True),
    Column("strangers", Integer, nullable=False, server_default="0"),
)
"""The resyncs that were asked for; actor and request id are unique together.

`people` are selected of those `visible` to the actor. `everybody` says that strangers' badges are asked for,
too. `groups` tells, as JSON, how many people each set of edges knows, by piece. `faults` are those in a row,
`fault` is what the last one was; the job rests until `again_at`, or was given up at `failed_at`. `undoing` is
JSON of `central.resync.undoing.Undo` once somebody wants it undone. `strangers` says that the actor may be
told of badges of nobody.
"""

parts = Table(
    "resync_parts",
    metadata,
    Column("job_id", BigInteger, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("piece", Integer, nullable=False),
    _text("edge"),
    _text("reader"),
    _text("order_id"),
    Column("arrival_upto", BigInteger, nullable=True),
    _text("state"),
    _text("reason"),
    _text("evidence"),
    Column("matched", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("notices", LargeBinary, nullable=False),
)
"""Each reader asked, by one order for one piece of the people: where it stands (`central.resync.course`).

`arrival_upto` is the last arrival that the ledger held when the order was made. `total` is what the reader
holds. `notices` are JSON.
"""

proofs = Table(
    "resync_proofs",
    metadata,
    Column("job_id", BigInteger, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("device_count", BigInteger, nullable=False),
    Column("device_hash", LargeBinary, nullable=False),
    Column("ledger_count", BigInteger, nullable=False),
    Column("ledger_hash", LargeBinary, nullable=False),
    Column("edge_count", BigInteger, nullable=True),
    Column("edge_hash", LargeBinary, nullable=True),
)
"""What the reader, its edge and the ledger hold of each day of a part, as tallies (`wire.account`).

That of the edge is missing where it does not tell.
"""

people = Table(
    "resync_people",
    metadata,
    Column("job_id", BigInteger, primary_key=True),
    _text("employee_id", primary_key=True),
    Column("piece", Integer, nullable=False),
    Column("matched", BigInteger, nullable=False),
    Column("tried", Integer, nullable=False),
    Column("before", LargeBinary, nullable=True),
    Column("after", LargeBinary, nullable=True),
)
"""The people of a resync. `tried` says that their days were computed, for a preview or a recomputation.

`before` and `after` are JSON of what else was kept of their days: coverage, and the readers that they use.
"""

verdicts = Table(
    "resync_verdicts",
    metadata,
    Column("job_id", BigInteger, primary_key=True),
    Column("punch_id", LargeBinary, primary_key=True),
    Column("part", Integer, nullable=False),
    _text("what"),
    _text("employee_id"),
    _text("badge"),
    Column("wall_us", _WALL, key="wall", nullable=True),
    _text("word"),
    _text("why"),
    Column("beside", LargeBinary, nullable=True),
)
"""What is to be said of each punch that is no plain match; `employee_id` is empty for nobody's badge."""

days = Table(
    "resync_days",
    metadata,
    Column("job_id", BigInteger, primary_key=True),
    _text("employee_id", primary_key=True),
    Column("day", Integer, primary_key=True),
    _text("status", nullable=True),
    Column("due_s", BigInteger, nullable=True),
    Column("before", LargeBinary, nullable=True),
    Column("after", LargeBinary, nullable=False),
    Column("mixed", Integer, nullable=False),
)
"""The workdays that a resync changed, or would change: the stored result before, if any, and after.

`status` and `due_s` belong to the one before. `mixed` says that others changed it meanwhile.
"""

found = Table(
    "resync_found",
    metadata,
    _text("edge", primary_key=True),
    _text("order_id", primary_key=True),
    Column("punch_id", LargeBinary, primary_key=True),
    Column("fact", LargeBinary, nullable=False),
    _text("outbox_id"),
    Column("seq", BigInteger, nullable=False),
)
"""Punches that readers told for open orders, as JSON of `wire.punch.Punch`; the ledger does not hold them."""

strangers = Table(
    "resync_strangers",
    metadata,
    Column("job_id", BigInteger, primary_key=True),
    _text("badge", primary_key=True),
    _text("edge", primary_key=True),
    _text("reader", primary_key=True),
    Column("punches", BigInteger, nullable=False),
    Column("first_us", _WALL, key="first", nullable=True),
    Column("last_us", _WALL, key="last", nullable=True),
)
"""The badges of nobody that a resync met at its readers on its dates."""

amendments = Table(
    "amendments",
    metadata,
    Column("punch_id", LargeBinary, primary_key=True),
    _text("kind", primary_key=True),
    Column("job_id", BigInteger, nullable=False),
    _text("badge_key"),
    Column("direction_code", Integer, nullable=True),
    Column("verify_code", Integer, nullable=True),
    Column("in_force", Integer, nullable=False),
    Column("noted_at_us", _INSTANT, key="noted_at", nullable=False),
    Column("withdrawn_at_us", _INSTANT, key="withdrawn_at", nullable=True),
)
"""What resyncs made of punches, beside them: the `added` ones, and other `codes` that count.

`in_force` is 1 where a punch counts otherwise than it says: codes, and additions that were withdrawn.
"""
