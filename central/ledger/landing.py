"""Owns what arrives: takes facts into the ledger, and moves the marks of their streams.

All functions run inside the caller's transaction. Where several centrals take in, all lock in the same order:
punches first, then streams, then what is rare.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, islice
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
    arrived = [(_arrive(connection, load, at), load.rows) for load in loads]
    is_new = held.store(connection, arrived)
    if not is_new:
        return Brought()
    contexts.keep(connection, {number: one for load in loads for number, one in load.contexts.items()})
    ids = [_id_of(row) for load in loads for row in load.rows]
    whole = gist = Gist.joined([load.gist for load in loads])
    if not all(is_new):
        ids = list(compress(ids, is_new))
        told = iter(is_new)
        new = [list(compress(load.rows, islice(told, len(load.rows)))) for load in loads]
        gist = Gist.joined([load.gist_of(rows) for load, rows in zip(loads, new, strict=True)])
        all_of_them = [(load, row) for load in loads for row in load.rows]
        again = compress(all_of_them, map(not_, is_new))
        held.keep_other_versions(connection, [(load.parcel.edge, load.punch(row)) for load, row in again], at)
        _recount(connection, [(number, rows) for (number, _), rows in zip(arrived, new, strict=True)])
    fresh = frozenset[Reader]() if reread else gist.fresh
    _hear(connection, gist.readers, fresh, at)
    day_marks.touch(connection, gist.touched)
    repairs.learn(connection, _by_boot(whole.sighted), _by_boot(gist.unsure), at)
    return Brought(ids, fresh)


def _arrive(connection: Connection, load: Load, at: datetime) -> int:
    """Note an arrival as if all of its punches were new; returns its number."""
    parcel = load.parcel
    facts = parcel.last_seq - parcel.first_seq + 1
    origin = (parcel.edge, parcel.outbox_id, parcel.first_seq, facts, micros(at))
    ((arrival_id,),) = quick.ask(connection, _ARRIVE, (*origin, len(load.rows), *_within(load.rows)))
    return int(arrival_id)


def _recount(connection: Connection, new: Iterable[tuple[int, Sequence[Row]]]) -> None:
    """Note of each arrival how many of its punches were new after all, and between which ids they lie."""
    told = [(len(rows), *_within(rows), arrival_id) for arrival_id, rows in new]
    quick.run(connection, _RECOUNT, told)


def _within(rows: Sequence[Row]) -> tuple[bytes, bytes] | tuple[None, None]:
    """The least and the greatest id."""
    ids = list(map(_id_of, rows))
    return (min(ids), max(ids)) if ids else (None, None)


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
