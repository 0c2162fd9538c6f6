"""Owns the orders that central gave: an open one is repeated until its outcome is known or it expires."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from central.ledger import audit
from central.ledger.database import insert_into
from central.ledger.schema import orders
from wire.codec import decode_order, encode
from wire.facts import OrderOutcome
from wire.order import Order

_ACTOR = "central"
_FEW = 20
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Status:
    """An order, when it was given, whether it may still be carried out, and what became of it."""

    order: Order
    given_at: datetime
    open: bool
    outcome: str | None


def give(connection: Connection, edge: str, order: Order, now: datetime) -> bool:
    """Store an order as open, and audit it; False if one of this id was given before, and stays as it was."""
    stored = connection.execute(
        insert_into(connection, orders).on_conflict_do_nothing().returning(orders.c.order_id),
        {
            "order_id": order.order_id,
            "edge": edge,
            "payload": encode(order),
            "given_at": now,
            "expires_at": order.expires_at,
        },
    )
    if stored.first() is None:
        return False
    told = {"edge": edge, "outcome": "given", "order": _told(order)}
    audit.record(connection, now, _ACTOR, "order", order.order_id, told)
    return True


def _told(order: Order) -> dict[str, Any]:
    """An order as the audit keeps it: of long lists only their lengths."""
    told: dict[str, Any] = msgspec.to_builtins(order)
    return {name: len(it) if isinstance(it, list) and len(it) > _FEW else it for name, it in told.items()}


def find(connection: Connection, order_id: str) -> Order | None:
    """The order of this id, open or not."""
    payload = connection.execute(select(orders.c.payload).where(orders.c.order_id == order_id)).scalar()
    return None if payload is None else decode_order(payload)


def status(connection: Connection, order_id: str, now: datetime) -> Status | None:
    """Where an order stands; None for one that was never given."""
    query = select(
        orders.c.payload, orders.c.given_at, orders.c.closed_at, orders.c.outcome, orders.c.expires_at
    )
    row = connection.execute(query.where(orders.c.order_id == order_id)).first()
    if row is None:
        return None
    running = row.closed_at is None and now < row.expires_at
    return Status(decode_order(row.payload), row.given_at, running, row.outcome)


def close(connection: Connection, edge: str, outcome: OrderOutcome, at: datetime) -> None:
    """End an order with what the edge told, and audit that; another edge's order is not its to end."""
    closed = connection.execute(
        update(orders)
        .where(orders.c.order_id == outcome.order_id, orders.c.edge == edge, orders.c.closed_at.is_(None))
        .values(closed_at=at, outcome=outcome.outcome)
    )
    if closed.rowcount:
        told = {"outcome": outcome.outcome, "reason": outcome.reason, "evidence": outcome.evidence}
        audit.record(connection, at, edge, "order", outcome.order_id, told)


def withdraw(connection: Connection, order_ids: Collection[str], outcome: str, at: datetime) -> None:
    """End those of these orders that are still open: nobody waits for them any more."""
    wanted = list(order_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        connection.execute(
            update(orders)
            .where(orders.c.order_id.in_(wanted[start : start + _AT_ONCE]), orders.c.closed_at.is_(None))
            .values(closed_at=at, outcome=outcome)
        )


def open_orders(connection: Connection, edge: str, now: datetime) -> list[bytes]:
    """The messages of the orders that an edge has still to carry out, oldest first."""
    query = (
        select(orders.c.payload)
        .where(orders.c.edge == edge, orders.c.closed_at.is_(None), orders.c.expires_at > now)
        .order_by(orders.c.given_at, orders.c.order_id)
    )
    return list(connection.execute(query).scalars())
