"""Owns the quarantine: what could not be read, kept byte by byte until a newer central can."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, func, select, update

from central.ledger.database import insert_into
from central.ledger.schema import quarantine
from central.streams import Unread


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry: what came, from whom, why it could not be read, when first, and how often."""

    digest: bytes
    unread: Unread
    received_at: datetime
    times: int


def keep(connection: Connection, unread: Sequence[Unread], at: datetime) -> None:
    """Store what could not be read. The same bytes again are only counted, since an edge repeats itself."""
    if not unread:
        return
    adding = insert_into(connection, quarantine)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[quarantine.c.digest],
            set_={quarantine.c.times: quarantine.c.times + 1},
        ),
        [
            {
                "digest": _digest(one),
                "edge": one.edge,
                "outbox_id": one.outbox_id,
                "seq": one.seq,
                "payload": one.payload,
                "reason": one.reason.replace("\0", "?"),
                "received_at": at,
                "times": 1,
            }
            for one in unread
        ],
    )


def _digest(unread: Unread) -> bytes:
    origin = f"{unread.edge}\n{unread.outbox_id}\n{unread.seq}\n".encode()
    return blake2b(origin + unread.payload, digest_size=16).digest()


def waiting(connection: Connection) -> Iterator[Kept]:
    """The entries that were not replayed yet, oldest first."""
    query = (
        select(quarantine)
        .where(quarantine.c.replayed_at.is_(None))
        .order_by(quarantine.c.received_at, quarantine.c.edge, quarantine.c.seq)
    )
    for row in connection.execute(query).mappings():
        unread = Unread(row["edge"], row["payload"], row["reason"], row["outbox_id"], row["seq"])
        yield Kept(row["digest"], unread, row["received_at"], row["times"])


def count(connection: Connection) -> int:
    """How many entries wait."""
    query = select(func.count()).select_from(quarantine).where(quarantine.c.replayed_at.is_(None))
    return connection.execute(query).scalar_one()


def by_edge(connection: Connection) -> dict[str, int]:
    """How many entries wait of each edge that has any."""
    query = (
        select(quarantine.c.edge, func.count())
        .where(quarantine.c.replayed_at.is_(None))
        .group_by(quarantine.c.edge)
    )
    return dict(connection.execute(query).all())


def replayed(connection: Connection, digests: Sequence[bytes], at: datetime) -> None:
    """Mark entries as replayed; they are kept."""
    connection.execute(update(quarantine).where(quarantine.c.digest.in_(digests)).values(replayed_at=at))
