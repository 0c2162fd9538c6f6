"""One session with a terminal: who it is, its clock, its whole log, then live events and polls."""

import time
from zoneinfo import ZoneInfo

from edge.errors import Lost, Misconfigured, ReaderFault
from edge.readers.reader import Desk
from edge.readers.rereads import belongs, failure, reports
from edge.readers.zkteco.child import Child, Stopped
from edge.readers.zkteco.clock import SetBy, TerminalClock, zone_named
from edge.readers.zkteco.logbook import Logbook
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, Rejected
from edge.readers.zkteco.records import Layout, decode_event
from edge.readers.zkteco.talk import Event, Open, Opened, Sizes
from wire.order import ClockOrder, RereadOrder
from wire.punch import Punch

_AFTER_REJECTION_S = 30.0
_REST = 4.0
"""A read that took t seconds is followed by 4 t without one."""
_FRESH_S = 1.0
_SET_AGAIN_S = 3600.0
"""A clock that runs away again so soon needs a person, not another setting."""
_ATTENDANCE = 1
_LONGEST_SERIAL = 32
_FILLING = 0.8
_DOUBTS = ("read-rejected", "serial-changed", "clock-off", "fewer-records", "records-odd", "log-filling")
"""Which doubt is shown when there are several: the first of these."""


class Visit:
    """A session from `open` to the end of `stay`."""

    def __init__(self, name: str, options: TerminalOptions, desk: Desk, child: Child) -> None:
        self._name = name
        self._options = options
        self._desk = desk
        self._child = child
        self._book = Logbook(options, desk, child)
        self._clock = TerminalClock(name, options, desk, child, self._book.offset_s)
        self._set_again_at = 0.0
        self._lives: dict[str, Punch] = {}
        self._hinted = False
        self._doubts: dict[str, str] = {}
        self._doubted = False
        self._read_at = self._full_at = self._rest_until = 0.0

    def open(self, comm_key: int) -> None:
        """Open the session and find out who answers. Raises Misconfigured if it is the wrong terminal."""
        options = self._options
        request = Open(
            address=options.address,
            port=options.port,
            transport=options.transport,
            comm_key=comm_key,
            live=options.live,
            within_s=options.answer_s,
        )
        serial = self._child.ask(request, Opened).serial
        if not serial or not serial.isprintable() or len(serial) > _LONGEST_SERIAL:
            raise Lost("read-rejected", f"the terminal gives no usable serial number ({serial[:40]!r})")
        if options.serial is not None and serial != options.serial:
            raise Misconfigured(
                "serial-changed", f"terminal {serial} answers; edge.toml says {options.serial}"
            )
        before = self._book.belongs_to(serial)
        self._desk.ok(device=serial)
        self._measure_clock()
        if before is not None:
            self._doubts["serial-changed"] = f"terminal {serial} answers where {before} did"
            self._desk.emit([self._source().event("serial_changed", before=before)])

    def stay(self) -> None:
        """Read the log, then live on with the terminal. Ends only by an exception: Stopped, or a fault."""
        self._catch_up(full=False)
        next_poll = 0.0
        while True:
            if time.monotonic() >= next_poll:
                wanted = self._poll()
                next_poll = time.monotonic() + self._options.poll_s
                if wanted:
                    next_poll = min(next_poll, self._rest_until)
            event = self._child.listen(max(next_poll - time.monotonic(), 0.0))
            if event is not None:
                self._hear(event)
            if self._desk.wait(0):
                raise Stopped
            for order in self._desk.orders():
                self._carry_out(order)
            for clock_order in self._desk.clock_orders():
                self._set_clock_on(clock_order)

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
        self._doubts.pop("clock-off", None)
        if self._clock.doubt is not None:
            self._doubts["clock-off"] = self._clock.doubt

    # the log

    def _catch_up(self, *, full: bool) -> Accepted | Rejected:
        """Read the log and bring what is new, or all of it, into the outbox."""
        if time.monotonic() - self._clock.measured_at > _FRESH_S:
            self._measure_clock()
        began = time.monotonic()
        read = self._book.read(self._source)
        self._rest_until = time.monotonic() + _REST * (time.monotonic() - began)
        if isinstance(read, Rejected):
            self._doubts["read-rejected"] = read.why
            self._rest_until = time.monotonic() + min(_AFTER_REJECTION_S, self._options.catch_up_s)
            self._show_doubts()
            return read
        self._doubts.pop("read-rejected", None)
        before = self._book.mark.count if self._book.mark is not None else 0
        if read.count < before:
            self._doubts["fewer-records"] = f"{read.count} records; there were {before}"
        self._doubts.pop("records-odd", None)
        if read.odd:
            self._doubts["records-odd"] = (
                f"{len(read.odd)} of {read.count} records, the last: {read.odd[-1].why}"
            )
        source = self._source_in(read.layout)
        self._clock.was_read(source.moment)
        self._book.keep(read, source, self._lives, full=full, offset_s=self._clock.before_s)
        self._lives.clear()
        self._hinted = False
        now = time.monotonic()
        self._read_at = now
        self._full_at = now if full or self._full_at == 0.0 else self._full_at
        return read

    def _poll(self) -> bool:
        """Ask for the record count; read the log if it does not fit to what is known, or if it is time.

        True if the log is wanted and must rest a little longer.
        """
        sizes = self._book.sizes()
        now = time.monotonic()
        self._tell(sizes)
        if now - self._clock.measured_at >= self._options.catch_up_s:
            self._measure_clock()
        self._keep_clock_right()
        full = now - self._full_at >= self._options.full_read_s
        late = now - self._read_at >= self._options.catch_up_s
        if not (full or self._changed(sizes) or (late and self._unsure(sizes))):
            return False
        if now < self._rest_until:
            return True
        self._catch_up(full=full)
        return False

    def _changed(self, sizes: Sizes) -> bool:
        mark = self._book.mark
        return self._hinted or mark is None or sizes.records != mark.count + len(self._lives)

    def _unsure(self, sizes: Sizes) -> bool:
        """Whether a count that fits says too little: live events are hints, and a full log stays full."""
        return bool(self._lives) or 0 < sizes.capacity <= sizes.records

    def _tell(self, sizes: Sizes) -> None:
        capacity = sizes.capacity or None
        if capacity is not None and sizes.records >= capacity * _FILLING:
            self._doubts["log-filling"] = f"{sizes.records} of {capacity} records"
        else:
            self._doubts.pop("log-filling", None)
        self._desk.ok(device=self._book.serial, records=sizes.records, capacity=capacity)
        self._show_doubts()

    def _show_doubts(self) -> None:
        reason = next((reason for reason in _DOUBTS if reason in self._doubts), None)
        if reason is not None:
            self._desk.doubt(reason, self._doubts[reason])
        elif self._doubted:
            self._desk.doubt("", "")
        self._doubted = reason is not None

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
                done = SetBy(None, None, "settings-wrong", f"this Pi knows no time zone {order.zone!r}")
            else:
                done = self._set_clock(zone)
        except ReaderFault as fault:
            done = SetBy(None, None, fault.reason, fault.evidence)
            self._desk.emit([done.outcome(order, self._desk.moment().utc)])
            raise
        self._desk.emit([done.outcome(order, self._desk.moment().utc)])

    def _set_clock(self, zone: ZoneInfo) -> SetBy:
        """Set it by a synchronised Pi, once the log that was written under the old time is read."""
        if self._desk.moment().trust != "synced":
            return SetBy(None, None, "clock-unsynced", "the Pi's own clock is not synchronised")
        self._measure_clock()
        read = self._catch_up(full=False)
        if isinstance(read, Rejected):
            return SetBy(None, None, "read-rejected", read.why)
        done, news = self._clock.set(zone, self._book.serial)
        if news:
            self._desk.emit(news)
        self._measure_clock()
        return done

    # live events

    def _hear(self, event: Event) -> None:
        """Emit a live event where it is plain what the log will say of it; else read the log soon."""
        if event.code != _ATTENDANCE:
            return
        live = decode_event(event.content)
        punch = None
        if live is not None and self._book.mark is not None and self._book.mark.size > 0:
            if isinstance(live.user, int) or self._source().by_slot:
                self._book.know_users(self._book.sizes())
            punch = self._source().of_event(live, event.content)
        if punch is None:
            self._hinted = True
            self._desk.count("events_unclear")
            return
        if self._desk.emit([punch]):
            self._lives[punch.punch_id] = punch

    # orders

    def _carry_out(self, order: RereadOrder) -> None:
        """Read the log again for a span of dates and some badges, and report what it holds."""
        try:
            read = self._catch_up(full=False)
        except ReaderFault as fault:
            self._desk.emit(
                [failure(order, self._name, self._desk.moment().utc, fault.reason, fault.evidence)]
            )
            raise
        at = self._desk.moment().utc
        if isinstance(read, Rejected):
            self._desk.emit([failure(order, self._name, at, "read-rejected", read.why)])
            return
        source = self._source_in(read.layout)
        wanted = [punch for punch in self._book.punches(read, source, "reread") if _belongs(order, punch)]
        self._book.emit(wanted)
        self._book.emit(reports(order, self._name, [punch.punch_id for punch in wanted], at))


def _belongs(order: RereadOrder, punch: Punch) -> bool:
    return punch.device_wall is not None and belongs(order, punch.badge.raw, punch.device_wall)
