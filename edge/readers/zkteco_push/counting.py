"""The count of a pushing terminal's log: when it is asked for its recent days, and what its answer comes to.

The terminal counts nothing itself. It is asked for whole dates of its own log, and what it sends for that is
counted. It tells neither its clock nor how far its log reaches back, so both are taken from what is known:
the clock by its zone, the beginning by the oldest record that came.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from edge.census import Census
from edge.readers.reader import Moment
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.resending import NOTHING, Outcome, Resending
from wire.account import FIRST_DAY, WINDOW_DAYS, by_day, day_of
from wire.facts import Span
from wire.order import AccountOrder

_DAY = timedelta(days=1)
"""More than any zone, and than the terminal's clock may be wrong without a word."""
_REACH = timedelta(days=7)
"""Before this, days without a record are taken for the beginning of the log."""
_BEHIND = timedelta(minutes=5)
"""A clock may be so slow and its day still be over by ours."""
_LAST_ZONE = timedelta(hours=-12)
_SPREAD_S = 1800
"""Terminals of one zone end their day together; so long after it they are asked, each at its own second."""
_REST_S = 3600.0


class Counting:
    """The count of one terminal, kept from answer to answer.

    `records` is how many the terminal says that it holds, None if it does not say.
    """

    def __init__(self, options: PushOptions) -> None:
        self._serial = options.serial
        self._hours = options.recheck_h
        self._zone = None if options.zone is None else ZoneInfo(options.zone)
        self._spread = timedelta(seconds=crc32(options.serial.encode()) % _SPREAD_S)
        self._fewer = False
        self._rest_until_s = 0.0
        self._latest: Census | None = None
        self.records: int | None = None

    def told(self, records: int) -> None:
        """Note how many records the terminal says that it holds. Fewer than before are worth a question."""
        self._fewer |= self.records is not None and records < self.records
        self.records = records

    def shown(self, utc: datetime) -> datetime:
        """The least that the terminal's clock shows; without its zone, what the last clock on earth shows."""
        wall = utc + _LAST_ZONE if self._zone is None else utc.astimezone(self._zone)
        return wall.replace(tzinfo=None) - _BEHIND

    def due(self, moment: Moment, last: datetime | None) -> Span | None:
        """The dates to ask for now, if it is time to; `last` is when that was done before.

        It is time when a day is over, when the configured hours have passed, and when records are gone.
        """
        if not self._hours or moment.trust == "unset" or moment.uptime_s < self._rest_until_s:
            return None
        utc = moment.utc
        if last is None:
            first = utc - _REACH
        elif self._fewer:
            first = min(last - _DAY, utc - _REACH)
        elif utc - last >= timedelta(hours=self._hours) or self._day_is_over(utc, last):
            first = last - _DAY
        else:
            return None
        return Span(first=first.date(), last=(utc + _DAY).date())

    def _day_is_over(self, utc: datetime, last: datetime) -> bool:
        return (self.shown(utc) - self._spread).date() > self.shown(last).date()

    def closed_by(self, last: datetime) -> Census | None:
        """Which days were over when the terminal was asked `last`, before this process; None if it was since.

        What it held of them is not known any more.
        """
        if self._latest is not None:
            return None
        shown = self.shown(last)
        return Census(self._serial, last, shown, None, None, None, shown.date(), {})

    def asked(self, now_s: float) -> None:
        """The terminal was asked; records that go one by one are no reason to ask for each."""
        if self._fewer:
            self.failed(now_s)
        self._fewer = False

    def failed(self, now_s: float) -> None:
        """It did not answer, and is left alone for a while."""
        self._rest_until_s = now_s + _REST_S

    def doubt(self, done: Resending) -> Outcome | None:
        """Why an answer cannot be counted; None if it can.

        A terminal that cannot send a span says the same as one that holds none of it. So an answer must prove
        itself by a record of a day that was over, unless the terminal says that it holds nothing.
        """
        code = NOTHING if done.code is None else done.code
        if code < 0 and code != NOTHING:
            return Outcome("command-refused", f"the terminal returned {code}")
        proven = done.begins is not None and done.begins.date() < self.shown(done.asked_at).date()
        if (code != NOTHING and proven) or (self.records == 0 and not done.ids):
            return None
        holds = "an unknown number" if self.records is None else self.records
        seen = f"{len(done.ids)} of {holds} records came for {done.span.first} to {done.span.last}"
        return Outcome("read-rejected", f"{seen}, and the result {code}")

    def count(self, done: Resending, read_at: datetime) -> Census:
        """The census that an answer comes to, with what was counted before it."""
        before, shown = self._latest, self.shown(done.asked_at)
        first, end = done.span.first, shown.date()
        days = dict(by_day(_between(done, first, end - _DAY)))
        since = first
        if before is not None and before.since < first <= before.shown.date():
            since = max(before.since, end - timedelta(days=WINDOW_DAYS))
            days |= {day: tally for day, tally in before.days.items() if since <= day < first}
        self._latest = Census(
            serial=self._serial,
            read_at=read_at,
            shown=shown,
            records=self.records,
            capacity=None,
            begins=done.begins,
            since=since,
            days=days,
        )
        return self._latest

    def count_for(self, order: AccountOrder, done: Resending, read_at: datetime) -> Census:
        """The census of an order's span, closed or not."""
        return Census(
            serial=self._serial,
            read_at=read_at,
            shown=self.shown(done.asked_at),
            records=self.records,
            capacity=None,
            begins=done.begins,
            since=date.max,
            days={},
            ids=list(_between(done, order.span.first, order.span.last)),
        )


def reaching_back(span: Span) -> Span:
    """The dates to ask for so that the oldest record of a span is seen not to be the log's."""
    first = date.fromordinal(max(span.first.toordinal() - _REACH.days, FIRST_DAY.toordinal()))
    return Span(first=min(first, span.first), last=span.last)


def _between(done: Resending, first: date, last: date) -> Iterator[bytes]:
    """The ids of some days of an answer, ascending."""
    return (punch_id for punch_id in sorted(done.ids) if first <= day_of(punch_id) <= last)
