"""One order under way at a terminal that pushes: what came for it, and when it is done or has failed.

A terminal sends the records of a span as uploads like any other and the result of the command beside them;
most send the result last, some first. So an order is done when there is a result and nothing more came
for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time

from edge.readers.rereads import belongs
from edge.readers.zkteco_push.commands import query_attlog
from wire.order import RereadOrder
from wire.punch import Punch

DONE = 0
NOTHING = -1
"""The return code of a terminal that holds no record of the span."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an order ended: `reason` is "" if the terminal carried it out, else a word of `wire.reasons`."""

    reason: str
    evidence: str


@dataclass(slots=True)
class Resending:
    """An order that was given as command `command`. Seconds are those of a clock that never steps.

    `within_s` is the patience without any progress, and the longest wait for what comes behind the
    result; it is over earlier when nothing came for `settle_s`.
    """

    order: RereadOrder
    command: int
    progress_s: float
    within_s: float
    settle_s: float
    code: int | None = None
    answered_s: float = 0.0
    punches: dict[str, Punch] = field(default_factory=dict)

    @staticmethod
    def command_for(order: RereadOrder) -> str:
        """The command that asks for the order's whole dates."""
        return query_attlog(
            datetime.combine(order.span.first, time.min), datetime.combine(order.span.last, time(23, 59, 59))
        )

    def wants(self, pin: str, wall: datetime) -> bool:
        """Whether a record belongs to the order."""
        return belongs(self.order, pin, wall)

    def stored(self, punches: Iterable[Punch], now_s: float) -> None:
        """Note punches of the order that are in the outbox now."""
        self.punches.update((punch.punch_id, punch) for punch in punches)
        self.progress_s = now_s

    def answered(self, code: int, now_s: float) -> None:
        """Note the result of the command."""
        self.code = code
        self.progress_s = self.answered_s = now_s

    def outcome(self, now_s: float, now: datetime) -> Outcome | None:
        """How it ended; None while it is under way."""
        quiet_s = now_s - self.progress_s
        if self.code is None:
            seen = f"no result for {quiet_s:.0f} s; {len(self.punches)} records came"
            if now >= self.order.expires_at:
                return Outcome("expired", seen)
            return Outcome("no-answer", seen) if quiet_s >= self.within_s else None
        if quiet_s < self.settle_s and now_s - self.answered_s < self.within_s:
            return None
        if self.punches or self.code in (DONE, NOTHING):
            return Outcome("", "" if self.code == DONE else f"the terminal returned {self.code}")
        return Outcome("command-refused", f"the terminal returned {self.code}")
