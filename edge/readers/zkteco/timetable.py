"""When a terminal's log is read: when its count does not fit, when it is time; and when it must rest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from edge.readers.reader import Moment
from edge.readers.zkteco.talk import Sizes

Turn = Literal["none", "rest", "news", "all"]
"""Nothing to read, something that must wait, what is new, or all of the log."""

_REST = 4.0
"""A read that took t seconds is followed by 4 t without one."""
_AFTER_REJECTION_S = 30.0


@dataclass(slots=True)
class Timetable:
    """The turns of one session. `full_at` is when all of the log was read last, in this session or before."""

    catch_up_s: float
    full_read_s: float
    full_at: datetime | None = None
    read_s: float = 0.0
    rest_until_s: float = 0.0

    def turn(self, now: Moment, sizes: Sizes, known: int | None, lives: int, *, hinted: bool) -> Turn:
        """What to read now.

        `known` records were read, None if none ever; `lives` punches came by live events since, and with
        `hinted` there is at least one more. Live events are hints, so where they are all that was seen
        the log is read once it is late; a full log stays full, whatever is new in it.
        """
        changed = hinted or known is None or sizes.records != known + lives
        unsure = lives > 0 or 0 < sizes.capacity <= sizes.records
        late = now.uptime_s - self.read_s >= self.catch_up_s
        full = self.full_is_due(now.utc)
        if not (full or changed or (late and unsure)):
            return "none"
        if now.uptime_s < self.rest_until_s:
            return "rest"
        return "all" if full else "news"

    def full_is_due(self, now: datetime) -> bool:
        """Whether all of the log is due. A last time that lies ahead was told by a clock that was wrong."""
        every = timedelta(seconds=self.full_read_s)
        return self.full_at is None or not timedelta(0) <= now - self.full_at < every

    def accepted(self, now: Moment, took_s: float) -> None:
        """Note that the log was read."""
        self.read_s = now.uptime_s
        self.rest_until_s = now.uptime_s + _REST * took_s

    def rejected(self, now: Moment) -> None:
        """Note that no read of it could be believed."""
        self.rest_until_s = now.uptime_s + min(_AFTER_REJECTION_S, self.catch_up_s)
