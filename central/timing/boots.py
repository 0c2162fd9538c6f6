"""Owns the repair of times from before a Pi's clock was set: one synchronised instant dates a whole boot.

The seconds since boot run on through every step of the clock. So one instant of a boot that a time server
vouched for dates every other reading of that boot.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wire.facts import EdgeEvent

SYNC_S = 1.0
"""A synchronised Pi is right to this; time servers over a branch's uplink do better."""
PI_DRIFT = 1e-4
"""Seconds per second by which the quartz of a Pi may be wrong: twice what its data sheet allows it."""
APART_S = 600.0
"""Sightings that lie closer together add nothing worth writing down."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A synchronised clock: so many seconds after the boot it was `at`."""

    uptime_s: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Boot:
    """The earliest and the latest sighting of one boot."""

    first: Sighting
    last: Sighting

    def widened(self, seen: Sighting) -> "Boot":
        """With one sighting more, if it lies far enough outside."""
        if seen.uptime_s <= self.first.uptime_s - APART_S:
            return replace(self, first=seen)
        if seen.uptime_s >= self.last.uptime_s + APART_S:
            return replace(self, last=seen)
        return self


@dataclass(frozen=True, slots=True)
class Repair:
    """The true instant of a reading, and by how many seconds it may be wrong."""

    read_at: datetime
    within_s: float


def dated(boot: Boot, uptime_s: float) -> Repair:
    """When it was, so many seconds after the boot."""
    near = min(boot.first, boot.last, key=lambda seen: abs(seen.uptime_s - uptime_s))
    since_s = uptime_s - near.uptime_s
    within_s = SYNC_S + PI_DRIFT * abs(since_s)
    return Repair(near.at + timedelta(seconds=since_s), within_s)


def believed_within(trust: str, uptime_s: float) -> float | None:
    """By how many seconds the Pi's own time may be wrong; None if nothing vouches for it.

    A clock that was synchronised once in its boot has drifted since then, and not for longer than the boot.
    """
    if trust == "synced":
        return SYNC_S
    return SYNC_S + PI_DRIFT * uptime_s if trust == "holdover" else None


def mended(boot: Boot, trust: str, read_at: datetime, uptime_s: float) -> Repair | None:
    """The repair of a reading: each from before the first sync does, others if the boot denies them.

    The clock of another stands as long as the boot puts the truth within the bounds that are believed.
    """
    if trust == "synced":
        return None
    found = dated(boot, uptime_s)
    believed_s = believed_within(trust, uptime_s)
    apart_s = abs((found.read_at - read_at).total_seconds())
    return None if believed_s is not None and apart_s + found.within_s <= believed_s else found


def started(seen: Sighting) -> Boot:
    """A boot of which one sighting is known."""
    return Boot(seen, seen)


def told_by(event: EdgeEvent) -> tuple[str, Sighting] | None:
    """The boot and the instant that an edge's event `clock_synced` tells; None for any other."""
    boot_id, uptime_s = event.fields.get("boot_id"), event.fields.get("uptime_s")
    if event.event != "clock_synced" or not isinstance(boot_id, str) or not isinstance(uptime_s, int | float):
        return None
    return boot_id, Sighting(float(uptime_s), event.at)
