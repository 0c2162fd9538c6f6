"""Judges a terminal's wall clock, whose zone is known or not, against the Pi's UTC."""

from datetime import datetime, timedelta, tzinfo

CLOCK_OFF_S = 60.0
"""A clock that is wrong by more is worth a person's walk."""

_ZONE_STEP_S = 900
_WEST_S, _EAST_S = -12 * 3600, 14 * 3600


def clock_error(offset_s: float) -> float | None:
    """By how many seconds a clock is wrong in every zone; None if it may be right.

    `offset_s` is the terminal's wall clock minus UTC. Every zone on earth is a whole number of quarter
    hours between 12 h west and 14 h east. A clock that is wrong by quarter hours looks right here;
    central, which knows the zone, sees that too.
    """
    zone = min(max(round(offset_s / _ZONE_STEP_S) * _ZONE_STEP_S, _WEST_S), _EAST_S)
    error = offset_s - zone
    return error if abs(error) > CLOCK_OFF_S else None


def zone_s(zone: tzinfo, utc: datetime) -> float:
    """What the wall clock of a zone is ahead of UTC, in seconds."""
    return (utc.astimezone(zone).utcoffset() or timedelta()).total_seconds()


def off_by(offset_s: float, zone: tzinfo | None, utc: datetime) -> float | None:
    """By how many seconds a clock is ahead: exactly where its zone is known, else what no zone explains."""
    return clock_error(offset_s) if zone is None else round(offset_s - zone_s(zone, utc), 1)
