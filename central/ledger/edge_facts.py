"""Owns the facts that are no punches: kept as they came, each once, and the orders closed that they end."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection

from central.ledger import accounts, orders, repairs
from central.ledger.database import insert_into
from central.ledger.resyncs import found
from central.ledger.schema import edge_facts
from central.streams import Parcel
from central.timing.boots import Sighting, told_by
from wire.codec import encode
from wire.facts import Account, EdgeEvent, FoundPunch, OrderOutcome


def keep(connection: Connection, parcels: Sequence[Parcel], at: datetime) -> frozenset[str]:
    """Store what the parcels tell beside punches; names the orders that are reported on or ended."""
    kept, told = [], set()
    sightings: dict[repairs.BootKey, list[Sighting]] = {}
    days: list[tuple[str, str, int, Account]] = []
    found.keep(connection, parcels)
    for parcel in parcels:
        for seq, fact in parcel.others:
            if isinstance(fact, FoundPunch):
                continue
            payload = encode(fact)
            origin = f"{parcel.edge}\n{parcel.outbox_id}\n{seq}\n".encode()
            order_id = None if isinstance(fact, EdgeEvent) else fact.order_id
            kept.append(
                {
                    "digest": blake2b(origin + payload, digest_size=16).digest(),
                    "edge": parcel.edge,
                    "outbox_id": parcel.outbox_id,
                    "seq": seq,
                    "kind": fact.__struct_config__.tag,
                    "order_id": order_id,
                    "reader": None if isinstance(fact, OrderOutcome) else fact.reader,
                    "at": fact.at,
                    "fact": payload,
                    "received_at": at,
                }
            )
            if order_id is not None:
                told.add(order_id)
            if isinstance(fact, OrderOutcome):
                orders.close(connection, parcel.edge, fact, at)
            if isinstance(fact, Account) and order_id is None:
                days.append((parcel.edge, parcel.outbox_id, seq, fact))
            if isinstance(fact, EdgeEvent) and (seen := told_by(fact)) is not None:
                sightings.setdefault((parcel.edge, seen[0]), []).append(seen[1])
    if kept:
        kept.sort(key=lambda row: row["digest"])  # type: ignore[arg-type, return-value] # all are bytes
        connection.execute(insert_into(connection, edge_facts).on_conflict_do_nothing(), kept)
    repairs.learn(connection, sightings, {}, at)
    accounts.take(connection, days, at)
    return frozenset(told)
