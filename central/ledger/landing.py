"""Owns what arrives: takes facts into the ledger, and moves the marks of their streams.

All functions run inside the caller's transaction. Where several centrals take in, all lock in the same order:
punches first, then streams, then what is rare.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, groupby, islice
from operator import itemgetter, not_
from typing import TypeVar

from sqlalchemy import Connection

from central.ledger import contexts, edge_facts, quick, repairs
from central.ledger import punches as held
from central.ledger.contexts import Reader, reader_number
from central.ledger.loads import Gist, Load
from central.ledger.punches import Row
from central.ledger.times import micros
from central.ledger.workdays import marks as day_marks
from central.streams import Parcel, Stream

_MARK = "SELECT upto_seq FROM streams WHERE edge = ? AND outbox_id = ?"
_MOVE = """INSERT INTO streams (edge, outbox_id, upto_seq, started_at_us, updated_at_us)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (edge, outbox_id)
    DO UPDATE SET upto_seq = excluded.upto_seq, updated_at_us = excluded.updated_at_us
    WHERE excluded.upto_seq >= streams.upto_seq"""
_ARRIVE = """INSERT INTO arrivals
    (edge, outbox_id, first_seq, facts, received_at_us, new, first_new, last_new)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING arrival_id"""
_RECOUNT = "UPDATE arrivals SET new = ?, first_new = ?, last_new = ? WHERE arrival_id = ?"
_HEAR = """INSERT INTO readers (edge, reader, number, last_new_at_us) VALUES (?, ?, ?, ?)
    ON CONFLICT (edge, reader) DO UPDATE SET last_new_at_us = CASE
    WHEN excluded.last_new_at_us < readers.last_new_at_us THEN readers.last_new_at_us
    ELSE coalesce(excluded.last_new_at_us, readers.last_new_at_us) END"""

_id_of = itemgetter(held.PUNCH_ID)
_arrival_of = itemgetter(held.ARRIVAL)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Brought:
    """What was new: the ids of punches, the readers of those not re-read, the orders reported on."""

    punch_ids: Sequence[bytes] = ()
    readers: frozenset[Reader] = frozenset()
    orders: frozenset[str] = frozenset()

    @property
    def new(self) -> int:
        """How many punches were new."""
        return len(self.punch_ids)


def marks(connection: Connection, wanted: Iterable[Stream]) -> dict[Stream, int]:
    """How far each stream was taken in, without those never seen; until the commit nobody else moves them."""
    query = _MARK + " FOR UPDATE" if connection.dialect.name == "postgresql" else _MARK
    return {
        stream: upto for stream in sorted(set(wanted)) for (upto,) in quick.ask(connection, query, stream)
    }


def move_marks(connection: Connection, moved: Mapping[Stream, int], at: datetime) -> None:
    """Store how far each stream is taken in now; a mark never moves back."""
    if moved:
        us = micros(at)
        quick.run(connection, _MOVE, [(*stream, upto, us, us) for stream, upto in sorted(moved.items())])


def land(connection: Connection, parcels: Sequence[Parcel], at: datetime) -> Brought:
    """Store every fact of the parcels that the ledger does not hold yet."""
    brought = land_punches(connection, list(map(Load.of, parcels)), at)
    return Brought(brought.punch_ids, brought.readers, edge_facts.keep(connection, parcels, at))


def land_punches(
    connection: Connection, loads: Sequence[Load], at: datetime, *, reread: bool = False
) -> Brought:
    """Note the arrival of parcels, and store the punches in them that the ledger does not hold yet.

    `reread` says that none of the punches is news of its reader, however it was read.
    """
    rows: list[Row] = []
    for load in loads:
        arrival = (_arrive(connection, load, at),)
        rows += [row + arrival for row in load.rows]
    if not rows:
        return Brought()
    new, is_new = rows, held.store(connection, rows)
    contexts.keep(connection, {number: one for load in loads for number, one in load.contexts.items()})
    whole = gist = Gist.joined([load.gist for load in loads])
    if not all(is_new):
        new = list(compress(rows, is_new))
        told = iter(is_new)
        theirs = [list(compress(load.rows, islice(told, len(load.rows)))) for load in loads]
        gist = Gist.joined([load.gist_of(some) for load, some in zip(loads, theirs, strict=True)])
        again = [(load.parcel.edge, punch) for load in loads for _, punch in load.parcel.punches]
        held.keep_other_versions(connection, list(compress(again, map(not_, is_new))), at)
        _recount(connection, rows, new)
    fresh = frozenset[Reader]() if reread else gist.fresh
    _hear(connection, gist.readers, fresh, at)
    day_marks.touch(connection, gist.touched)
    repairs.learn(connection, _by_boot(whole.sighted), _by_boot(gist.unsure), at)
    return Brought(list(map(_id_of, new)), fresh)


def _arrive(connection: Connection, load: Load, at: datetime) -> int:
    """Note an arrival as if all of its punches were new; returns its number."""
    parcel, ids = load.parcel, list(map(_id_of, load.rows))
    facts = parcel.last_seq - parcel.first_seq + 1
    origin = (parcel.edge, parcel.outbox_id, parcel.first_seq, facts, micros(at))
    within = (min(ids), max(ids)) if ids else (None, None)
    ((arrival_id,),) = quick.ask(connection, _ARRIVE, (*origin, len(ids), *within))
    return int(arrival_id)


def _recount(connection: Connection, rows: Sequence[Row], new: Sequence[Row]) -> None:
    """Note of each arrival how many of its punches were new after all, and between which ids they lie."""
    told: dict[int, tuple[int, bytes | None, bytes | None]]
    told = dict.fromkeys(map(_arrival_of, rows), (0, None, None))
    for arrival_id, some in groupby(new, _arrival_of):
        ids = list(map(_id_of, some))
        told[arrival_id] = (len(ids), min(ids), max(ids))
    quick.run(connection, _RECOUNT, [(*figures, arrival_id) for arrival_id, figures in sorted(told.items())])


def _by_boot(told: Iterable[tuple[repairs.BootKey, T]]) -> dict[repairs.BootKey, list[T]]:
    found: dict[repairs.BootKey, list[T]] = {}
    for boot, one in told:
        found.setdefault(boot, []).append(one)
    return found


def _hear(connection: Connection, known: frozenset[Reader], fresh: frozenset[Reader], at: datetime) -> None:
    """Know the readers of new punches; the fresh brought one that was not re-read."""
    told = [
        (*reader, reader_number(reader), micros(at) if reader in fresh else None) for reader in sorted(known)
    ]
    if told:
        quick.run(connection, _HEAR, told)
