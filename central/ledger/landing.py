"""Owns what arrives: takes facts into the ledger, and moves the marks of their streams.

All functions run inside the caller's transaction. Where several centrals take in, all lock in the same order:
punches first, then streams, then what is rare.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, groupby
from operator import itemgetter, not_

from sqlalchemy import Connection

from central.ledger import edge_facts, quick, repairs
from central.ledger import punches as held
from central.ledger.punches import Row
from central.ledger.times import micros, moment
from central.ledger.workdays import marks as day_marks
from central.streams import Parcel, Stream
from central.timing.boots import Sighting
from wire.punch import Punch

_MARK = "SELECT upto_seq FROM streams WHERE edge = ? AND outbox_id = ?"
_MOVE = """INSERT INTO streams (edge, outbox_id, upto_seq, started_at_us, updated_at_us)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (edge, outbox_id)
    DO UPDATE SET upto_seq = excluded.upto_seq, updated_at_us = excluded.updated_at_us
    WHERE excluded.upto_seq >= streams.upto_seq"""
_ARRIVE = """INSERT INTO arrivals
    (edge, outbox_id, first_seq, facts, received_at_us, new, first_new, last_new)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING arrival_id"""
_RECOUNT = "UPDATE arrivals SET new = ?, first_new = ?, last_new = ? WHERE arrival_id = ?"
_HEAR = """INSERT INTO readers (edge, reader, last_new_at_us) VALUES (?, ?, ?)
    ON CONFLICT (edge, reader) DO UPDATE SET last_new_at_us = CASE
    WHEN excluded.last_new_at_us < readers.last_new_at_us THEN readers.last_new_at_us
    ELSE coalesce(excluded.last_new_at_us, readers.last_new_at_us) END"""

_id_of = itemgetter(held.PUNCH_ID)
_arrival_of = itemgetter(held.ARRIVAL)
_touched_by = itemgetter(held.KEY, held.EDGE, held.DAY)
_reader_of = itemgetter(held.EDGE, held.READER)
_boot_of = itemgetter(held.EDGE, held.BOOT)
_uptime_of = itemgetter(held.UPTIME)


@dataclass(frozen=True, slots=True)
class Brought:
    """What was new: the ids of punches, the readers of those not re-read, the orders reported on."""

    punch_ids: Sequence[bytes] = ()
    readers: frozenset[tuple[str, str]] = frozenset()
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
    brought = land_punches(connection, parcels, at)
    return Brought(brought.punch_ids, brought.readers, edge_facts.keep(connection, parcels, at))


def land_punches(
    connection: Connection, parcels: Sequence[Parcel], at: datetime, *, reread: bool = False
) -> Brought:
    """Note the arrival of parcels, and store the punches in them that the ledger does not hold yet.

    `reread` says that none of the punches is news of its reader, however it was read.
    """
    rows: list[Row] = []
    punches: list[Punch] = []
    for parcel in parcels:
        theirs = [(seq, fact) for seq, fact in parcel.facts if isinstance(fact, Punch)]
        some = [punch for _, punch in theirs]
        arrival_id = _arrive(connection, parcel, [punch.punch_id for punch in some], at)
        rows += [held.punch_row(punch, parcel.edge, arrival_id, seq) for seq, punch in theirs]
        punches += some
    if not rows:
        return Brought()
    new, is_new = rows, held.store(connection, rows)
    if not all(is_new):
        again = list(map(not_, is_new))
        new = list(compress(rows, is_new))
        edges = map(itemgetter(held.EDGE), compress(rows, again))
        held.keep_other_versions(connection, list(zip(edges, compress(punches, again), strict=True)), at)
        _recount(connection, rows, new)
    day_marks.touch(connection, set(map(_touched_by, new)))
    _learn_of_boots(connection, rows, new, at)
    fresh = {_reader_of(row) for row in new if not reread and row[held.HOW] != "reread"}
    _hear(connection, {*map(_reader_of, new)}, fresh, at)
    return Brought(list(map(_id_of, new)), frozenset(fresh))


def _arrive(connection: Connection, parcel: Parcel, punch_ids: Sequence[str], at: datetime) -> int:
    """Note an arrival as if all of its punches were new; returns its number."""
    within = (bytes.fromhex(min(punch_ids)), bytes.fromhex(max(punch_ids))) if punch_ids else (None, None)
    facts = parcel.last_seq - parcel.first_seq + 1
    origin = (parcel.edge, parcel.outbox_id, parcel.first_seq, facts, micros(at))
    ((arrival_id,),) = quick.ask(connection, _ARRIVE, (*origin, len(punch_ids), *within))
    return int(arrival_id)


def _recount(connection: Connection, rows: Sequence[Row], new: Sequence[Row]) -> None:
    """Note of each arrival how many of its punches were new after all, and between which ids they lie."""
    told: dict[int, tuple[int, bytes | None, bytes | None]]
    told = dict.fromkeys(map(_arrival_of, rows), (0, None, None))
    for arrival_id, some in groupby(new, _arrival_of):
        ids = list(map(_id_of, some))
        told[arrival_id] = (len(ids), min(ids), max(ids))
    quick.run(connection, _RECOUNT, [(*figures, arrival_id) for arrival_id, figures in sorted(told.items())])


def _learn_of_boots(connection: Connection, rows: Sequence[Row], new: Sequence[Row], at: datetime) -> None:
    """Take what these punches tell of synchronised clocks: of each boot the earliest and the latest."""
    synced = _by_boot([row for row in rows if row[held.TRUST] == "synced"])
    unsure = _by_boot([row for row in new if row[held.TRUST] != "synced"])
    repairs.learn(
        connection,
        {
            boot: [
                Sighting(row[held.UPTIME], moment(row[held.READ_AT]))
                for row in (min(some, key=_uptime_of), max(some, key=_uptime_of))
            ]
            for boot, some in synced.items()
        },
        {boot: list(map(_id_of, some)) for boot, some in unsure.items()},
        at,
    )


def _by_boot(rows: Sequence[Row]) -> dict[repairs.BootKey, list[Row]]:
    found: dict[repairs.BootKey, list[Row]] = {}
    for boot, some in groupby(rows, _boot_of):
        found.setdefault(boot, []).extend(some)
    return found


def _hear(
    connection: Connection, known: set[tuple[str, str]], fresh: set[tuple[str, str]], at: datetime
) -> None:
    """Know the readers of new punches; the fresh brought one that was not re-read."""
    told = [(*reader, micros(at) if reader in fresh else None) for reader in sorted(known)]
    if told:
        quick.run(connection, _HEAR, told)
