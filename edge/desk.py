"""The desk of one reader: all that it may use of the daemon, and what the daemon knows of its health."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from edge import kept
from edge.buffer.outbox import Outbox
from edge.census import Census
from edge.errors import ReaderFault
from edge.holding import Holding
from edge.inbox import DeviceOrder, Inbox
from edge.kernel import Timekeeper
from edge.orders import OrderBook
from edge.readers.identity import memoryless_punch_id
from edge.readers.reader import Moment
from edge.readers.rereads import from_outbox
from ground.journal import Journal
from wire.facts import Fact, OrderOutcome, RereadReport
from wire.order import AccountOrder, ClockOrder, EnrolOrder, RereadOrder
from wire.punch import Punch
from wire.vitals import ReaderState, ReaderVital


class Counter:
    """Numbers the punches of readers without memory, unique within `life`: this start of this daemon.

    Nothing in the outbox would do in its place: a copy of the card in a second Pi has all of that, too.
    """

    def __init__(self) -> None:
        self.life = uuid.uuid4().hex
        self._next = 0
        self._lock = threading.Lock()

    def take(self) -> int:
        """The next number."""
        with self._lock:
            self._next += 1
            return self._next


class ReaderDesk:
    """Serves one reader's thread (`edge.readers.reader.Desk`); the daemon reads `vital` and `seen_at`."""

    def __init__(
        self, name: str, outbox: Outbox, timekeeper: Timekeeper, book: OrderBook, counter: Counter
    ) -> None:
        self.name = name
        self.seen_at = time.monotonic()
        self.stopping = threading.Event()
        self.changed: Callable[[], None] = lambda: None
        """Called when the reader's state or trouble changed, so that the board hears of it at once."""
        self.counted: Callable[[Census | None, AccountOrder | None, str, str], None] = lambda *_: None
        """Called with a census, the order that it answers, or why there is none."""
        self.answer: Callable[[Punch, bool], None] = lambda *_: None
        """Called with each punch that was made just now, once it is committed, and whether it was new."""
        self._outbox = outbox
        self._timekeeper = timekeeper
        self._book = book
        self._counter = counter
        self._journal = Journal(f"reader:{name}")
        self._inbox = Inbox()
        self._counts: dict[str, int] = {}
        self._doubt_before = ("", "")
        self._holding = Holding(name, outbox, self.wait, self._held)
        self._vital = ReaderVital(reader=name, state="starting", since=datetime.now(UTC), reason="starting")

    def wait(self, seconds: float) -> bool:
        """Sleep or stop."""
        self.seen_at = time.monotonic()
        stop = self.stopping.wait(max(seconds, 0.0))
        self.seen_at = time.monotonic()
        return stop

    def moment(self) -> Moment:
        """The Pi's time."""
        return self._timekeeper.now()

    def emit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Commit facts. While the outbox refuses, hold them and try again: they exist nowhere else.

        Raises Lost if the daemon is stopped meanwhile.
        """
        self.seen_at = time.monotonic()
        facts = [*facts, *self._outcomes(facts)]
        fresh = self._holding.commit(facts, memo)
        for fact in facts:
            if isinstance(fact, OrderOutcome):
                self._book.closed(fact.order_id)
        self._punched(facts, fresh)
        return fresh

    def offer(self, facts: Sequence[Fact]) -> bool:
        """Commit facts, or leave them to the reader while the outbox refuses."""
        self.seen_at = time.monotonic()
        fresh = self._holding.offer(facts)
        if fresh is None:
            return False
        self._punched(facts, fresh)
        return True

    def _punched(self, facts: Sequence[Fact], fresh: int) -> None:
        punches = [fact for fact in facts if isinstance(fact, Punch)]
        if punches:
            self._see(last_punch=datetime.now(UTC))
        for punch in punches:
            if punch.how == "live":
                self.answer(punch, fresh > 0)

    def _held(self, told: str) -> None:
        """Tell at the reader's own line that its facts are not safe, and afterwards what was told before."""
        if told and self._vital.reason != "outbox-failed":
            self._doubt_before = (self._vital.reason, self._vital.evidence)
        reason, evidence = ("outbox-failed", told) if told else self._doubt_before
        self._see(reason=reason, evidence=evidence)

    @property
    def stored(self) -> bool:
        """Whether the outbox took what the reader emitted last."""
        return self._holding.stored

    def local_id(self, at: datetime) -> str:
        """An id for a punch of a reader without memory."""
        return memoryless_punch_id(self._counter.life, self._counter.take(), at)

    def recall(self) -> dict[str, str]:
        """The reader's memo."""
        return self._outbox.recall(self.name)

    def orders(self) -> list[RereadOrder]:
        """Take the orders that are still good; those that the outbox can answer are answered here."""
        good, expired = self._inbox.take(RereadOrder, self._timekeeper.now().utc)
        self._give_up(expired, "expired", "")
        for order in good:
            if order.source == "outbox":
                from_outbox(self, self.name, order)
        return [order for order in good if order.source == "device"]

    def clock_orders(self) -> list[ClockOrder]:
        """Take the orders to set the device's clock that are still good."""
        good, expired = self._inbox.take(ClockOrder, self._timekeeper.now().utc)
        self._not_done(expired, "expired", "expired", "")
        return good

    def enrol_orders(self) -> list[EnrolOrder]:
        """Take the orders for the device's users that are still good."""
        good, expired = self._inbox.take(EnrolOrder, self._timekeeper.now().utc)
        self._not_done(expired, "expired", "expired", "")
        return good

    def account_orders(self) -> list[AccountOrder]:
        """Take the orders to count the device's log that are still good; the others were answered without."""
        good, expired = self._inbox.take(AccountOrder, self._timekeeper.now().utc)
        for order in expired:
            self.uncounted(order, "expired", "")
        return good

    def census(self, census: Census, order: AccountOrder | None = None) -> None:
        """Pass on what the device's log holds."""
        self.counted(census, order, "", "")

    def uncounted(self, order: AccountOrder, reason: str, evidence: str) -> None:
        """Pass on why an order goes without the device's log."""
        self.counted(None, order, reason, evidence)

    def resend(self, order: RereadOrder) -> list[str]:
        """Queue this reader's punches of the order's span and badges again."""
        wanted = {punch.punch_id: seq for seq, punch in kept.rows(self._outbox, self.name, order)}
        self._outbox.resend(wanted.values())
        return list(wanted)

    def kept(self, order: RereadOrder) -> Iterator[Punch]:
        """This reader's punches of the order's span and badges, each once."""
        return kept.punches(self._outbox, self.name, order)

    def taken(self, order: RereadOrder, device: frozenset[bytes]) -> Iterator[bytes]:
        """The ids of what the outbox ever took of the order's dates, as far as it knows whose it was."""
        return kept.taken(self._outbox, self.name, order, device)

    def ok(self, **seen: Any) -> None:
        """Note that the device answered."""
        if self._vital.state != "ok":
            self._journal.info("reader_ok", after=self._vital.state, **seen)
            self._see(state="ok", since=datetime.now(UTC), reason="", evidence="")
        self._see(last_contact=datetime.now(UTC), **seen)

    def doubt(self, reason: str, evidence: str) -> None:
        """Note a trouble of a working device, or with an empty reason its end."""
        if reason and self._vital.reason != reason:
            self._journal.warning(reason.replace("-", "_"), evidence=evidence)
        self._see(reason=reason, evidence=evidence)

    def count(self, what: str, by: int = 1) -> None:
        """Add to a counter."""
        self._counts[what] = self._counts.get(what, 0) + by

    # what the supervisor does at the desk

    @property
    def vital(self) -> ReaderVital:
        """The reader's health now."""
        return msgspec.structs.replace(self._vital, counts=dict(self._counts))

    def give(self, order: DeviceOrder) -> None:
        """Put an order into the reader's inbox."""
        self._inbox.give(order)

    def pause(self, seconds: float) -> None:
        """Wait between two sessions; an order from a person or the end of the daemon cuts it short."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._inbox:
            if self.wait(min(left, 1.0)):
                break

    def failed(self, state: ReaderState, fault: ReaderFault) -> None:
        """Note how a session ended, and answer the orders that it leaves undone."""
        if self.stopping.is_set():
            return
        known = self._vital.state == state and self._vital.reason == fault.reason
        tell = self._journal.debug if known else self._journal.warning
        tell("reader_failed", state=state, reason=fault.reason, evidence=fault.evidence)
        since = self._vital.since if known else datetime.now(UTC)
        self._see(state=state, since=since, reason=fault.reason, evidence=fault.evidence)
        self._give_up(self.orders(), fault.reason, fault.evidence)
        undone: list[ClockOrder | EnrolOrder] = [*self.clock_orders(), *self.enrol_orders()]
        self._not_done(undone, "failed", fault.reason, fault.evidence)
        for order in self.account_orders():
            self.uncounted(order, fault.reason, fault.evidence)

    def _give_up(self, orders: Sequence[RereadOrder], reason: str, evidence: str) -> None:
        at = datetime.now(UTC)
        for order in orders:
            report = RereadReport(
                order_id=order.order_id,
                reader=self.name,
                outcome="failed",
                at=at,
                reason=reason,
                evidence=evidence,
            )
            self.emit([report])

    def _not_done(
        self,
        orders: Sequence[ClockOrder | EnrolOrder],
        outcome: Literal["expired", "failed"],
        reason: str,
        evidence: str,
    ) -> None:
        at = datetime.now(UTC)
        for order in orders:
            self.emit(
                [
                    OrderOutcome(
                        order_id=order.order_id, outcome=outcome, at=at, reason=reason, evidence=evidence
                    )
                ]
            )

    def _see(self, **changes: Any) -> None:
        before, self._vital = self._vital, msgspec.structs.replace(self._vital, **changes)
        if (before.state, before.reason) != (self._vital.state, self._vital.reason):
            self.changed()

    def _outcomes(self, facts: Sequence[Fact]) -> list[Fact]:
        reports = [fact for fact in facts if isinstance(fact, RereadReport) and fact.part == fact.parts]
        outcomes = [self._book.reported(report.order_id, self.name, report.at) for report in reports]
        return [outcome for outcome in outcomes if outcome is not None]
