"""Owns the questions that others ask of the ledger: pages of punches, counts, arrivals, what edges told."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, func, select

from central.ledger.punches import badge_key, punch_rows
from central.ledger.schema import arrivals, conflicts, edge_facts, punches, readers, streams
from central.ledger.strands import days_of, position_of, strands
from central.zones import Zones
from wire.codec import decode_fact
from wire.facts import OrderOutcome, RereadReport, Span, UserTable
from wire.punch import DeviceKind, How
from wire.users import HeldUser

_AT_ONCE = 500
_LONGEST_BY_BADGE = 400


@dataclass(frozen=True, slots=True)
class Held:
    """A punch as the ledger holds it. `wall` is the branch's wall clock; `punch_id` is in hex."""

    punch_id: str
    wall: datetime
    edge: str
    reader: str
    kind: DeviceKind
    device: str | None
    badge_form: str
    badge_raw: str
    badge_canon: str | None
    read_at: datetime
    direction_code: int | None
    verify_code: int | None
    how: How


HELD = (
    punches.c.punch_id,
    punches.c.device_wall,
    punches.c.edge,
    punches.c.reader,
    punches.c.kind,
    punches.c.device,
    punches.c.badge_form,
    punches.c.badge_raw,
    punches.c.badge_canon,
    punches.c.read_at,
    punches.c.direction_code,
    punches.c.verify_code,
    punches.c.how,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """How a punch first came into the ledger."""

    edge: str
    reader: str
    how: How
    received_at: datetime


def page(
    connection: Connection,
    zones: Zones,
    span: Span,
    *,
    limit: int | None = None,
    after: str | None = None,
    edges: Collection[str] | None = None,
    reader_names: Collection[str] | None = None,
    badges: Collection[str] | None = None,
) -> list[Held]:
    """Punches whose wall date lies in the span, oldest first, at most `limit`, behind the punch `after`.

    `badges` are user ids and canonical cards: what comes back may belong to them, the directory decides.
    Raises KeyError for an `after` that the ledger does not hold.
    """
    behind = None if after is None else _place(connection, zones, span, after)
    narrowed = _readers(connection, edges, reader_names)
    queues = []
    for strand in strands(zones, span):
        query = select(*HELD).where(*strand.conditions(behind))
        if narrowed is not None:
            query = query.where(punches.c.reader_number.in_(narrowed))
        if badges is not None:
            query = query.where(punches.c.badge_key.in_({badge_key(badge) for badge in badges}))
            if len(days := days_of(span)) <= _LONGEST_BY_BADGE:
                query = query.where(punches.c.day.in_(days))
        rows = connection.execute(query.order_by(punches.c.punch_id).limit(limit))
        queues.append([(strand.position(row.punch_id), row) for row in rows])
    found = merge(*queues, key=itemgetter(0))
    return [held_of(row, zones) for _, row in islice(found, limit)]


def _place(connection: Connection, zones: Zones, span: Span, punch_id: str) -> tuple[int, bytes]:
    raw = bytes.fromhex(punch_id)
    query = select(punches.c.edge, punches.c.device_wall).where(punches.c.punch_id == raw)
    found = connection.execute(query).first()
    if found is None:
        raise KeyError(punch_id)
    return position_of(zones, span, raw, found.edge, walled=found.device_wall is not None)


def _readers(
    connection: Connection, edges: Collection[str] | None, names: Collection[str] | None
) -> set[int] | None:
    """The numbers of the readers to look for, as their index wants them; None for all."""
    if edges is None and names is None:
        return None
    query = select(readers.c.number)
    if edges is not None:
        query = query.where(readers.c.edge.in_(edges))
    if names is not None:
        query = query.where(readers.c.reader.in_(names))
    return set(connection.execute(query).scalars())


def held_of(row: Any, zones: Zones) -> Held:
    """A row of HELD."""
    punch_id, device_wall, edge, *rest = row
    return Held(punch_id.hex(), zones.wall(edge, device_wall, row.read_at), edge, *rest)


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many punches the ledger holds of each (edge, reader)."""
    held = select(punch_rows.c.reader, func.count().label("punches")).group_by(punch_rows.c.reader).subquery()
    query = select(readers.c.edge, readers.c.reader, held.c.punches).join(
        held, held.c.reader == readers.c.number
    )
    return {(edge, reader): count for edge, reader, count in connection.execute(query)}


def counts_by_badge(connection: Connection) -> Iterator[tuple[str, str, str, str, str | None, int]]:
    """How many punches the ledger holds of each (edge, reader, form, raw badge, canonical card)."""
    badge = (
        punches.c.edge,
        punches.c.reader,
        punches.c.badge_form,
        punches.c.badge_raw,
        punches.c.badge_canon,
    )
    for row in connection.execute(select(*badge, func.count()).group_by(*badge)):
        yield row[0], row[1], row[2], row[3], row[4], row[5]


def last_new(connection: Connection, since: datetime | None = None) -> dict[tuple[str, str], datetime]:
    """When the last new punch of each (edge, reader) was received that was not re-read, if it was `since`."""
    held = readers.c.last_new_at
    query = select(readers.c.edge, readers.c.reader, held)
    query = query.where(held.is_not(None) if since is None else held >= since)
    return {(edge, reader): at for edge, reader, at in connection.execute(query)}


def last_heard(connection: Connection) -> dict[str, datetime]:
    """When the last facts of each edge were taken in."""
    query = select(streams.c.edge, func.max(streams.c.updated_at)).group_by(streams.c.edge)
    return {row[0]: row[1] for row in connection.execute(query)}


def origins(connection: Connection, punch_ids: Sequence[str]) -> dict[str, Origin]:
    """How each of these punches came first, without those that the ledger does not hold."""
    found: dict[str, Origin] = {}
    for ids in _some(punch_ids):
        query = (
            select(
                punches.c.punch_id, punches.c.edge, punches.c.reader, punches.c.how, arrivals.c.received_at
            )
            .join(arrivals, arrivals.c.arrival_id == punches.c.arrival_id)
            .where(punches.c.punch_id.in_(ids))
        )
        found.update({punch_id.hex(): Origin(*rest) for punch_id, *rest in connection.execute(query)})
    return found


def in_conflict(connection: Connection, punch_ids: Sequence[str]) -> set[str]:
    """Those of these punches of which the ledger keeps other versions."""
    found: set[str] = set()
    for ids in _some(punch_ids):
        query = select(conflicts.c.punch_id).where(conflicts.c.punch_id.in_(ids))
        found.update(punch_id.hex() for punch_id in connection.execute(query).scalars())
    return found


def _some(punch_ids: Sequence[str]) -> Iterator[list[bytes]]:
    for start in range(0, len(punch_ids), _AT_ONCE):
        yield [bytes.fromhex(punch_id) for punch_id in punch_ids[start : start + _AT_ONCE]]


def reports(connection: Connection, order_ids: Collection[str]) -> list[tuple[str, RereadReport]]:
    """What readers reported on these orders, each part with its edge."""
    return [(edge, fact) for edge, fact in _told(connection, order_ids) if isinstance(fact, RereadReport)]


def outcomes(connection: Connection, order_ids: Collection[str]) -> list[tuple[str, OrderOutcome]]:
    """What edges told as the end of these orders, each with its edge."""
    return [(edge, fact) for edge, fact in _told(connection, order_ids) if isinstance(fact, OrderOutcome)]


def user_table(connection: Connection, edge: str, order_id: str) -> list[HeldUser] | None:
    """The users of a terminal as an edge told them for an order; None before all parts are there."""
    parts = {
        fact.part: fact
        for teller, fact in _told(connection, [order_id])
        if teller == edge and isinstance(fact, UserTable)
    }
    if not parts or len(parts) < next(iter(parts.values())).parts:
        return None
    return [user for part in sorted(parts) for user in parts[part].users]


def _told(connection: Connection, order_ids: Collection[str]) -> Iterator[tuple[str, Any]]:
    """What edges told of some orders, that of each order as it came."""
    wanted = list(order_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(edge_facts.c.edge, edge_facts.c.fact)
            .where(edge_facts.c.order_id.in_(wanted[start : start + _AT_ONCE]))
            .order_by(edge_facts.c.received_at, edge_facts.c.seq)
        )
        for edge, fact in connection.execute(query):
            yield edge, decode_fact(fact)
