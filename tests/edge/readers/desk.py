"""A whole desk in memory: what a reader emits, tells and counts can be looked at and waited for."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from edge.census import Census
from edge.errors import ReaderFault
from edge.readers.identity import memoryless_punch_id
from edge.readers.reader import Moment, Reader
from wire.facts import Fact
from wire.order import AccountOrder, ClockOrder, EnrolOrder, RereadOrder
from wire.punch import Punch, Trust

DEADLINE_S = 60.0


class MemoryDesk:
    """Serves one reader as the daemon does; its facts stay in memory and its clock is the machine's."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.memo: dict[str, str] = {}
        self.waiting_orders: list[RereadOrder] = []
        self.waiting_clock_orders: list[ClockOrder] = []
        self.waiting_account_orders: list[AccountOrder] = []
        self.waiting_enrol_orders: list[EnrolOrder] = []
        self.censuses: list[tuple[Census, AccountOrder | None]] = []
        self.not_counted: list[tuple[AccountOrder, str, str]] = []
        self.oks: list[dict[str, Any]] = []
        self.doubts: list[tuple[str, str]] = []
        self.counts: dict[str, int] = {}
        self.waits = 0
        self.trust: Trust = "synced"
        self.off = timedelta(0)
        self.stopping = threading.Event()
        self._ids: set[str] = set()
        self._numbered = 0

    def wait(self, seconds: float) -> bool:
        """Sleep or stop."""
        self.waits += 1
        return self.stopping.wait(max(seconds, 0.0))

    def moment(self) -> Moment:
        """The machine's time, trusted unless told otherwise, and off by as much as told."""
        utc = datetime.now(UTC) + self.off
        return Moment(utc=utc, trust=self.trust, boot_id="test-boot", uptime_s=time.monotonic())

    def emit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Keep facts; pass over punches that are known, unless they are read again on order."""
        fresh = [fact for fact in facts if not self._known(fact)]
        self.facts += fresh
        self._ids |= {fact.punch_id for fact in fresh if isinstance(fact, Punch)}
        self.memo |= memo or {}
        return len(fresh)

    def offer(self, facts: Sequence[Fact]) -> bool:
        """Keep facts."""
        self.emit(facts)
        return True

    def local_id(self, at: datetime) -> str:
        """A numbered id of an outbox called `test-outbox`."""
        self._numbered += 1
        return memoryless_punch_id("test-outbox", self._numbered, at)

    def recall(self) -> dict[str, str]:
        """The memo."""
        return dict(self.memo)

    def orders(self) -> list[RereadOrder]:
        """Take the waiting orders."""
        taken, self.waiting_orders = self.waiting_orders, []
        return taken

    def clock_orders(self) -> list[ClockOrder]:
        """Take the waiting orders for the clock."""
        taken, self.waiting_clock_orders = self.waiting_clock_orders, []
        return taken

    def enrol_orders(self) -> list[EnrolOrder]:
        """Take the waiting orders for users."""
        taken, self.waiting_enrol_orders = self.waiting_enrol_orders, []
        return taken

    def account_orders(self) -> list[AccountOrder]:
        """Take the waiting orders to count."""
        taken, self.waiting_account_orders = self.waiting_account_orders, []
        return taken

    def census(self, census: Census, order: AccountOrder | None = None) -> None:
        """Keep a census, and the order that it was taken for."""
        self.censuses.append((census, order))

    def uncounted(self, order: AccountOrder, reason: str, evidence: str) -> None:
        """Keep why a log was not counted."""
        self.not_counted.append((order, reason, evidence))

    def resend(self, order: RereadOrder) -> list[str]:
        """The ids of the punches in the order's span and badges; nothing is sent from memory."""
        return [punch.punch_id for punch in self.kept(order)]

    def kept(self, order: RereadOrder) -> Iterator[Punch]:
        """The punches in the order's span and badges."""
        for punch in self.punches:
            badges = {punch.badge.raw, punch.badge.canon}
            if order.span.first <= punch.read_at.date() <= order.span.last and (
                order.badges is None or badges & set(order.badges)
            ):
                yield punch

    def taken(self, order: RereadOrder, device: frozenset[bytes]) -> Iterator[bytes]:
        """The ids of the punches that the device holds, too."""
        del order
        yield from sorted(device & {bytes.fromhex(punch.punch_id) for punch in self.punches})

    def ok(self, **seen: Any) -> None:
        """Note that the device answered."""
        self.oks.append(seen)

    def doubt(self, reason: str, evidence: str) -> None:
        """Note a trouble; an empty reason ends it."""
        self.doubts.append((reason, evidence))

    def count(self, what: str, by: int = 1) -> None:
        """Add to a counter."""
        self.counts[what] = self.counts.get(what, 0) + by

    @property
    def punches(self) -> list[Punch]:
        """The punches among the facts."""
        return [fact for fact in self.facts if isinstance(fact, Punch)]

    @property
    def cards(self) -> list[str]:
        """The cards of the punches, canonical where they have such a form."""
        return [punch.badge.canon or punch.badge.raw for punch in self.punches]

    def until(self, holds: Callable[["MemoryDesk"], bool], told: str = "") -> None:
        """Wait until something holds of this desk; fail with what it saw after `DEADLINE_S`."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds(self):
            assert time.monotonic() < deadline, told or f"{self.facts} {self.oks} {self.doubts} {self.counts}"
            time.sleep(0.005)

    def _known(self, fact: Fact) -> bool:
        return isinstance(fact, Punch) and fact.how != "reread" and fact.punch_id in self._ids


class Session:
    """One session of a reader in a thread of its own, as the supervisor runs it."""

    def __init__(self, reader: Reader, desk: MemoryDesk) -> None:
        self.desk = desk
        self._reader = reader
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.desk.stopping.set()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "the session did not end"

    def fault(self) -> ReaderFault:
        """Wait for the session to end by itself, and return what it raised."""
        self._thread.join(DEADLINE_S)
        assert isinstance(self._fault, ReaderFault), self._fault
        return self._fault

    @property
    def failed(self) -> Exception | None:
        """What the session raised so far, if it has."""
        return self._fault

    def stop(self) -> float:
        """Ask the session to stop; return how many seconds it took."""
        started = time.monotonic()
        self.desk.stopping.set()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "the session did not stop"
        assert self._fault is None, self._fault
        return time.monotonic() - started

    def _run(self) -> None:
        try:
            self._reader.session(self.desk)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self._fault = error
