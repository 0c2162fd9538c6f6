"""Judges a terminal's wall clock, of which nobody says the zone, against the Pi's UTC."""

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
