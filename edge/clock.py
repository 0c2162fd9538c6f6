"""Decides how far the Pi's own time can be believed, and what of it central must hear."""

from dataclasses import dataclass
from datetime import datetime

from wire.facts import EdgeEvent
from wire.punch import Trust

Fields = dict[str, str | int | float | None]

STEP_S = 1.0
"""A clock that leaves the uptime behind by more than this was set, not slewed."""


def trust(*, synced_now: bool, synced_this_boot: bool) -> Trust:
    """Synced while the kernel says so; holdover once it was in this boot; unset before that.

    A Pi without a clock chip boots with a plausible time that may be months old, so a time that no
    server confirmed since the boot is never more than a guess.
    """
    if synced_now:
        return "synced"
    return "holdover" if synced_this_boot else "unset"


@dataclass(slots=True)
class ClockWatch:
    """Follows the Pi's clock through one boot. `synced_boot` is the one whose first sync was told already."""

    boot_id: str
    synced_boot: str | None = None
    _began: float | None = None

    def seen(self, utc: datetime, trust: Trust, uptime_s: float) -> list[EdgeEvent]:
        """What is new at this instant: the first sync of the boot, a step of the clock.

        `clock_synced` lets central date everything that was read in this boot before.
        """
        found: list[EdgeEvent] = []
        began = utc.timestamp() - uptime_s
        moved_s = 0.0 if self._began is None else began - self._began
        self._began = began
        fields: Fields = {"boot_id": self.boot_id, "uptime_s": uptime_s}
        if abs(moved_s) > STEP_S:
            told: Fields = {**fields, "by_s": round(moved_s, 3), "trust": trust}
            found.append(EdgeEvent(event="clock_stepped", at=utc, fields=told))
        if trust == "synced" and self.synced_boot != self.boot_id:
            self.synced_boot = self.boot_id
            found.append(EdgeEvent(event="clock_synced", at=utc, fields=fields))
        return found
