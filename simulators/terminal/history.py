"""Invents the users of a terminal and a plausible past for its log, the same for the same seed."""

import math
import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from simulators.terminal.records import Record, User, pack_time

_GIVEN = ("Asha", "Bilal", "Chitra", "Dev", "Esha", "Farid", "Gita", "Hari", "Isha", "Javed", "Kiran", "Lata")
_FAMILY = ("Rao", "Khan", "Patil", "Shah", "Nair", "Joshi", "Das", "Gill", "Iyer", "More")
_TURNS = ((time(9), 0), (time(13), 2), (time(13, 45), 3), (time(18), 1))
"""When people punch, and the direction code: in, break out, break in, out."""
_LONGEST_DAYS = 1200
_SUNDAY = 6
FINGER, FACE = 1, 15


def invent_users(count: int) -> list[User]:
    """Users 1 to `count`, each with a name; slot and user id are equal."""
    return [
        User(uid, str(uid), f"{_GIVEN[uid % len(_GIVEN)]} {_FAMILY[uid // len(_GIVEN) % len(_FAMILY)]}")
        for uid in range(1, count + 1)
    ]


def invent_log(users: Sequence[User], count: int, until: datetime, seed: int) -> list[Record]:
    """The last `count` records before `until` (the terminal's wall clock), oldest first."""
    if not users or count <= 0:
        return []
    dice = random.Random(seed)  # noqa: S311 - a plausible past, not a secret
    rounds = math.ceil(count / (len(users) * len(_TURNS) * _LONGEST_DAYS))
    records: list[tuple[datetime, int, int]] = []
    day = until.date()
    while len(records) < count:
        if day.weekday() != _SUNDAY:
            records += _punches_of(day, len(users), rounds, until, dice)
        day -= timedelta(days=1)
    records.sort()
    return [
        Record(users[at].uid, users[at].user_id, pack_time(wall), dice.choice((FINGER, FACE)), direction)
        for wall, at, direction in records[-count:]
    ]


def _punches_of(
    day: date, users: int, rounds: int, until: datetime, dice: random.Random
) -> list[tuple[datetime, int, int]]:
    punches = []
    for at in range(users):
        for turn, direction in _TURNS:
            for _ in range(rounds):
                wall = datetime.combine(day, turn) + timedelta(seconds=dice.randint(-1200, 1200))
                if wall <= until:
                    punches.append((wall, at, direction))
    return punches
