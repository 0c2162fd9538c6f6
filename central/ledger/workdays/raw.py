"""Owns the reading of punches for workdays: those of some badges and days, as bare as they can be."""

from collections.abc import Collection, Iterable, Iterator
from itertools import starmap
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, func, select, type_coerce

from central.ledger.punches import punch_rows
from central.ledger.repairs import repairs
from central.ledger.resyncs.amendments import amended
from central.ledger.schema import arrivals, punches
from central.workdays.interpretation import Raw

_AT_ONCE = 5000
_IN_MEMORY = 1000
_COLUMNS = (
    punches.c.punch_id,
    punches.c.edge,
    punches.c.reader,
    punches.c.badge_form,
    punches.c.badge_raw,
    punches.c.badge_canon,
    type_coerce(punches.c.device_wall, BigInteger),
    type_coerce(punches.c.read_at, BigInteger),
    type_coerce(arrivals.c.received_at, BigInteger),
    punches.c.direction_code,
    punches.c.how,
    punches.c.clock_trust,
    punches.c.uptime_s,
    punches.c.clock_offset_s,
    punches.c.offset_before_s,
    type_coerce(repairs.c.read_at, BigInteger),
    repairs.c.within_s,
    type_coerce(repairs.c.accepted_at, BigInteger),
)
_RAW = (
    select(*_COLUMNS)
    .select_from(punches)
    .join(arrivals, arrivals.c.arrival_id == punches.c.arrival_id)
    .outerjoin(repairs, repairs.c.punch_id == punches.c.punch_id)
)
# By its own joins, since from the punches outward no database finds the few that were moved by their index.
_MOVED = (
    select(*_COLUMNS)
    .select_from(repairs)
    .join(punches, punches.c.punch_id == repairs.c.punch_id)
    .join(arrivals, arrivals.c.arrival_id == punches.c.arrival_id)
)


def of_badges(connection: Connection, days: Collection[int], badge_keys: Collection[str]) -> list[Raw]:
    """The punches whose ids bear one of the days, of badges with one of the keys, as they count.

    The day in an id may be one off the workday's date on either side. Punches whose time is another than
    they say are found by either day.
    """
    found: list[Raw] = []
    for keys, queries in _asked(days, badge_keys):
        theirs = [Raw(*row) for query in queries for row in connection.execute(query).all()]
        found += amended(connection, theirs, keys)
    return found


def each_of_badges(
    connection: Connection, days: Collection[int], badge_keys: Collection[str]
) -> Iterator[Raw]:
    """The same punches as they came, and those that an undone resync took back and that count nowhere.

    However many they are, only few are in memory.
    """
    for _, queries in _asked(days, badge_keys):
        for query in queries:
            result = connection.execute(query, execution_options={"yield_per": _IN_MEMORY})
            for rows in result.partitions():
                yield from starmap(Raw, rows)


def _asked(
    days: Collection[int], badge_keys: Collection[str]
) -> Iterator[tuple[list[str], tuple[Select[Any], ...]]]:
    """The queries for the punches of some of the keys at a time: those of the days, and those moved there."""
    keys = sorted(badge_keys) if days else []
    each = max(1, _AT_ONCE - len(days))
    for start in range(0, len(keys), each):
        some = keys[start : start + each]
        of_days = _RAW.where(punches.c.day.in_(days), punches.c.badge_key.in_(some))
        moved = _MOVED.where(
            repairs.c.day.in_(days), repairs.c.badge_key.in_(some), punches.c.day.not_in(days)
        )
        yield some, (of_days, moved)


def of_ids(connection: Connection, punch_ids: Iterable[bytes]) -> list[Raw]:
    """Punches by their ids."""
    return [Raw(*row) for row in connection.execute(_RAW.where(punches.c.punch_id.in_(list(punch_ids))))]


def first_days(connection: Connection) -> dict[str, int]:
    """The first day of each badge key that the ledger has punches of: one walk through an index."""
    query = select(punch_rows.c.badge_key, func.min(punch_rows.c.day)).group_by(punch_rows.c.badge_key)
    return {row[0]: row[1] for row in connection.execute(query)}
