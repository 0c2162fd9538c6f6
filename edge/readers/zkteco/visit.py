"""One session with a terminal: who it is, its clock, its whole log, then live events and polls."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from edge.errors import Lost, Misconfigured, ReaderFault
from edge.readers.doubts import Doubts
from edge.readers.reader import Desk
from edge.readers.rereads import answer, belongs, failure
from edge.readers.zkteco.child import Child, Stopped
from edge.readers.zkteco.clock import SetBy, TerminalClock, zone_named
from edge.readers.zkteco.counting import Counting, counted
from edge.readers.zkteco.live import LiveEvents
from edge.readers.zkteco.logbook import Logbook
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, Rejected, fullness
from edge.readers.zkteco.records import Layout
from edge.readers.zkteco.roll import Roll
from edge.readers.zkteco.talk import Open, Opened, Sizes
from edge.readers.zkteco.timetable import Timetable
from wire.facts import EdgeEvent, Fact, OrderOutcome
from wire.order import AccountOrder, ClockOrder, EnrolOrder, RereadOrder
from wire.punch import Punch

_FRESH_S = 1.0
_SET_AGAIN_S = 3600.0
"""A clock that runs away again so soon needs a person, not another setting."""
_LONGEST_SERIAL = 32
_DOUBTS = (
    "read-rejected",
    "not-enabled",
    "serial-changed",
    "log-full",
    "clock-off",
    "fewer-records",
    "records-odd",
    "log-filling",
)


class Visit:
    """A session from `open` to the end of `stay`."""

    def __init__(self, name: str, options: TerminalOptions, desk: Desk, child: Child) -> None:
        self._name = name
        self._options = options
        self._desk = desk
        self._child = child
        self._book = Logbook(options, desk, child)
        self._clock = TerminalClock(name, options, desk, child, self._book.offset_s)
        self._live = LiveEvents(desk, self._book, self._source)
        self._roll = Roll(name, options, child)
        self._times = Timetable(options.catch_up_s, options.full_read_s)
        self._counting = Counting()
        self._doubts = Doubts(desk, _DOUBTS)
        self._set_again_at = 0.0

    def open(self, request: Open) -> None:
        """Open the session and find out who answers. Raises Misconfigured if it is the wrong terminal."""
        opened, options = self._child.ask(request, Opened), self._options
        serial = opened.serial
        if not serial or not serial.isprintable() or len(serial) > _LONGEST_SERIAL:
            raise Lost("read-rejected", f"the terminal gives no usable serial number ({serial[:40]!r})")
        if options.serial is not None and serial != options.serial:
            raise Misconfigured(
                "serial-changed", f"terminal {serial} answers; edge.toml says {options.serial}"
            )
        before = self._book.belongs_to(serial)
        self._times.full_at = self._book.full_at
        self._desk.ok(device=serial)
        self._doubts.note("not-enabled", None if opened.enabled else "it answers no to being enabled")
        self._measure_clock()
        self._tell_changes(before, self._book.runs(opened.firmware))

    def _tell_changes(self, serial: str | None, firmware: str | None) -> None:
        """Tell that another terminal answered here before, or the same with another firmware."""
        news: list[EdgeEvent] = []
        if serial is not None:
            self._doubts.note("serial-changed", f"terminal {self._book.serial} answers where {serial} did")
            news.append(self._source().event("serial_changed", before=serial))
        if firmware is not None:
            event = self._source().event("firmware_changed", before=firmware, now=self._book.firmware)
            news.append(event)
        if news:
            self._desk.emit(news, self._book.memo())

    def stay(self) -> None:
        """Read the log, then live on with the terminal. Ends only by an exception: Stopped, or a fault."""
        self._catch_up(full=self._times.full_is_due(self._desk.moment().utc))
        next_poll = 0.0
        while True:
            if time.monotonic() >= next_poll:
                next_poll = time.monotonic() + self._poll()
            event = self._child.listen(max(next_poll - time.monotonic(), 0.0))
            if event is not None:
                self._live.hear(event)
            if self._desk.wait(0):
                raise Stopped
            if orders := self._desk.orders():
                self._carry_out(orders)
            for clock_order in self._desk.clock_orders():
                self._set_clock_on(clock_order)
            for enrol_order in self._desk.enrol_orders():
                self._enrol(enrol_order)
            for account_order in self._desk.account_orders():
                self._count(account_order)

    def _source(self) -> Source:
        book = self._book
        return self._source_in(book.mark.layout if book.mark is not None else "40")

    def _source_in(self, layout: Layout) -> Source:
        moment, clock = self._desk.moment(), self._clock
        return Source(
            self._name,
            self._book.serial,
            layout,
            moment,
            clock.offset_s(moment),
            self._book.users,
            clock.before_s,
        )

    def _measure_clock(self) -> None:
        news = self._clock.measure(self._book.serial)
        if news:
            self._desk.emit(news)
        moment = self._desk.moment()
        self._desk.ok(clock_offset_s=self._clock.offset_s(moment), clock_at=moment.utc)
        self._doubts.note("clock-off", self._clock.doubt)

    # the log

    def _catch_up(self, *, full: bool) -> Accepted | Rejected:
        """Read the log and bring what is new, or all of it, into the outbox."""
        if time.monotonic() - self._clock.measured_at > _FRESH_S:
            self._measure_clock()
        began = time.monotonic()
        read = self._book.read(self._source)
        now = self._desk.moment()
        if isinstance(read, Rejected):
            self._times.rejected(now)
            self._doubts.note("read-rejected", read.why)
            self._doubts.show()
            return read
        self._times.accepted(now, time.monotonic() - began)
        self._judge(read)
        source = self._source_in(read.layout)
        self._clock.was_read(source.moment)
        self._book.keep(read, source, self._live.punches, full=full, offset_s=self._clock.before_s)
        self._times.full_at = self._book.full_at
        self._live.settled()
        self._desk.census(self._counting.count(read, source, self._book.log(read)))
        return read

    def _judge(self, read: Accepted) -> None:
        self._doubts.note("read-rejected", None)
        before = self._book.mark.count if self._book.mark is not None else 0
        if read.count < before:
            self._doubts.note("fewer-records", f"{read.count} records; there were {before}")
        odd = f"{len(read.odd)} of {read.count} records, the last: {read.odd[-1].why}" if read.odd else None
        self._doubts.note("records-odd", odd)

    def _poll(self) -> float:
        """Ask for the record count and do what is due; returns the seconds until the next time."""
        sizes = self._book.sizes()
        self._tell(sizes)
        if time.monotonic() - self._clock.measured_at >= self._options.catch_up_s:
            self._measure_clock()
        self._keep_clock_right()
        known = self._book.mark.count if self._book.mark is not None else None
        live, now = self._live, self._desk.moment()
        turn = self._times.turn(now, sizes, known, len(live.punches), hinted=live.hinted)
        if turn == "rest":
            return min(self._options.poll_s, self._times.rest_until_s - now.uptime_s)
        over = self._counting.is_due(self._source().shown()) and now.uptime_s >= self._times.rest_until_s
        if turn != "none" or over:
            self._catch_up(full=turn == "all")
        return self._options.poll_s

    def _tell(self, sizes: Sizes) -> None:
        capacity = sizes.capacity or None
        how_full = fullness(sizes.records, sizes.capacity)
        for word in ("log-filling", "log-full"):
            told = f"{sizes.records} of {capacity} records" if word == how_full else None
            self._doubts.note(word, told)
        self._desk.ok(device=self._book.serial, records=sizes.records, capacity=capacity)
        self._doubts.show()

    # setting the clock

    def _keep_clock_right(self) -> None:
        """Set the clock if the configuration wants it and it is wrong by too much."""
        options = self._options
        if not options.set_clock or options.zone is None or time.monotonic() < self._set_again_at:
            return
        error_s = self._clock.error_s(self._desk.moment())
        if error_s is not None and abs(error_s) > options.set_clock_over_s:
            self._set_again_at = time.monotonic() + _SET_AGAIN_S
            self._set_clock(ZoneInfo(options.zone))

    def _set_clock_on(self, order: ClockOrder) -> None:
        """Set the clock because a person wants it, and tell what became of it."""
        try:
            zone = zone_named(order.zone)
            if zone is None:
                done = SetBy("settings-wrong", f"this Pi knows no time zone {order.zone!r}")
            else:
                done = self._set_clock(zone)
        except ReaderFault as fault:
            done = SetBy(fault.reason, fault.evidence)
            self._desk.emit([done.outcome(order, self._desk.moment().utc)])
            raise
        self._desk.emit([done.outcome(order, self._desk.moment().utc)])

    def _set_clock(self, zone: ZoneInfo) -> SetBy:
        """Set it by a synchronised Pi, once the log that was written under the old time is read."""
        if self._desk.moment().trust != "synced":
            return SetBy("clock-unsynced", "the Pi's own clock is not synchronised")
        self._measure_clock()
        read = self._catch_up(full=False)
        if isinstance(read, Rejected):
            return SetBy("read-rejected", read.why)
        done, news = self._clock.set(zone, self._book.serial)
        if news:
            self._desk.emit(news)
        self._measure_clock()
        return done

    # the users

    def _enrol(self, order: EnrolOrder) -> None:
        """Read or change the users because a person wants it, and tell what became of it."""
        at = self._desk.moment().utc
        try:
            facts = self._roll.carry_out(order, self._book.serial, at)
        except ReaderFault as fault:
            outcome = OrderOutcome(
                order_id=order.order_id,
                outcome="failed",
                at=at,
                reason=fault.reason,
                evidence=fault.evidence,
            )
            self._desk.emit([outcome])
            raise
        self._book.forget_users()
        self._desk.emit(facts)

    # orders

    def _carry_out(self, orders: Sequence[RereadOrder]) -> None:
        """Read the log again, once for all that ask, and tell each what it holds for him."""
        try:
            read = self._catch_up(full=False)
        except ReaderFault as fault:
            self._desk.emit(self._failures(orders, fault.reason, fault.evidence))
            raise
        if isinstance(read, Rejected):
            self._desk.emit(self._failures(orders, "read-rejected", read.why))
            return
        source = self._source_in(read.layout)
        for order in orders:
            wanted = partial(self._wanted, read, source, order)
            self._book.emit(answer(order, self._name, wanted, source.moment.utc, self._book.log(read)))

    def _wanted(self, read: Accepted, source: Source, order: RereadOrder) -> Iterator[Punch]:
        return (punch for punch in self._book.punches(read, source, "reread") if _belongs(order, punch))

    def _failures(self, orders: Sequence[RereadOrder], reason: str, evidence: str) -> list[Fact]:
        at = self._desk.moment().utc
        return [failure(order, self._name, at, reason, evidence) for order in orders]

    def _count(self, order: AccountOrder) -> None:
        """Read the log again for a count of what it holds of a span."""
        try:
            read = self._catch_up(full=False)
        except ReaderFault as fault:
            self._desk.uncounted(order, fault.reason, fault.evidence)
            raise
        if isinstance(read, Rejected):
            self._desk.uncounted(order, "read-rejected", read.why)
        else:
            census = counted(read, self._source_in(read.layout), self._book.log(read), order.span)
            self._desk.census(census, order)


def _belongs(order: RereadOrder, punch: Punch) -> bool:
    return punch.device_wall is not None and belongs(order, punch.badge.raw, punch.device_wall)
