"""The headcount: how many people were in, by the hour of their branch's clock, from stored workdays."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from central.reports import MINUTE_S, AsOf, Cell, is_in
from wire.days import DayResult

HEADER = ("date", "hour", "zone", "people", "presence_minutes", "may_change")

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, order=True)
class Hour:
    """An hour as a wall clock shows it; `zone` tells two of one name apart, where the clock goes back."""

    date: date
    hour: int
    zone: str


@dataclass(slots=True)
class Stay:
    """What one person's workdays tell of an hour: how long he was in, and whether that may change."""

    present: timedelta = timedelta(0)
    may_change: bool = False


@dataclass(slots=True)
class Count:
    """An hour of several people: those who were in for a minute or more, and those of whom it may change."""

    people: int = 0
    minutes: int = 0
    may_change: int = 0


def stays(
    days: Iterable[tuple[DayResult, tzinfo]], counts: Callable[[date], bool], as_of: AsOf
) -> dict[Hour, Stay]:
    """The hours of one person, from workdays with the zone of the branch on each.

    `counts` says of a date on a branch's calendar whether its hours are wanted. Presence is that of the
    completed sequence, cut at `as_of`: who is still in is so until then. While a day is open, or waits for a
    reader, its scheduled hours may change, and those in which the person was in.
    """
    found: dict[Hour, Stay] = {}
    for day, zone in days:
        unsettled = day.status in ("open", "awaiting") or bool(day.awaiting)
        for came, went in _inside(day, as_of):
            for hour, length in _hours(came, min(went, as_of.now), zone):
                stay = found.setdefault(hour, Stay())
                stay.present += length
                stay.may_change |= unsettled
        if unsettled and day.starts is not None and day.ends is not None:
            for hour, _ in _hours(day.starts, min(day.ends, as_of.now), zone):
                found.setdefault(hour, Stay()).may_change = True
    return {hour: stay for hour, stay in found.items() if counts(hour.date)}


def counted(people: Iterable[Mapping[Hour, Stay]]) -> dict[Hour, Count]:
    """The hours of several people together; minutes are cut for each person and hour (R26)."""
    found: dict[Hour, Count] = {}
    for hours in people:
        for hour, stay in hours.items():
            seconds = int(stay.present.total_seconds())
            if seconds < MINUTE_S and not stay.may_change:
                continue
            count = found.setdefault(hour, Count())
            count.people += seconds >= MINUTE_S
            count.minutes += seconds // 60
            count.may_change += stay.may_change
    return found


def rows(counts: Mapping[Hour, Count]) -> tuple[tuple[Cell, ...], ...]:
    """The rows under the header, in order of date, hour and zone; an hour without anybody has none."""
    return tuple(
        (hour.date.isoformat(), f"{hour.hour:02}:00", hour.zone, one.people, one.minutes, one.may_change)
        for hour, one in sorted(counts.items())
    )


def _inside(day: DayResult, as_of: AsOf) -> Iterator[tuple[datetime, datetime]]:
    """From when to when the person was in; who has not left an open day is in until now."""
    for came, went in zip(day.clockings[::2], day.clockings[1::2], strict=False):
        still = went.how == "as of" and is_in(day, as_of)
        yield came.at, as_of.now if still else went.at


def _hours(begin: datetime, end: datetime, zone: tzinfo) -> Iterator[tuple[Hour, timedelta]]:
    """A time cut where the wall clock of a zone begins an hour."""
    at = begin.astimezone(UTC)
    while at < end:
        wall = at.astimezone(zone)
        gone = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        until = min(at + _HOUR - gone, end.astimezone(UTC))
        offset = wall.utcoffset() or timedelta(0)
        yield Hour(wall.date(), wall.hour, str(timezone(offset))), until - at
        at = until
