"""Owns what readers told for open orders: punches that wait beside the ledger's own to be compared."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select

from central.ledger.database import insert_into
from central.ledger.resyncs.tables import found
from central.ledger.schema import orders
from central.streams import Parcel
from wire.codec import decode, encode
from wire.facts import FoundPunch
from wire.punch import Punch

_AT_ONCE = 500


def keep(connection: Connection, parcels: Iterable[Parcel]) -> None:
    """Keep what parcels tell for orders still open at their edges; the last word on a punch counts."""
    facts = [
        (parcel, seq, fact)
        for parcel in parcels
        for seq, fact in parcel.others
        if isinstance(fact, FoundPunch)
    ]
    if not facts:
        return
    query = select(orders.c.edge, orders.c.order_id).where(
        orders.c.order_id.in_({fact.order_id for _, _, fact in facts}), orders.c.closed_at.is_(None)
    )
    wanted = {(edge, order_id) for edge, order_id in connection.execute(query)}
    rows = [
        {
            "edge": parcel.edge,
            "order_id": fact.order_id,
            "punch_id": bytes.fromhex(fact.punch.punch_id),
            "fact": encode(fact.punch),
            "outbox_id": parcel.outbox_id,
            "seq": seq,
        }
        for parcel, seq, fact in facts
        if (parcel.edge, fact.order_id) in wanted
    ]
    if rows:
        adding = insert_into(connection, found)
        told = {found.c[name]: adding.excluded[name] for name in ("fact", "outbox_id", "seq")}
        connection.execute(
            adding.on_conflict_do_update(index_elements=list(found.primary_key), set_=told), rows
        )


def counts(connection: Connection, order_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """How many punches were told, by edge and order."""
    wanted, told = list(order_ids), dict[tuple[str, str], int]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(found.c.edge, found.c.order_id, func.count())
            .where(found.c.order_id.in_(wanted[start : start + _AT_ONCE]))
            .group_by(found.c.edge, found.c.order_id)
        )
        told |= {(edge, order_id): count for edge, order_id, count in connection.execute(query)}
    return told


def of_order(connection: Connection, edge: str, order_id: str) -> Iterable[Punch]:
    """The punches told for an order, by their ids."""
    query = (
        select(found.c.fact)
        .where(found.c.edge == edge, found.c.order_id == order_id)
        .order_by(found.c.punch_id)
    )
    for fact in connection.execute(query).scalars():
        yield decode(fact, Punch)


def parcels(connection: Connection, edge: str, order_id: str, punch_ids: Sequence[bytes]) -> list[Parcel]:
    """Some of the punches told for an order, as they came, ready to be landed: a parcel for each outbox."""
    streams: dict[str, list[tuple[int, Any]]] = {}
    for start in range(0, len(punch_ids), _AT_ONCE):
        query = select(found.c.outbox_id, found.c.seq, found.c.fact).where(
            found.c.edge == edge,
            found.c.order_id == order_id,
            found.c.punch_id.in_(punch_ids[start : start + _AT_ONCE]),
        )
        for outbox_id, seq, fact in connection.execute(query):
            streams.setdefault(outbox_id, []).append((seq, decode(fact, Punch)))
    return [
        Parcel(edge, outbox_id, min(facts)[0], max(facts)[0], 0, sorted(facts, key=_seq))
        for outbox_id, facts in streams.items()
    ]


def _seq(one: tuple[int, Any]) -> int:
    return one[0]


def forget(connection: Connection, edge: str, order_id: str, limit: int) -> int:
    """Let go of some of what an edge told for an order that is done with; return how many they were."""
    mine = found.c.edge == edge, found.c.order_id == order_id
    some = select(found.c.punch_id).where(*mine).limit(limit)
    return connection.execute(delete(found).where(*mine, found.c.punch_id.in_(some))).rowcount
