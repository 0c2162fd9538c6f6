"""The protocol between a reader and the daemon: what a reader is, and the desk that it works at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

import msgspec

from edge.census import Census
from wire.facts import Fact
from wire.order import AccountOrder, ClockOrder, EnrolOrder, RereadOrder
from wire.punch import Clock, DeviceKind, Punch, Trust


@dataclass(frozen=True, slots=True)
class Moment:
    """The Pi's time at an instant: UTC, how far to trust it, and the boot and uptime behind it."""

    utc: datetime
    trust: Trust
    boot_id: str
    uptime_s: float

    @property
    def booted_s(self) -> float:
        """When the boot began, in epoch seconds by the Pi's clock; it moves as that is set."""
        return self.utc.timestamp() - self.uptime_s

    def clock(self, offset_s: float | None = None, before_s: float | None = None) -> Clock:
        """The same as the wire wants it.

        `offset_s` is terminal minus Pi where it was measured, `before_s` what it was at the reading before.
        """
        return Clock(
            trust=self.trust,
            boot_id=self.boot_id,
            uptime_s=self.uptime_s,
            offset_s=offset_s,
            offset_before_s=before_s,
        )


class Desk(Protocol):
    """All that a reader may use of the daemon. Only the reader's own thread calls it."""

    def wait(self, seconds: float) -> bool:
        """Sleep, or wake when the daemon stops. True means: stop now.

        Every loop of a reader must come by here or at `emit` at least every 10 s: it is also how the
        watchdog knows that the reader makes progress.
        """

    def moment(self) -> Moment:
        """The Pi's time now."""

    def emit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Commit facts to the outbox and return how many were new; durable when it returns.

        Punches that the outbox has seen are passed over; those with how="reread" only while the same
        punch still waits for its receipt. `memo` is stored in the same transaction and
        comes back from `recall` after a restart.
        """

    def offer(self, facts: Sequence[Fact]) -> bool:
        """Commit facts to the outbox if it takes them now; durable if this is True.

        If not, the reader keeps them and offers them again. It is for devices that remember nothing: what
        they say while the outbox refuses would be read too late, or never.
        """

    def local_id(self, at: datetime) -> str:
        """A new punch id for a reader without a memory of its own."""

    def recall(self) -> dict[str, str]:
        """The memo of this reader as last stored, empty at first."""

    def orders(self) -> list[RereadOrder]:
        """Take the orders that wait for this reader. Each must be answered by `RereadReport` facts."""

    def clock_orders(self) -> list[ClockOrder]:
        """Take the orders to set the device's clock. Each must be answered by an `OrderOutcome`.

        They come only to readers whose class says `sets_clock = True`.
        """

    def enrol_orders(self) -> list[EnrolOrder]:
        """Take the orders for the device's users. Each must be answered by `UserTable` and `OrderOutcome`.

        They come only to readers whose class says `keeps_users = True`.
        """

    def account_orders(self) -> list[AccountOrder]:
        """Take the orders to count the device's log. Each must be answered by `census` or `uncounted`.

        They come only to readers whose class says `takes_census = True`.
        """

    def census(self, census: Census, order: AccountOrder | None = None) -> None:
        """Tell what the device's log holds, because it was read, or because an order wants it."""

    def uncounted(self, order: AccountOrder, reason: str, evidence: str) -> None:
        """Tell why the log could not be counted: a word of `wire.reasons`, and what was seen."""

    def resend(self, order: RereadOrder) -> list[str]:
        """For readers without memory: queue the outbox's own punches of the order's span again.

        Returns their punch ids, which the report then names.
        """

    def kept(self, order: RereadOrder) -> Iterator[Punch]:
        """This reader's punches of the order's span and badges that the outbox still keeps, each once."""

    def taken(self, order: RereadOrder, device: frozenset[bytes]) -> Iterator[bytes]:
        """The ids of this reader's punches of the order's dates that the outbox ever took, ascending.

        Where the order names badges: those of them that the device holds, and those whose rows are still
        there to tell the badge.
        """

    def ok(self, **seen: Any) -> None:
        """Tell that the device answered just now.

        `seen` may carry fields of `wire.vitals.ReaderVital`: device, records, capacity, and
        clock_offset_s with clock_at.
        """

    def doubt(self, reason: str, evidence: str) -> None:
        """Tell that the device works but something is wrong with it: a word of `wire.reasons`.

        An empty reason tells that it is over.
        """

    def count(self, what: str, by: int = 1) -> None:
        """Add to a counter that the heartbeat carries (`repeats_suppressed`, `frames_rejected`)."""


class Reader(Protocol):
    """One device. Its constructor does nothing but keep what it is given."""

    Options: ClassVar[type[msgspec.Struct]]
    """The reader's own keys in its `[[reader]]` section.

    It may have a property `claims`, a text: two readers with the same are a mistake in edge.toml.
    """
    device_kind: ClassVar[DeviceKind]

    def __init__(self, name: str, options: Any) -> None: ...

    def session(self, desk: Desk) -> None:
        """Open the device, read it until `desk.wait` says stop, close it.

        Raises Unreachable, Lost or Misconfigured and nothing else on purpose; the supervisor
        calls again after the pause that the error deserves.
        """
