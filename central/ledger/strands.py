"""Owns the order in which punches are listed: by the wall clock, though their ids are only nearly so.

A punch id begins with the wall second that a device with a clock printed, and otherwise with the instant at
which the edge read it. So all punches of one kind, and of branches in one zone, form a strand whose ids
are in order already; strands are merged by the time in the id plus one fixed shift for each strand. Around
a clock change within a span, strands may stand an hour apart; no punch is left out or told twice for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sqlalchemy import ColumnElement

from central.ledger.schema import punches
from central.ledger.times import MS_PER_DAY
from central.zones import Zones, midnight
from wire.facts import Span

_FIRST, _LAST = date(1970, 1, 2), date(9999, 12, 30)
_LAST_MS = (1 << 48) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Strand:
    """Punches whose ids are in order: `shift_ms` is added to the time in the id to compare it with others.

    It covers times in the id from `first_ms` up to `end_ms`, the latter excluded.
    """

    shift_ms: int
    first_ms: int
    end_ms: int
    members: Sequence[ColumnElement[bool]]

    def position(self, punch_id: bytes) -> tuple[int, bytes]:
        """Where a punch of this strand stands among all."""
        return _ms(punch_id) + self.shift_ms, punch_id

    def conditions(self, behind: tuple[int, bytes] | None) -> Sequence[ColumnElement[bool]]:
        """Of this strand, what stands behind a position."""
        start = _prefix(self.first_ms)
        if behind is not None:
            position, punch_id = behind
            same = position - self.shift_ms
            following = (int.from_bytes(punch_id, "big") + 1).to_bytes(17, "big")[1:]
            beyond = _prefix(same + 1) if same < _ms(punch_id) else max(_prefix(same), following)
            start = max(start, beyond)
        return (punches.c.punch_id >= start, punches.c.punch_id < _prefix(self.end_ms), *self.members)


def strands(zones: Zones, span: Span) -> list[Strand]:
    """The strands that together hold every punch whose wall date lies in the span."""
    first, end = _dates(span)
    walled = Strand(
        0, _since(_midnight_utc(first)), _since(_midnight_utc(end)), (punches.c.device_wall.is_not(None),)
    )
    found = [walled]
    for zone in {zones.organization, *zones.branches.values()}:
        # An expression, so that no database walks the whole history of an edge by the index of readers.
        edge = punches.c.edge.concat("")
        if zone == zones.organization:
            member = edge.not_in([name for name, other in zones.branches.items() if other != zone])
        else:
            member = edge.in_([name for name, other in zones.branches.items() if other == zone])
        found.append(
            Strand(
                _shift_ms(zone, first),
                _since(midnight(first, zone)),
                _since(midnight(end, zone)),
                (punches.c.device_wall.is_(None), member),
            )
        )
    return found


def position_of(zones: Zones, span: Span, punch_id: bytes, edge: str, *, walled: bool) -> tuple[int, bytes]:
    """Where a punch stands in the listing of a span."""
    return _ms(punch_id) + (0 if walled else _shift_ms(zones.of(edge), _dates(span)[0])), punch_id


def days_of(span: Span) -> range:
    """Every value that the column `day` can have for punches of the span."""
    first, end = _dates(span)
    return range(_since(_midnight_utc(first)) // MS_PER_DAY - 1, _since(_midnight_utc(end)) // MS_PER_DAY + 1)


def _dates(span: Span) -> tuple[date, date]:
    """The first date, and the one after the last, within what an id can hold."""
    first = min(max(span.first, _FIRST), _LAST)
    return first, max(first, min(span.last, _LAST) + timedelta(days=1))


def _midnight_utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _shift_ms(zone: tzinfo, day: date) -> int:
    offset = datetime.combine(day, time(12), zone).utcoffset() or timedelta()
    return int(offset.total_seconds() * 1000)


def _since(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _ms(punch_id: bytes) -> int:
    return int.from_bytes(punch_id[:6], "big")


def _prefix(ms: int) -> bytes:
    return min(max(ms, 0), _LAST_MS).to_bytes(6, "big") + bytes(10)
