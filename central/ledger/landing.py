"""Owns what arrives: takes accepted envelopes into the ledger, and moves the marks of their streams.

All functions run inside the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from central.ledger import orders, repairs
from central.ledger.database import insert_into
from central.ledger.punches import Row, keep_other_versions, punch_row, store, touched_by
from central.ledger.schema import arrivals, edge_facts, readers, streams
from central.ledger.workdays import marks as day_marks
from central.streams import Parcel, Stream
from central.timing.boots import Sighting, told_by
from wire.codec import encode
from wire.facts import EdgeEvent, Fact, OrderOutcome
from wire.punch import Punch


@dataclass(frozen=True, slots=True)
class Brought:
    """What was new: the number of punches, the readers of those not re-read, the orders reported on."""

    new: int
    readers: frozenset[tuple[str, str]]
    orders: frozenset[str]


def marks(connection: Connection, wanted: Sequence[Stream]) -> dict[Stream, int]:
    """How far each stream was taken in, without those never seen; until the commit nobody else moves them."""
    query = (
        select(streams.c.edge, streams.c.outbox_id, streams.c.upto_seq)
        .where(streams.c.edge.in_({edge for edge, _ in wanted}))
        .where(streams.c.outbox_id.in_({outbox_id for _, outbox_id in wanted}))
        .order_by(streams.c.edge, streams.c.outbox_id)
        .with_for_update()
    )
    return {(edge, outbox_id): upto for edge, outbox_id, upto in connection.execute(query)}


def move_marks(connection: Connection, moved: Mapping[Stream, int], at: datetime) -> None:
    """Store how far each stream is taken in now; a mark never moves back."""
    if not moved:
        return
    adding = insert_into(connection, streams)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[streams.c.edge, streams.c.outbox_id],
            set_={
                streams.c.upto_seq: adding.excluded.upto_seq,
                streams.c.updated_at: adding.excluded.updated_at,
            },
            where=adding.excluded.upto_seq >= streams.c.upto_seq,
        ),
        [
            {"edge": edge, "outbox_id": outbox_id, "upto_seq": upto, "started_at": at, "updated_at": at}
            for (edge, outbox_id), upto in moved.items()
        ],
    )


def land(connection: Connection, parcels: Sequence[Parcel], at: datetime) -> Brought:
    """Store every fact of the parcels that the ledger does not hold yet."""
    if not parcels:
        return Brought(0, frozenset(), frozenset())
    rows: list[Row] = []
    arrived: list[tuple[str, Punch]] = []
    others: list[tuple[Parcel, int, Fact]] = []
    ids = _arrive(connection, parcels, at)
    for parcel, arrival_id in zip(parcels, ids, strict=True):
        for seq, fact in parcel.facts:
            if isinstance(fact, Punch):
                rows.append(punch_row(fact, parcel.edge, arrival_id, seq))
                arrived.append((parcel.edge, fact))
            else:
                others.append((parcel, seq, fact))
    new: dict[int, list[bytes]] = {}
    fresh: dict[tuple[str, str], bool] = {}
    again: list[tuple[str, Punch]] = []
    touched: set[day_marks.Touched] = set()
    unsure: dict[repairs.BootKey, list[bytes]] = {}
    for row, (edge, punch), is_new in zip(rows, arrived, store(connection, rows), strict=True):
        if not is_new:
            again.append((edge, punch))
            continue
        new.setdefault(row[-2], []).append(row[0])
        touched.add(touched_by(row))
        if punch.clock.trust != "synced":
            unsure.setdefault((edge, punch.clock.boot_id), []).append(row[0])
        reader = (edge, punch.reader)
        fresh[reader] = fresh.get(reader, False) or punch.how != "reread"
    keep_other_versions(connection, again, at)
    day_marks.touch(connection, touched)
    repairs.learn(connection, _sightings(arrived, others), unsure, at)
    _count_new(connection, new)
    _touch_readers(connection, fresh, at)
    heard = frozenset(reader for reader, newly in fresh.items() if newly)
    return Brought(sum(map(len, new.values())), heard, _keep(connection, others, at))


def _sightings(
    arrived: Iterable[tuple[str, Punch]], others: Iterable[tuple[Parcel, int, Fact]]
) -> dict[repairs.BootKey, list[Sighting]]:
    """What these facts tell of synchronised clocks: of each boot the earliest and the latest."""
    found: dict[repairs.BootKey, list[Sighting]] = {}
    for edge, punch in arrived:
        if punch.clock.trust == "synced":
            _see(found, (edge, punch.clock.boot_id), Sighting(punch.clock.uptime_s, punch.read_at))
    for parcel, _, fact in others:
        if isinstance(fact, EdgeEvent) and (seen := told_by(fact)) is not None:
            _see(found, (parcel.edge, seen[0]), seen[1])
    return found


def _see(found: dict[repairs.BootKey, list[Sighting]], key: repairs.BootKey, one: Sighting) -> None:
    if (known := found.get(key)) is None:
        found[key] = [one, one]
    elif one.uptime_s < known[0].uptime_s:
        known[0] = one
    elif one.uptime_s > known[1].uptime_s:
        known[1] = one


def _arrive(connection: Connection, parcels: Sequence[Parcel], at: datetime) -> list[int]:
    query = insert(arrivals).returning(arrivals.c.arrival_id, sort_by_parameter_order=True)
    told = [
        {
            "edge": parcel.edge,
            "outbox_id": parcel.outbox_id,
            "first_seq": parcel.first_seq,
            "facts": parcel.last_seq - parcel.first_seq + 1,
            "new": 0,
            "received_at": at,
        }
        for parcel in parcels
    ]
    return list(connection.execute(query, told).scalars())


def _count_new(connection: Connection, new: Mapping[int, Sequence[bytes]]) -> None:
    """Note of each arrival how many of its punches were new, and between which ids they lie."""
    counted = [
        {"id": arrival_id, "count": len(punch_ids), "first": min(punch_ids), "last": max(punch_ids)}
        for arrival_id, punch_ids in new.items()
    ]
    if counted:
        query = (
            update(arrivals)
            .where(arrivals.c.arrival_id == bindparam("id"))
            .values(new=bindparam("count"), first_new=bindparam("first"), last_new=bindparam("last"))
        )
        connection.execute(query, counted)


def _touch_readers(connection: Connection, fresh: Mapping[tuple[str, str], bool], at: datetime) -> None:
    """Know the readers of new punches; True for those that brought one that was not re-read."""
    if not fresh:
        return
    adding = insert_into(connection, readers)
    held, told = readers.c.last_new_at, adding.excluded.last_new_at
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[readers.c.edge, readers.c.reader],
            set_={held: func.coalesce(case((told < held, held), else_=told), held)},
        ),
        [
            {"edge": edge, "reader": reader, "last_new_at": at if newly else None}
            for (edge, reader), newly in sorted(fresh.items())
        ],
    )


def _keep(connection: Connection, others: Sequence[tuple[Parcel, int, Fact]], at: datetime) -> frozenset[str]:
    """Store the facts that are no punches and close the orders whose outcome they tell; name those orders."""
    kept, told = [], set()
    for parcel, seq, fact in others:
        if isinstance(fact, Punch):
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
    if kept:
        connection.execute(insert_into(connection, edge_facts).on_conflict_do_nothing(), kept)
    return frozenset(told)
