"""Owns the numbers by which rows of punches name what repeats in them: their reader, and their context.

A number comes from what it stands for, so whoever stores punches knows it without asking. Of ten million
contexts, more than a thousand branches make in years, two share a number with a chance of 1 in 180,000.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text

from central.ledger import quick
from central.ledger.schema import metadata
from wire.punch import Punch

Reader = tuple[str, str]
"""The names of an edge and of a reader there."""

Context = tuple[str, str | None, str, str, str, str, int | None, int | None]
"""What many punches have in common: the columns of `contexts` behind the number."""

contexts = Table(
    "contexts",
    metadata,
    Column("context", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("device", Text, nullable=True),
    Column("badge_form", Text, nullable=False),
    Column("clock_trust", Text, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("direction_code", Integer, nullable=True),
    Column("verify_code", Integer, nullable=True),
)
"""Every context that a punch came in.

Its number is negative where no synchronised clock vouches for the time: an index holds only such punches.
"""

_KEEP = "INSERT INTO contexts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_TRUST = 3


def context_of(punch: Punch) -> Context:
    """The context of a punch."""
    clock = punch.clock
    return (
        punch.kind,
        punch.device,
        punch.badge.form,
        clock.trust,
        clock.boot_id,
        punch.how,
        punch.direction_code,
        punch.verify_code,
    )


@lru_cache(maxsize=1 << 16)
def reader_number(reader: Reader) -> int:
    """The number of a reader."""
    return _number(reader)


@lru_cache(maxsize=1 << 16)
def context_number(context: Context) -> int:
    """The number of a context."""
    number = _number(context)
    return number if context[_TRUST] == "synced" else -1 - number


def keep(connection: Connection, known: Mapping[int, Punch]) -> None:
    """Know contexts by their numbers, of each one of its punches."""
    quick.run(connection, _KEEP, [(number, *context_of(known[number])) for number in sorted(known)])


def _number(values: tuple[str | int | None, ...]) -> int:
    """63 bits that stand for some values."""
    return int.from_bytes(blake2b(msgspec.json.encode(values), digest_size=8).digest(), "big") >> 1
