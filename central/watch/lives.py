"""Owns what heartbeats tell of the lives of daemons, until it is written down: of all edges at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from central.availability import Life
from wire.vitals import Heartbeat

WRITE_S = 60.0
"""How long signs of life are collected: a central that dies takes so much with it, and it shows as a gap."""
Key = tuple[str, str]
"""An edge, and the life of its daemon."""


class Lives:
    """Only one thread may call. Times of lives are central's own, `now_s` is monotonic."""

    def __init__(self) -> None:
        self._heard: dict[Key, Life] = {}
        self._due_s = float("-inf")

    def heard(self, edge: str, beat: Heartbeat, at: datetime | None) -> None:
        """Note a heartbeat. One that the broker kept (`at` None) is no sign of life.

        Those of older edges do not tell since when the daemon runs.
        """
        if at is None or beat.running_s is None:
            return
        began = at - timedelta(seconds=beat.running_s)
        known = self._heard.get((edge, beat.life))
        self._heard[edge, beat.life] = Life(began if known is None else min(began, known.began), at)

    def due(self, now_s: float) -> Mapping[Key, Life]:
        """What is to be written now, if anything."""
        return self._heard if now_s >= self._due_s else {}

    def written(self, now_s: float) -> None:
        """Forget what was written."""
        self._heard = {}
        self._due_s = now_s + WRITE_S
