"""What people ask of a terminal in a session: its log again, a count of it, its clock set, its users."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from edge.errors import ReaderFault
from edge.readers.reader import Desk
from edge.readers.rereads import answer, belongs, failure
from edge.readers.zkteco.clock import SetBy, TerminalClock, zone_named
from edge.readers.zkteco.counting import counted
from edge.readers.zkteco.logbook import Logbook
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, Rejected
from edge.readers.zkteco.records import Layout
from edge.readers.zkteco.roll import Roll
from wire.facts import Fact, OrderOutcome
from wire.order import AccountOrder, ClockOrder, EnrolOrder, RereadOrder
from wire.punch import Punch


class Errands:
    """Carries out the orders that wait at the desk; each is answered, also when the session breaks meanwhile.

    `read_log` brings what is new into the outbox and returns what was read, `measure_clock` measures it anew,
    `source_in` tells what punches of a layout have in common now.
    """

    def __init__(
        self,
        name: str,
        desk: Desk,
        book: Logbook,
        clock: TerminalClock,
        roll: Roll,
        *,
        read_log: Callable[[], Accepted | Rejected],
        measure_clock: Callable[[], None],
        source_in: Callable[[Layout], Source],
    ) -> None:
        self._name = name
        self._desk = desk
        self._book = book
        self._clock = clock
        self._roll = roll
        self._read_log = read_log
        self._measure_clock = measure_clock
        self._source_in = source_in

    def run(self) -> None:
        """Carry out all that wait. Raises the fault that breaks the session, after it was told."""
        if orders := self._desk.orders():
            self._carry_out(orders)
        for clock_order in self._desk.clock_orders():
            self._set_clock_on(clock_order)
        for enrol_order in self._desk.enrol_orders():
            self._enrol(enrol_order)
        for account_order in self._desk.account_orders():
            self._count(account_order)

    def _carry_out(self, orders: Sequence[RereadOrder]) -> None:
        """Read the log again, once for all that ask, and tell each what it holds for him."""
        try:
            read = self._read_log()
        except ReaderFault as fault:
            self._desk.emit(self._failures(orders, fault.reason, fault.evidence))
            raise
        if isinstance(read, Rejected):
            self._desk.emit(self._failures(orders, "read-rejected", read.why))
            return
        source = self._source_in(read.layout)
        for order in orders:
            wanted = partial(self._wanted, read, source, order)
            taken = partial(self._desk.taken, order)
            at, log = source.moment.utc, self._book.log(read)
            self._book.emit(answer(order, self._name, wanted, at, log, taken=taken))

    def _wanted(self, read: Accepted, source: Source, order: RereadOrder) -> Iterator[Punch]:
        return (punch for punch in self._book.punches(read, source, "reread") if _belongs(order, punch))

    def _failures(self, orders: Sequence[RereadOrder], reason: str, evidence: str) -> list[Fact]:
        at = self._desk.moment().utc
        return [failure(order, self._name, at, reason, evidence) for order in orders]

    def _count(self, order: AccountOrder) -> None:
        """Read the log again for a count of what it holds of a span."""
        try:
            read = self._read_log()
        except ReaderFault as fault:
            self._desk.uncounted(order, fault.reason, fault.evidence)
            raise
        if isinstance(read, Rejected):
            self._desk.uncounted(order, "read-rejected", read.why)
        else:
            census = counted(read, self._source_in(read.layout), self._book.log(read), order.span)
            self._desk.census(census, order)

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

    def _set_clock_on(self, order: ClockOrder) -> None:
        """Set the clock because a person wants it, and tell what became of it."""
        try:
            zone = zone_named(order.zone)
            if zone is None:
                done = SetBy("settings-wrong", f"this Pi knows no time zone {order.zone!r}")
            else:
                done = self.set_clock(zone)
        except ReaderFault as fault:
            done = SetBy(fault.reason, fault.evidence)
            self._desk.emit([done.outcome(order, self._desk.moment().utc)])
            raise
        self._desk.emit([done.outcome(order, self._desk.moment().utc)])

    def set_clock(self, zone: ZoneInfo) -> SetBy:
        """Set it by a synchronised Pi, once the log that was written under the old time is read."""
        if self._desk.moment().trust != "synced":
            return SetBy("clock-unsynced", "the Pi's own clock is not synchronised")
        self._measure_clock()
        read = self._read_log()
        if isinstance(read, Rejected):
            return SetBy("read-rejected", read.why)
        done, news = self._clock.set(zone, self._book.serial)
        if news:
            self._desk.emit(news)
        self._measure_clock()
        return done


def _belongs(order: RereadOrder, punch: Punch) -> bool:
    return punch.device_wall is not None and belongs(order, punch.badge.raw, punch.device_wall)
