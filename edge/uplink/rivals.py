"""Finds out whether another client of the same id takes the edge's session, how often, and when last.

Some brokers say so when they end a connection. Where they do not, the retained status gives it away: between
two connections of this life nobody but this edge should have written there.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

TOLD_S = 3600.0
_REMEMBERED = 16


@dataclass(slots=True)
class Rivals:
    """Takeovers in this life of the daemon; `parted` once the stream has an id that no copy of it shares."""

    count: int = 0
    parted: bool = False
    _ours: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _counted: bool = False
    _at: datetime | None = None
    _told_until: float = 0.0

    def connected(self, session: str) -> None:
        """Note a session of our own."""
        self._ours.append(session)

    def lost(self) -> None:
        """Note the end of a connection: from now on somebody else may be there."""
        self._counted = False

    def wrote(self, session: str) -> bool:
        """Whether a status of this session shows that somebody else was here since our last connection.

        What stands there when a life begins may be of the life before.
        """
        return not self._counted and len(self._ours) > 1 and session not in self._ours

    def took(self, at: datetime, now: float) -> None:
        """Count a takeover at a time of the Pi's clock, `now` in monotonic seconds."""
        self.count += 1
        self._counted = True
        self._at, self._told_until = at, now + TOLD_S

    def lately(self, now: float) -> tuple[int, datetime] | None:
        """How often it happened, and when last; None if not within the hour."""
        return None if self._at is None or now >= self._told_until else (self.count, self._at)
