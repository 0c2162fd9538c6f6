"""Owns the badges of nobody that a resync met at its readers: how often, and from when to when."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, tuple_

from central.ledger.resyncs.holdings import Extent
from central.ledger.resyncs.tables import strangers
from central.ledger.schema import punches
from wire.account import ids_between

_DAY = timedelta(days=1)
Place = tuple[str, str, str]
"""A badge, an edge, a reader."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge as punches name it."""

    form: str
    raw: str
    canon: str | None


@dataclass(frozen=True, slots=True)
class Times:
    """How many punches, with their first and last times: as a device printed them, and as they were read."""

    punches: int
    walls: tuple[datetime | None, datetime | None]
    read: tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Stranger:
    """A badge of nobody at a reader: the number of its punches, the first and the last wall time."""

    badge: str
    edge: str
    reader: str
    punches: int
    first: datetime | None
    last: datetime | None


def badges(connection: Connection, extent: Extent) -> Iterator[tuple[Badge, Times]]:
    """Every badge that the ledger holds of a reader for the dates."""
    named = (punches.c.badge_form, punches.c.badge_raw, punches.c.badge_canon)
    wall, read = punches.c.device_wall, punches.c.read_at
    query = (
        select(*named, func.count(), func.min(wall), func.max(wall), func.min(read), func.max(read))
        .where(*_within(extent))
        .group_by(*named)
    )
    for form, raw, canon, count, *times in connection.execute(query):
        yield Badge(form, raw, canon), Times(count, (times[0], times[1]), (times[2], times[3]))


def moments(
    connection: Connection, extent: Extent, badge: Badge
) -> Iterator[tuple[datetime | None, datetime]]:
    """The times of one badge's punches, printed and read."""
    canon = punches.c.badge_canon
    query = select(punches.c.device_wall, punches.c.read_at).where(
        *_within(extent),
        punches.c.badge_form == badge.form,
        punches.c.badge_raw == badge.raw,
        canon.is_(None) if badge.canon is None else canon == badge.canon,
    )
    yield from map(tuple, connection.execute(query))


def _within(extent: Extent) -> tuple[ColumnElement[bool], ...]:
    """The punches of an extent, whatever their badge, as `holdings.within` has it."""
    first, behind = extent.span.first, extent.span.last + _DAY
    low, high = ids_between(first - _DAY, behind)
    wall, read = punches.c.device_wall, punches.c.read_at
    return (
        punches.c.edge == extent.edge,
        punches.c.reader == extent.reader,
        punches.c.punch_id >= low,
        punches.c.punch_id < high,
        or_(
            and_(wall >= _midnight(first), wall < _midnight(behind)),
            and_(wall.is_(None), read >= extent.since, read < extent.until),
        ),
    )


def keep(connection: Connection, job_id: int, found: Iterable[Stranger]) -> None:
    """Store what a job met, in place of what was stored before."""
    connection.execute(delete(strangers).where(strangers.c.job_id == job_id))
    if rows := [{"job_id": job_id, **asdict(one)} for one in found]:
        connection.execute(insert(strangers), rows)


def count(connection: Connection, job_id: int) -> int:
    """How many badges of nobody a job met, each once for each reader."""
    query = select(func.count()).where(strangers.c.job_id == job_id)
    return int(connection.execute(query).scalar_one())


def page(connection: Connection, job_id: int, limit: int, after: Place = ("", "", "")) -> Sequence[Stranger]:
    """What a job met, by badge and reader."""
    place = strangers.c.badge, strangers.c.edge, strangers.c.reader
    query = (
        select(*place, strangers.c.punches, strangers.c.first, strangers.c.last)
        .where(strangers.c.job_id == job_id, tuple_(*place) > after)
        .order_by(*place)
        .limit(limit)
    )
    return [Stranger(*row) for row in connection.execute(query)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
