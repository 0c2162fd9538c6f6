"""Counts a terminal's log day by day, as far as it changed since it was counted last."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from edge.census import Census
from edge.readers.identity import terminal_punch_id
from edge.readers.rereads import Log
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, Mark
from wire.account import WINDOW_DAYS, Tally, by_day
from wire.facts import Span

_DAY_S = 86_400
_FULL_LOG_RESTS = timedelta(hours=1)
"""A full log loses its oldest record with each punch, and would be counted whole each time."""


class Counting:
    """The census of one terminal, kept from read to read."""

    def __init__(self) -> None:
        self._mark: Mark | None = None
        self._latest: Census | None = None

    def is_due(self, shown: datetime) -> bool:
        """Whether a day is over that was not when the log was counted last."""
        return self._latest is not None and shown.date() > self._latest.shown.date()

    def count(self, read: Accepted, source: Source, log: Log) -> Census:
        """Count the days that are over: all of the window, and then what is new from read to read."""
        shown, before, mark = source.shown(), self._latest, self._mark
        today = shown.date()
        full = log.capacity is not None and read.count >= log.capacity
        if before is not None and full and not self.is_due(shown) and shown - before.shown < _FULL_LOG_RESTS:
            return before
        if before is None or mark is None or not mark.begins(read):
            since = today - timedelta(days=WINDOW_DAYS)
            days = _tallies(read, log.serial, lambda day: since <= day < today)
        else:
            since, over = before.since, before.shown.date()
            fresh = {record.wall.date() for record in read.records if record.place >= mark.count}
            days = {**before.days}
            if today > over or fresh - {today}:
                days |= _tallies(read, log.serial, lambda day: day < today and (day >= over or day in fresh))
        self._mark = Mark.of(read)
        self._latest = Census(
            serial=log.serial,
            read_at=source.moment.utc,
            shown=shown,
            records=log.records or 0,
            capacity=log.capacity,
            begins=log.begins,
            since=since,
            days=days,
        )
        return self._latest


def counted(read: Accepted, source: Source, log: Log, span: Span) -> Census:
    """What a log that was read whole holds of a span, closed or not."""
    return Census(
        serial=log.serial,
        read_at=source.moment.utc,
        shown=source.shown(),
        records=log.records or 0,
        capacity=log.capacity,
        begins=log.begins,
        since=date.max,
        days={},
        ids=_ids(read, log.serial, lambda day: span.first <= day <= span.last),
    )


def _tallies(read: Accepted, serial: str, wanted: Callable[[date], bool]) -> dict[date, Tally]:
    return dict(by_day(_ids(read, serial, wanted)))


def _ids(read: Accepted, serial: str, wanted: Callable[[date], bool]) -> list[bytes]:
    """The ids of the punches of some days, ascending."""
    ids: list[bytes] = []
    asked: dict[int, bool] = {}
    for record, occurrence in read.numbered():
        day = record.stamp // _DAY_S
        if day not in asked:
            asked[day] = wanted(record.wall.date())
        if asked[day]:
            ids.append(bytes.fromhex(terminal_punch_id(serial, record.user, record.wall, occurrence)))
    return sorted(ids)
