"""Owns the question who is in: from the punches of one person's day to in or out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Direction = Literal["in", "out"]

_DIRECTIONS: dict[int, Direction] = {0: "in", 1: "out", 2: "out", 3: "in", 4: "in", 5: "out"}
"""The state codes of ZKTeco terminals: check in and out, break out and in, overtime in and out."""

DUPLICATE_DISTANCE = timedelta(seconds=60)
"""Two punches at most so far apart are one (the rule engine's default)."""


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """A punch of a person: when by the wall clock, and the code that the device gave it."""

    wall: datetime
    direction_code: int | None = None


def direction(code: int | None) -> Direction | None:
    """What a device's code says, None for 255 and all others that say nothing."""
    return None if code is None else _DIRECTIONS.get(code)


def presence(moves: Sequence[Move]) -> Direction | None:
    """Whether a person is in after the punches of a day, given in any order; None without any.

    Known directions are believed unless the device gives all punches the same one (many do, for want of a key
    pressed); an unknown one is the opposite of the one before, and the first of a day is in.
    """
    said = [(move.wall, direction(move.direction_code)) for move in sorted(moves, key=lambda move: move.wall)]
    if len(said) > 1 and len({told for _, told in said}) == 1:
        said = [(wall, None) for wall, _ in said]
    state: Direction | None = None
    kept: datetime | None = None
    for wall, told in said:
        if kept is not None and wall - kept <= DUPLICATE_DISTANCE and told in (None, state):
            continue
        state = told or ("out" if state == "in" else "in")
        kept = wall
    return state
