"""Owns what the outbox still tells of an order's extent: the rows that it keeps, and the ids that it took."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from edge.buffer.outbox import Outbox
from edge.readers.rereads import belongs
from wire.card import lookup_keys
from wire.codec import decode_fact
from wire.order import RereadOrder
from wire.punch import Punch

_EARLIEST, _LATEST = date(1970, 1, 2), date(9999, 12, 29)
_ANY_TIME = datetime.max.replace(tzinfo=UTC)
_ZONES = timedelta(hours=14)
"""No place on earth is further from UTC, so a span of dates lies within its UTC dates and this."""


def rows(outbox: Outbox, reader: str, order: RereadOrder) -> Iterator[tuple[int, Punch]]:
    """A reader's punches with their numbers.

    What a device printed lies within the dates; what has no clock was read within the times.
    """
    first = order.since or _midnight(max(order.span.first, _EARLIEST)) - _ZONES
    last = order.until or _midnight(min(order.span.last, _LATEST)) + timedelta(days=1) + _ZONES
    behind = last if order.source == "device" else _ANY_TIME
    since = max(first, _midnight(_EARLIEST)) - _ZONES
    for row in outbox.facts_of(reader, _ms(since), _ms(behind)):
        punch = decode_fact(row.body)
        if not isinstance(punch, Punch) or not _of_badges(punch, order.badges):
            continue
        wall = punch.device_wall
        if first <= punch.read_at < last if wall is None else belongs(order, punch.badge.raw, wall):
            yield row.seq, punch


def punches(outbox: Outbox, reader: str, order: RereadOrder) -> Iterator[Punch]:
    """The same, each once."""
    told: set[str] = set()
    for _, punch in rows(outbox, reader, order):
        if punch.punch_id not in told:
            told.add(punch.punch_id)
            yield punch


def taken(outbox: Outbox, reader: str, order: RereadOrder, device: frozenset[bytes]) -> Iterator[bytes]:
    """The ids that the outbox ever took of the order's dates, ascending.

    An id tells no badge: where the order names some, those count that the device holds, and those whose rows
    are still there.
    """
    mine: frozenset[bytes] | None = None
    if order.badges is not None:
        mine = device | {bytes.fromhex(punch.punch_id) for punch in punches(outbox, reader, order)}
    with outbox.books() as books:
        for held in books.held(order.span, reader):
            if mine is None or held.punch_id in mine:
                yield held.punch_id


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _of_badges(punch: Punch, badges: Sequence[str] | None) -> bool:
    known = {punch.badge.raw, *(lookup_keys(punch.badge.canon) if punch.badge.canon else ())}
    return badges is None or not known.isdisjoint(badges)
