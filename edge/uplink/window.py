"""Decides which facts may go out, and when to go back and send them again.

Go-back-N over the sequence numbers of the outbox: at most `limit` facts without a receipt are under
way. It goes back to the settled mark when the connection or central was lost, when central repeats a
receipt (it saw a gap), and when no receipt came for `patience_s`.

A receipt counts only as far as this life of the daemon has sent: the file may be an older copy, whose
numbers stood for other facts when central gave the receipt.
"""

from dataclasses import dataclass

LIMIT = 1000
"""Facts under way at the most (wire.md, guarantee 5)."""
PATIENCE_S = 10.0
LONGEST_PATIENCE_S = 60.0
CALM_S = 1.0
"""After going back, further repeated receipts are echoes of the same gap for this long."""


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
        self._go_back(now)

    def close(self) -> None:
        """Broker or central went away: hold everything."""
        self.is_open = False
        self.unconfirmed_since = None

    def room(self) -> int:
        """How many further facts may go out now."""
        return self.limit - self.under_way if self.is_open else 0

    def went_out(self, upto: int, now: float) -> None:
        """Facts up to `upto` were handed to the broker."""
        if not self.under_way:
            self.waiting_since = now
        if self.unconfirmed_since is None:
            self.unconfirmed_since = now
        self.sent = max(self.sent, upto)
        self.reached = max(self.reached, upto)

    def is_strange(self, upto: int) -> bool:
        """Whether a receipt is for numbers that were never given: the file is an older copy of itself."""
        return upto > max(self.known, self.reached)

    def receipt(self, upto: int, now: float) -> bool:
        """Take a receipt; True if it moved the settled mark.

        Older receipts are ignored; the same receipt again, while facts are under way, is central's
        way to say that it misses what follows.
        """
        upto = min(upto, self.reached)
        if upto > self.settled:
            self.settled = upto
            self.sent = max(self.sent, upto)
            self.waiting_since = now
            self.patience_s = PATIENCE_S
            self.unconfirmed_since = now if self.under_way else None
            return True
        if upto == self.settled and self.under_way and now - self.went_back_at >= CALM_S:
            self._go_back(now)
        return False

    @property
    def due(self) -> float:
        """When `tick` has to look again whether receipts are late; never while nothing is under way."""
        return self.waiting_since + self.patience_s if self.is_open and self.under_way else float("inf")

    def tick(self, now: float) -> bool:
        """Go back if no receipt came in time; True if it did."""
        if now < self.due:
            return False
        self.patience_s = min(2 * self.patience_s, LONGEST_PATIENCE_S)
        self._go_back(now)
        return True

    def unconfirmed_s(self, now: float) -> float:
        """How long facts have been with an open broker and central without any receipt."""
        return 0.0 if self.unconfirmed_since is None else now - self.unconfirmed_since

    def _go_back(self, now: float) -> None:
        self.sent = self.settled
        self.waiting_since = now
        self.went_back_at = now
