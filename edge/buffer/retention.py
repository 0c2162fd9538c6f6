"""Lets settled facts go when their days are over: many in one transaction, for each costs a sync."""

from edge.buffer.outbox import Outbox

EVERY_S = 24 * 3600.0
"""How often the file is looked through, and the settled mark written down, while the disk has room."""
PIECE = 2000
"""Rows of one transaction; while there are more, each turn takes so many."""
_DAY_MS = 86_400_000


class Retention:
    """Settled facts stay `keep_days`; where the disk is low, none that may go stays."""

    def __init__(self, outbox: Outbox, keep_days: int) -> None:
        self._outbox = outbox
        self._keep_ms = keep_days * _DAY_MS
        self._due_s = float("-inf")

    def turn(self, now_ms: int, now_s: float, *, disk_low: bool) -> int:
        """Delete what is due; how many rows went. `now_s` is monotonic. Raises OutboxError."""
        if now_s < self._due_s and not disk_low:
            return 0
        gone = self._outbox.prune(now_ms - (0 if disk_low else self._keep_ms), PIECE)
        self._due_s = now_s if gone == PIECE else now_s + EVERY_S
        return gone
