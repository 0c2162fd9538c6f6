"""One session with a terminal: who it is, its clock, its whole log, then live events and polls."""

import time
from zoneinfo import ZoneInfo

from edge.errors import Lost, Misconfigured
from edge.readers.doubts import Doubts
from edge.readers.reader import Desk
from edge.readers.zkteco.child import Child, Stopped
from edge.readers.zkteco.clock import TerminalClock
from edge.readers.zkteco.counting import Counting
from edge.readers.zkteco.errands import Errands
from edge.readers.zkteco.live import LiveEvents
from edge.readers.zkteco.logbook import Logbook
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, Rejected, fullness
from edge.readers.zkteco.records import Layout
from edge.readers.zkteco.roll import Roll
from edge.readers.zkteco.talk import Open, Opened, Sizes
from edge.readers.zkteco.timetable import Timetable
from wire.facts import EdgeEvent

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
        self._times = Timetable(options.catch_up_s, options.full_read_s)
        self._counting = Counting()
        self._doubts = Doubts(desk, _DOUBTS)
        self._set_again_at = 0.0
        self._errands = Errands(
            name,
            desk,
            self._book,
            self._clock,
            Roll(name, options, child),
            read_log=lambda: self._catch_up(full=False),
            measure_clock=self._measure_clock,
            source_in=self._source_in,
        )

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
            self._errands.run()

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

    def _keep_clock_right(self) -> None:
        """Set the clock if the configuration wants it and it is wrong by too much."""
        options = self._options
        if not options.set_clock or options.zone is None or time.monotonic() < self._set_again_at:
            return
        error_s = self._clock.error_s(self._desk.moment())
        if error_s is not None and abs(error_s) > options.set_clock_over_s:
            self._set_again_at = time.monotonic() + _SET_AGAIN_S
            self._errands.set_clock(ZoneInfo(options.zone))
