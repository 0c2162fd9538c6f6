"""Owns the writing of punches: each id once, telling exactly which were new, other versions kept beside."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, repeat
from operator import add
from typing import Any

from msgspec.structs import replace
from sqlalchemy import BigInteger, Column, Connection, Float, Integer, LargeBinary, Table, Text, select

from central.ledger import quick
from central.ledger.database import insert_into
from central.ledger.schema import conflicts, metadata, punches
from central.ledger.times import MS_PER_DAY, micros, moment, wall_micros, wall_moment
from wire.card import CardError, lookup_keys
from wire.codec import encode
from wire.punch import Punch

Row = tuple[Any, ...]
"""A punch in the order of the table's columns, as the drivers take it."""

punch_rows = Table(
    "punch_rows",
    metadata,
    Column("punch_id", LargeBinary, primary_key=True),
    Column("day", Integer, nullable=False),
    Column("reader", BigInteger, nullable=False),
    Column("context", BigInteger, nullable=False),
    Column("badge_raw", Text, nullable=False),
    Column("badge_canon", Text, nullable=True),
    Column("badge_key", Text, nullable=False),
    Column("device_wall_us", BigInteger, nullable=True),
    Column("read_at_us", BigInteger, nullable=False),
    Column("uptime_s", Float, nullable=False),
    Column("clock_offset_s", Float, nullable=True),
    Column("offset_before_s", Float, nullable=True),
    Column("raw", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("arrival_id", BigInteger, nullable=False),
)
"""What the view `punches` shows, as it is stored: reader and context by their numbers."""

_PLACES = {column.name: place for place, column in enumerate(punch_rows.columns)}
PUNCH_ID, DAY, READER, CONTEXT, KEY, READ_AT, UPTIME = (
    _PLACES[name] for name in ("punch_id", "day", "reader", "context", "badge_key", "read_at_us", "uptime_s")
)
"""Where some values stand in a row."""
_COLUMNS = ", ".join(_PLACES)
_INSERT = f"INSERT INTO punch_rows ({_COLUMNS})"
_STORE = f"{_INSERT} VALUES ({', '.join('?' for _ in _PLACES)}) ON CONFLICT DO NOTHING"
_STAGE = "CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE punch_rows) ON COMMIT DELETE ROWS"
_COPY = f"COPY staged ({_COLUMNS}) FROM STDIN"
# In order, so that two centrals that store the same punches wait for each other instead of deadlocking.
_STORE_STAGED = (
    f"{_INSERT} SELECT {_COLUMNS} FROM staged ORDER BY punch_id, arrival_id, seq "  # noqa: S608 - our own names
    "ON CONFLICT DO NOTHING RETURNING seq, arrival_id"
)
_AT_ONCE = 500
_CONTENT = ("device", "badge_raw", "badge_form", "device_wall", "direction_code", "verify_code")


def punch_row(punch: Punch, reader: int, context: int, seq: int) -> Row:
    """The row of a punch that came as fact `seq`: all but the number of the arrival, which stands last."""
    punch_id, badge, clock, wall = bytes.fromhex(punch.punch_id), punch.badge, punch.clock, punch.device_wall
    return (
        punch_id,
        int.from_bytes(punch_id[:6], "big") // MS_PER_DAY,
        reader,
        context,
        badge.raw,
        badge.canon,
        badge.raw if badge.canon is None else badge_key(badge.canon),
        None if wall is None else wall_micros(wall),
        micros(punch.read_at),
        clock.uptime_s,
        clock.offset_s,
        clock.offset_before_s,
        punch.raw,
        seq,
    )


def punch_of(row: Row, reader: str, like: Punch) -> Punch:
    """The punch of a row, of a reader with this name, `like` being any punch of the same context."""
    punch_id, _, _, _, raw, canon, _, wall_us, read_us, uptime_s, offset_s, before_s, told, *_ = row
    return replace(
        like,
        punch_id=punch_id.hex(),
        reader=reader,
        badge=replace(like.badge, raw=raw, canon=canon),
        device_wall=None if wall_us is None else wall_moment(wall_us),
        read_at=moment(read_us),
        clock=replace(like.clock, uptime_s=uptime_s, offset_s=offset_s, offset_before_s=before_s),
        raw=told,
    )


@lru_cache(maxsize=1 << 16)
def badge_key(value: str) -> str:
    """What all badges have in common that can be the same as this one.

    Of a canonical card it is the fewest bits under which the card may be known; a user id, and a card that
    is not canonical, stand for themselves.
    """
    try:
        return lookup_keys(value)[-1]
    except CardError:
        return value


def store(connection: Connection, arrived: Sequence[tuple[int, Sequence[Row]]]) -> list[bool]:
    """Insert the rows of each arrival whose punch id the ledger does not hold; tell for each if it was new.

    Of two rows with one id the one that comes first by arrival and seq is new.
    """
    count = sum(len(rows) for _, rows in arrived)
    if count == 0:
        return []
    if connection.dialect.name == "postgresql":
        return _store_staged(connection, arrived)
    if quick.run(connection, _STORE, whole(arrived)) == count:
        return [True] * count
    held = _origins(connection, [row[0] for _, rows in arrived for row in rows])
    return [held[row[0]] == row[-2:] for row in whole(arrived)]


def whole(arrived: Sequence[tuple[int, Sequence[Row]]]) -> Iterator[Row]:
    """The rows of arrivals with their numbers: one after the other, for together they take room."""
    return chain.from_iterable(map(add, rows, repeat((arrival_id,))) for arrival_id, rows in arrived)


def _store_staged(connection: Connection, arrived: Sequence[tuple[int, Sequence[Row]]]) -> list[bool]:
    connection.exec_driver_sql(_STAGE)
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(_COPY) as copy:
            for row in whole(arrived):
                copy.write_row(row)
    finally:
        cursor.close()
    new = {tuple(origin) for origin in connection.exec_driver_sql(_STORE_STAGED)}
    return [row[-2:] in new for row in whole(arrived)]


def _origins(connection: Connection, punch_ids: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
    """The seq and the arrival that each id is held from."""
    held: dict[bytes, tuple[int, int]] = {}
    for start in range(0, len(punch_ids), _AT_ONCE):
        query = select(punch_rows.c.punch_id, punch_rows.c.seq, punch_rows.c.arrival_id).where(
            punch_rows.c.punch_id.in_(punch_ids[start : start + _AT_ONCE])
        )
        held.update({punch_id: (seq, arrival_id) for punch_id, seq, arrival_id in connection.execute(query)})
    return held


def keep_other_versions(connection: Connection, again: Sequence[tuple[str, Punch]], at: datetime) -> int:
    """Of punches that came again, each with its edge, keep those that differ from what the ledger holds.

    How a punch was read, when, and in which bytes may differ: they are no part of what happened.
    Returns how many differed.
    """
    others = []
    for start in range(0, len(again), _AT_ONCE):
        some = again[start : start + _AT_ONCE]
        ids = {bytes.fromhex(punch.punch_id) for _, punch in some}
        query = select(punches.c.punch_id, *(punches.c[name] for name in _CONTENT)).where(
            punches.c.punch_id.in_(ids)
        )
        held = {row[0]: tuple(row[1:]) for row in connection.execute(query)}
        for edge, punch in some:
            punch_id, content = bytes.fromhex(punch.punch_id), _content(punch)
            if held[punch_id] != content:
                digest = blake2b(repr(content).encode(), digest_size=16).digest()
                others.append(
                    {
                        "punch_id": punch_id,
                        "digest": digest,
                        "edge": edge,
                        "fact": encode(punch),
                        "received_at": at,
                        "reason": "",
                    }
                )
    if others:
        connection.execute(insert_into(connection, conflicts).on_conflict_do_nothing(), others)
    return len(others)


def _content(punch: Punch) -> Row:
    badge = punch.badge
    return (
        punch.device,
        badge.raw,
        badge.form,
        punch.device_wall,
        punch.direction_code,
        punch.verify_code,
    )


def keep_version(
    connection: Connection, punch_id: bytes, edge: str, version: Punch, reason: str, at: datetime
) -> None:
    """Keep what an edge tells differently of a punch of the ledger, with the reason why it does not count."""
    adding = insert_into(connection, conflicts)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[conflicts.c.punch_id, conflicts.c.digest],
            set_={conflicts.c.reason: adding.excluded.reason},
        ),
        {
            "punch_id": punch_id,
            "digest": blake2b(repr(_content(version)).encode(), digest_size=16).digest(),
            "edge": edge,
            "fact": encode(version),
            "received_at": at,
            "reason": reason,
        },
    )
