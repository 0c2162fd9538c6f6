"""Owns what resyncs made of punches, beside them: which they added, and which codes count instead.

The punches never change. What is undone is withdrawn: an addition then counts nowhere, codes count as the
punch has them. All functions run inside the caller's transaction.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, case, func, select, update
from sqlalchemy import literal_column as literal

from central.ledger.database import insert_into
from central.ledger.resyncs.tables import amendments
from central.ledger.schema import punches
from central.ledger.workdays import marks
from central.workdays.interpretation import Raw

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes that count for a punch instead of its own."""

    punch_id: bytes
    direction: int | None
    verify: int | None


def note_added(connection: Connection, job_id: int, punch_ids: Collection[bytes], at: datetime) -> None:
    """Note that a resync added these punches; those withdrawn before count again, and are marked."""
    _note(connection, job_id, "added", [Codes(one, None, None) for one in punch_ids], at)


def note_codes(connection: Connection, job_id: int, found: Sequence[Codes], at: datetime) -> None:
    """Let other codes count for some punches, and mark what that may change."""
    _note(connection, job_id, "codes", found, at)


def _note(connection: Connection, job_id: int, kind: str, found: Sequence[Codes], at: datetime) -> None:
    keys = dict(_keys(connection, [one.punch_id for one in found]))
    rows = [
        {
            "punch_id": one.punch_id,
            "kind": kind,
            "job_id": job_id,
            "badge_key": keys[one.punch_id][0],
            "direction_code": one.direction,
            "verify_code": one.verify,
            "in_force": int(kind == "codes"),
            "noted_at": at,
            "withdrawn_at": None,
        }
        for one in found
        if one.punch_id in keys
    ]
    if not rows:
        return
    adding = insert_into(connection, amendments)
    names = ("job_id", "direction_code", "verify_code", "in_force", "noted_at", "withdrawn_at")
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[amendments.c.punch_id, amendments.c.kind],
            set_={amendments.c[name]: adding.excluded[name] for name in names},
        ),
        rows,
    )
    marks.touch(connection, set(keys.values()))


def _keys(connection: Connection, punch_ids: Sequence[bytes]) -> Iterator[tuple[bytes, marks.Touched]]:
    for start in range(0, len(punch_ids), _AT_ONCE):
        query = select(punches.c.punch_id, punches.c.badge_key, punches.c.edge, punches.c.day).where(
            punches.c.punch_id.in_(punch_ids[start : start + _AT_ONCE])
        )
        for punch_id, key, edge, day in connection.execute(query):
            yield punch_id, (key, edge, day)


def withdrawn(connection: Connection, punch_ids: Collection[bytes]) -> set[bytes]:
    """Those of these punches that an undone resync took back."""
    wanted, found = list(punch_ids), set[bytes]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(amendments.c.punch_id).where(
            amendments.c.punch_id.in_(wanted[start : start + _AT_ONCE]),
            amendments.c.kind == "added",
            amendments.c.withdrawn_at.is_not(None),
        )
        found.update(connection.execute(query).scalars())
    return found


def count(connection: Connection, job_id: int) -> int:
    """How many amendments of a resync are in the ledger and not withdrawn."""
    query = select(func.count()).where(amendments.c.job_id == job_id, amendments.c.withdrawn_at.is_(None))
    return int(connection.execute(query).scalar_one())


def stretch(connection: Connection, job_id: int, limit: int, after: bytes) -> bytes | None:
    """The last punch id of the next amendments of a resync, by punch id; None if there are no more."""
    query = (
        select(amendments.c.punch_id)
        .where(amendments.c.job_id == job_id, amendments.c.punch_id > after)
        .order_by(amendments.c.punch_id)
        .limit(limit)
    )
    found = connection.execute(query).scalars().all()
    return found[-1] if found else None


def withdraw(connection: Connection, job_id: int, after: bytes, last: bytes, at: datetime) -> int:
    """Take back what a resync made of a stretch of punches; return how many it was. Marks nothing."""
    done = connection.execute(
        update(amendments)
        .where(*_within(job_id, after, last), amendments.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at, in_force=case((amendments.c.kind == "added", 1), else_=0))
    )
    return done.rowcount


def mark(connection: Connection, job_id: int, after: bytes, last: bytes) -> None:
    """Mark what the amendments of a stretch of punches may change."""
    query = (
        select(punches.c.badge_key, punches.c.edge, punches.c.day)
        .join_from(amendments, punches, punches.c.punch_id == amendments.c.punch_id)
        .where(*_within(job_id, after, last))
    )
    marks.touch(connection, {(key, edge, day) for key, edge, day in connection.execute(query)})


def _within(job_id: int, after: bytes, last: bytes) -> tuple[ColumnElement[bool], ...]:
    ids = amendments.c.punch_id
    return amendments.c.job_id == job_id, ids > after, ids <= last


def amended(connection: Connection, punches_of: Iterable[Raw], badge_keys: Collection[str]) -> list[Raw]:
    """Punches of badges with some keys as they count: without those withdrawn, with the codes that count."""
    query = select(amendments.c.punch_id, amendments.c.kind, amendments.c.direction_code).where(
        amendments.c.in_force == literal("1"), amendments.c.badge_key.in_(badge_keys)
    )
    out: set[bytes] = set()
    codes: dict[bytes, int | None] = {}
    for punch_id, kind, direction in connection.execute(query):
        if kind == "added":
            out.add(punch_id)
        else:
            codes[punch_id] = direction
    return [
        replace(one, direction_code=codes[one.punch_id]) if one.punch_id in codes else one
        for one in punches_of
        if one.punch_id not in out
    ]
