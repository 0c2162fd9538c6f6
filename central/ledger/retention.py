"""Owns what of the ledger may be forgotten: diagnostics that are over and that nobody can ask for any more.

Punches and their other versions, results of workdays, people, settings and the audit are not among them.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, delete, func, select

from central.ledger.accounts import accounts
from central.ledger.resyncs import pruning
from central.ledger.resyncs.tables import parts
from central.ledger.schema import edge_facts, orders, quarantine

PIECE = 1000
"""Rows of a kind in one transaction at the most: others wait to write."""


def forget(connection: Connection, before: datetime) -> Mapping[str, int]:
    """Forget some of what was over before; how many of each kind, those of which there were any.

    `resyncs` that changed nothing; `orders` that ended, unless a resync or an account still names them;
    `facts` that are no punches, whose order is gone or that never had one; `quarantine` that was replayed.
    """
    gone = {"resyncs": pruning.forget(connection, None, before)}
    for name, key, conditions in _kinds(before):
        found = list(connection.execute(select(key).where(*conditions).limit(PIECE)).scalars())
        connection.execute(delete(key.table).where(key.in_(found)))
        gone[name] = len(found)
    return {name: count for name, count in gone.items() if count}


def _kinds(before: datetime) -> Iterator[tuple[str, Column[object], tuple[ColumnElement[bool], ...]]]:
    of_a_resync = select(parts.c.order_id).where(parts.c.order_id == orders.c.order_id)
    of_an_account = select(accounts.c.order_id).where(accounts.c.order_id == orders.c.order_id)
    yield (
        "orders",
        orders.c.order_id,
        (
            func.coalesce(orders.c.closed_at, orders.c.expires_at) < before,
            ~of_a_resync.exists(),
            ~of_an_account.exists(),
        ),
    )
    order = select(orders.c.order_id).where(orders.c.order_id == edge_facts.c.order_id)
    yield "facts", edge_facts.c.digest, (edge_facts.c.received_at < before, ~order.exists())
    yield "quarantine", quarantine.c.digest, (quarantine.c.replayed_at < before,)
