"""Decides which facts may go out, and when to go back and send them again.

Go-back-N over the sequence numbers of the outbox: at most `limit` facts without a receipt are under
way. It begins with few and doubles them with each receipt: when central comes back to hundreds of edges,
all of them send at once, and that it is busy then must not be taken for a loss. It goes back to the settled
mark when the connection or central was lost, when a receipt tells of a gap, and when no receipt came for
`patience_s`.

A receipt counts only as far as this life of the daemon has sent: the file may be an older copy, whose
numbers stood for other facts when central gave the receipt.
"""

from dataclasses import dataclass

LIMIT = 1000
"""Facts under way at the most (wire.md, guarantee 5)."""
FIRST = 125
"""Facts under way at the most before the first receipt; three times doubled they are the limit."""
PATIENCE_S = 10.0
"""How long a receipt may be late; where the last one took more than half of it, twice what that one took."""
LONGEST_PATIENCE_S = 60.0
CALM_S = 1.0
"""After going back, what further receipts tell of a gap are echoes of the same one for this long."""


@dataclass(slots=True)
class Window:
    """The state of one stream. Times are monotonic seconds, all else that counts are sequence numbers.

    `known` is the newest number that the outbox held when this life of the daemon began, `reached` the
    highest that was handed to the broker since.
    """

    settled: int
    known: int = 0
    limit: int = LIMIT
    sent: int = 0
    reached: int = 0
    is_open: bool = False
    allowed: int = FIRST
    patience_s: float = PATIENCE_S
    waiting_since: float = 0.0
    went_back_at: float = float("-inf")
    unconfirmed_since: float | None = None

    def __post_init__(self) -> None:
        self.sent = max(self.sent, self.settled)
        self.reached = max(self.reached, self.settled)

    @property
    def under_way(self) -> int:
        """Facts sent and not receipted."""
        return self.sent - self.settled

    def open(self, now: float) -> None:
        """Broker and central are there: everything without a receipt may go out."""
        self.is_open = True
        self.allowed = FIRST
        self._go_back(now)

    def close(self) -> None:
        """Broker or central went away: hold everything."""
        self.is_open = False
        self.unconfirmed_since = None

    def room(self) -> int:
        """How many further facts may go out now."""
        return min(self.allowed, self.limit) - self.under_way if self.is_open else 0

    def went_out(self, upto: int, now: float) -> None:
        """Facts up to `upto` were handed to the broker."""
        if not self.under_way:
            self.waiting_since = now
        if self.unconfirmed_since is None:
            self.unconfirmed_since = now
        self.sent = max(self.sent, upto)
        self.reached = max(self.reached, upto)

    def went_ahead(self, seq: int) -> None:
        """A fact overtook those that wait; if nothing is missing before it, a receipt may cover it."""
        self.reached = max(self.reached, seq)

    def is_strange(self, upto: int) -> bool:
        """Whether a receipt is for numbers that were never given: the file is an older copy of itself."""
        return upto > max(self.known, self.reached)

    def receipt(self, upto: int, now: float, *, gap: bool = False) -> bool:
        """Take a receipt; True if it moved the settled mark.

        Older receipts are ignored, and the same one again says nothing new: of several centrals each may
        give it. Only a `gap` behind the mark asks for what is under way.
        """
        upto = min(upto, self.reached)
        moved = upto > self.settled
        if moved:
            self.patience_s = min(max(PATIENCE_S, 2 * self.unconfirmed_s(now)), LONGEST_PATIENCE_S)
            self.allowed = min(2 * self.allowed, self.limit)
            self.settled = upto
            self.sent = max(self.sent, upto)
            self.waiting_since = now
            self.unconfirmed_since = now if self.under_way else None
        if gap and upto == self.settled and self.under_way and now - self.went_back_at >= CALM_S:
            self._go_back(now)
        return moved

    @property
    def due(self) -> float:
        """When `tick` has to look again whether receipts are late; never while nothing is under way."""
        return self.waiting_since + self.patience_s if self.is_open and self.under_way else float("inf")

    def tick(self, now: float) -> bool:
        """Go back if no receipt came in time; True if it did."""
        if now < self.due:
            return False
        self.patience_s = min(2 * self.patience_s, LONGEST_PATIENCE_S)
        self.allowed = FIRST
        self._go_back(now)
        return True

    def unconfirmed_s(self, now: float) -> float:
        """How long facts have been with an open broker and central without any receipt."""
        return 0.0 if self.unconfirmed_since is None else now - self.unconfirmed_since

    def _go_back(self, now: float) -> None:
        self.sent = self.settled
        self.waiting_since = now
        self.went_back_at = now
