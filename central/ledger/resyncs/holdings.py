"""Owns the ledger's side of a resync: what it holds of a reader for the dates and badges asked."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from central.ledger.punches import badge_key
from central.ledger.resyncs.tables import amendments
from central.ledger.schema import arrivals, punches
from central.ledger.strands import days_of
from wire.account import ids_between
from wire.card import lookup_keys
from wire.facts import Span
from wire.stretches import line

_AT_ONCE = 500
_PROBES = 4000
"""So many pairs of a day and a badge are looked up faster than a reader's days are read through."""
_DAY = timedelta(days=1)
_COLUMNS = (
    punches.c.punch_id,
    punches.c.edge,
    punches.c.badge_form,
    punches.c.badge_raw,
    punches.c.badge_canon,
    punches.c.device_wall,
    punches.c.read_at,
    punches.c.direction_code,
    punches.c.verify_code,
    punches.c.how,
    punches.c.device,
    punches.c.clock_offset_s,
    amendments.c.kind,
    amendments.c.direction_code.label("direction_now"),
    amendments.c.verify_code.label("verify_now"),
)
_HELD = select(*_COLUMNS).outerjoin(
    amendments, and_(amendments.c.punch_id == punches.c.punch_id, amendments.c.in_force == 1)
)


@dataclass(frozen=True, slots=True)
class Extent:
    """What an order asks of one reader: the dates, as times of reading, too, and the badges (None: all)."""

    edge: str
    reader: str
    span: Span
    since: datetime
    until: datetime
    badges: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A punch that the ledger holds: its line, as it counts, and whose badge it names."""

    punch_id: bytes
    form: str
    raw: str
    canon: str | None
    codes: tuple[int | None, int | None]
    withdrawn: bool
    row: Any

    @property
    def line(self) -> bytes:
        """The line of `wire.stretches`."""
        return line(self.punch_id, *self.codes)


def last_arrival(connection: Connection) -> int:
    """The latest arrival: what comes behind it came later."""
    return int(connection.execute(select(func.coalesce(func.max(arrivals.c.arrival_id), 0))).scalar_one())


def last_serial(connection: Connection, edge: str, reader: str) -> str | None:
    """Which terminal the latest punch of a reader came from, None if it says of none."""
    query = (
        select(punches.c.device)
        .where(punches.c.edge == edge, punches.c.reader == reader)
        .order_by(punches.c.punch_id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


def of_extent(connection: Connection, extent: Extent, upto: int) -> Iterator[Holding]:
    """What the ledger held up to an arrival, by punch id."""
    query = _HELD.where(punches.c.arrival_id <= upto)
    days = days_of(extent.span)
    keys = None if extent.badges is None else {badge_key(badge) for badge in extent.badges}
    if keys is not None and len(days) * len(keys) <= _PROBES:
        # Expressions, so that no database walks the days of the reader instead.
        here = punches.c.edge.concat("") == extent.edge, punches.c.reader.concat("") == extent.reader
        query = query.where(punches.c.day.in_(days), punches.c.badge_key.in_(keys), *here)
    else:
        low, high = ids_between(extent.span.first - _DAY, extent.span.last + _DAY)
        query = query.where(
            punches.c.edge == extent.edge,
            punches.c.reader == extent.reader,
            punches.c.punch_id >= low,
            punches.c.punch_id < high,
        )
    for row in connection.execute(query.order_by(punches.c.punch_id)):
        if within(extent, row.device_wall, row.read_at) and of_badges(
            extent.badges, row.badge_raw, row.badge_canon
        ):
            yield _holding(row)


def of_ids(connection: Connection, punch_ids: Sequence[bytes]) -> Iterator[Holding]:
    """Whatever the ledger holds of these ids."""
    for start in range(0, len(punch_ids), _AT_ONCE):
        query = _HELD.where(punches.c.punch_id.in_(punch_ids[start : start + _AT_ONCE]))
        yield from map(_holding, connection.execute(query))


def within(extent: Extent, wall: datetime | None, read_at: datetime) -> bool:
    """Whether a punch belongs to the dates: by what its device printed, else by when it was read."""
    if wall is not None:
        return extent.span.first <= wall.date() <= extent.span.last
    return extent.since <= read_at < extent.until


def of_badges(badges: Collection[str] | None, raw: str, canon: str | None) -> bool:
    """Whether an edge finds a punch by some badges."""
    if badges is None or raw in badges:
        return True
    return canon is not None and not badges_of(canon).isdisjoint(badges)


def badges_of(canon: str) -> frozenset[str]:
    """Every text by which a card may be known."""
    return frozenset((canon, *lookup_keys(canon)))


def _holding(row: Any) -> Holding:
    changed = row.kind == "codes"
    return Holding(
        row.punch_id,
        row.badge_form,
        row.badge_raw,
        row.badge_canon,
        (row.direction_now, row.verify_now) if changed else (row.direction_code, row.verify_code),
        row.kind == "added",
        row,
    )
