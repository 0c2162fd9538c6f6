"""Owns the proof of a resync: what each reader, its edge and the ledger hold of each day, as tallies."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, tuple_

from central.ledger.database import insert_into
from central.ledger.resyncs.tables import parts, proofs
from central.workdays.span import number
from wire.account import EMPTY, Tally

_NOTHING = {"count": EMPTY.count, "hash": bytes.fromhex(EMPTY.hash)}
_DIFFER = or_(
    proofs.c.device_hash != proofs.c.ledger_hash,
    and_(proofs.c.edge_hash.is_not(None), proofs.c.edge_hash != proofs.c.ledger_hash),
)
"""The sides do not hold the same, as far as they tell."""


def keep_device(connection: Connection, job_id: int, part: int, days: Mapping[date, Tally]) -> None:
    """Store what a reader holds, by day."""
    _keep(connection, job_id, part, "device", days)


def keep_edge(connection: Connection, job_id: int, part: int, days: Mapping[date, Tally]) -> None:
    """Store what the outbox of an edge took, by day: that of a part whose edge tells."""
    _keep(connection, job_id, part, "edge", days)


def keep_ledger(connection: Connection, job_id: int, part: int, days: Mapping[date, Tally]) -> None:
    """Store what the ledger holds, by day; once more behind what was landed."""
    _keep(connection, job_id, part, "ledger", days)


def _keep(connection: Connection, job_id: int, part: int, side: str, days: Mapping[date, Tally]) -> None:
    rows = [
        {
            "job_id": job_id,
            "part": part,
            "day": number(day),
            **{f"{one}_{name}": value for one in ("device", "ledger") for name, value in _NOTHING.items()},
            f"{side}_count": tally.count,
            f"{side}_hash": bytes.fromhex(tally.hash),
        }
        for day, tally in days.items()
    ]
    if not rows:
        return
    adding = insert_into(connection, proofs)
    told = {proofs.c[name]: adding.excluded[name] for name in (f"{side}_count", f"{side}_hash")}
    connection.execute(adding.on_conflict_do_update(index_elements=list(proofs.primary_key), set_=told), rows)


def page(
    connection: Connection, job_id: int, limit: int, after: tuple[str, str, int] = ("", "", -1)
) -> Sequence[Any]:
    """By edge, reader and day: how many punches device, edge and ledger hold, and how many pieces differ.

    None for an edge that does not tell.
    """
    place = tuple_(parts.c.edge, parts.c.reader, proofs.c.day)
    told = case((func.count() == func.count(proofs.c.edge_count), func.sum(proofs.c.edge_count)))
    query = (
        select(
            parts.c.edge,
            parts.c.reader,
            proofs.c.day,
            func.sum(proofs.c.device_count),
            told,
            func.sum(proofs.c.ledger_count),
            func.sum(case((_DIFFER, 1), else_=0)),
        )
        .join_from(proofs, parts, (parts.c.job_id == proofs.c.job_id) & (parts.c.part == proofs.c.part))
        .where(proofs.c.job_id == job_id, place > after)
        .group_by(parts.c.edge, parts.c.reader, proofs.c.day)
        .order_by(parts.c.edge, parts.c.reader, proofs.c.day)
        .limit(limit)
    )
    return connection.execute(query).all()


def unequal(connection: Connection, job_id: int) -> int:
    """How many days of readers the sides do not hold alike."""
    query = select(func.count()).where(proofs.c.job_id == job_id, _DIFFER)
    return int(connection.execute(query).scalar_one())
