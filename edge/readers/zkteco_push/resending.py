"""One span of a terminal's own log that is asked for: what came of it, and when it is done or has failed.

A terminal sends the records of a span as uploads like any other and the result of the command beside them;
most send the result last, some first. So a question is answered when there is a result and nothing more came
for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time

from edge.readers.rereads import belongs
from edge.readers.zkteco_push.commands import query_attlog
from wire.facts import Span
from wire.order import AccountOrder, RereadOrder
from wire.punch import Punch

DONE = 0
NOTHING = -1
"""The return code of a terminal that holds no record of the span."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a question ended: `reason` is "" if the terminal answered it, else a word of `wire.reasons`."""

    reason: str
    evidence: str


@dataclass(slots=True)
class Resending:
    """A span that was asked for at `asked_at` as command `command`, for an order, or by the edge itself.

    Seconds are those of a clock that never steps. `within_s` is the patience without any progress, and the
    longest wait for what comes behind the result; it is over earlier when nothing came for `settle_s`.
    `ids` are of what came of the span and is in the outbox, `begins` is the oldest time among it; `punches`
    are kept for orders to read again.
    """

    order: RereadOrder | AccountOrder | None
    span: Span
    asked_at: datetime
    command: int
    progress_s: float
    within_s: float
    settle_s: float
    code: int | None = None
    answered_s: float = 0.0
    ids: set[bytes] = field(default_factory=set)
    begins: datetime | None = None
    punches: dict[str, Punch] = field(default_factory=dict)

    @staticmethod
    def command_for(span: Span) -> str:
        """The command that asks for whole dates."""
        return query_attlog(
            datetime.combine(span.first, time.min), datetime.combine(span.last, time(23, 59, 59))
        )

    @property
    def again(self) -> bool:
        """Whether the order wants what came to be sent once more, known or not."""
        return isinstance(self.order, RereadOrder) and self.order.known is None

    def wants(self, pin: str, wall: datetime) -> bool:
        """Whether a record belongs to what was asked for."""
        if isinstance(self.order, RereadOrder):
            return belongs(self.order, pin, wall)
        return self.span.first <= wall.date() <= self.span.last

    def stored(self, punches: Iterable[Punch], now_s: float) -> None:
        """Note punches that were asked for and are in the outbox now."""
        for punch in punches:
            self.ids.add(bytes.fromhex(punch.punch_id))
            if punch.device_wall is not None:
                self.begins = min(self.begins or punch.device_wall, punch.device_wall)
            if isinstance(self.order, RereadOrder):
                self.punches[punch.punch_id] = punch
        self.progress_s = now_s

    def answered(self, code: int, now_s: float) -> None:
        """Note the result of the command."""
        self.code = code
        self.progress_s = self.answered_s = now_s

    def outcome(self, now_s: float, now: datetime) -> Outcome | None:
        """How it ended; None while it is under way."""
        quiet_s = now_s - self.progress_s
        if self.code is None:
            seen = f"no result for {quiet_s:.0f} s; {len(self.ids)} records came"
            if self.order is not None and now >= self.order.expires_at:
                return Outcome("expired", seen)
            return Outcome("no-answer", seen) if quiet_s >= self.within_s else None
        if quiet_s < self.settle_s and now_s - self.answered_s < self.within_s:
            return None
        if self.ids or self.code in (DONE, NOTHING):
            return Outcome("", "" if self.code == DONE else f"the terminal returned {self.code}")
        return Outcome("command-refused", f"the terminal returned {self.code}")
