"""Lets settled facts go when their days are over: many in one transaction, for each costs a sync.

When a fact was read is nothing to go by: a Pi without a clock chip dates what it reads months back until a
server tells it the time. So the dates are counted that began since, while the time was known.
"""

from datetime import date

import msgspec

from edge.buffer.outbox import Outbox

EVERY_S = 24 * 3600.0
"""How often the file is looked through, and the settled mark written down, while the disk has room."""
PIECE = 2000
"""Rows of one transaction; while there are more, each turn takes so many."""
_OWNER = "@retention"


class Retention:
    """Settled facts stay for `keep_days` further dates; where the disk is low, none that may go stays."""

    def __init__(self, outbox: Outbox, keep_days: int) -> None:
        self._outbox = outbox
        self._keep_days = keep_days
        self._due_s = float("-inf")

    def turn(self, today: date | None, now_s: float, *, disk_low: bool) -> int:
        """Delete what is due; how many rows went. Raises OutboxError.

        `today` is None while nobody told this Pi the time, `now_s` is monotonic.
        """
        if disk_low:
            upto = self._outbox.mark.newest
        elif today is None or now_s < self._due_s:
            return 0
        else:
            upto = self._over(today)
        gone = self._outbox.prune(upto, PIECE)
        self._due_s = now_s if gone == PIECE else now_s + EVERY_S
        return gone

    def _over(self, today: date) -> int:
        """The number of the last fact whose days are over, 0 if there is none; a new date is noted."""
        memo = self._outbox.recall(_OWNER).get("dates", "[]")
        dates = msgspec.json.decode(memo, type=list[tuple[date, int]])
        if not dates or dates[-1][0] != today:
            dates = [*dates, (today, self._outbox.mark.newest)][-(self._keep_days + 1) :]
            self._outbox.append(_OWNER, (), {"dates": msgspec.json.encode(dates).decode()})
        return dates[0][1] if len(dates) > self._keep_days else 0
