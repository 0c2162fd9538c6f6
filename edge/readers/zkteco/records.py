"""A terminal's bytes and what they mean: records of its log, users, sizes of live events. Pure."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal, NamedTuple

Layout = Literal["8", "8-ma300", "16", "40", "49"]
SIZES: dict[int, tuple[Layout, ...]] = {8: ("8", "8-ma300"), 16: ("16",), 40: ("40",), 49: ("49",)}
"""Bytes of a log record, and the layouts that have this size."""

_DAY_S = 86400
_SHAPES: dict[Layout, tuple[struct.Struct, Callable[[tuple[Any, ...]], tuple[Any, ...]]]] = {
    "8": (struct.Struct("<HBIB"), itemgetter(0, 2, 1, 3)),
    "8-ma300": (struct.Struct("<HBBI"), itemgetter(0, 3, 1, 2)),
    "16": (struct.Struct("<IIBB6x"), itemgetter(0, 1, 2, 3)),
    "40": (struct.Struct("<2x24sBIB8x"), itemgetter(0, 2, 1, 3)),
    "49": (struct.Struct("<2x24sBIB17x"), itemgetter(0, 2, 1, 3)),
}
"""The bytes of each layout, and where user, time, status and punch stand among its fields."""


class Record(NamedTuple):
    """One record: `place` in the log from 0, `user` in the form of this log, the packed time, the codes.

    `user` is the user id as text (40 and 49 bytes), a number's digits (16), or a slot's digits (8).
    A named tuple, because a log has a hundred thousand of them.
    """

    place: int
    user: str
    stamp: int
    status: int
    punch: int

    @property
    def wall(self) -> datetime:
        """The terminal's wall clock, naive."""
        return unpack_time(self.stamp)


@dataclass(frozen=True, slots=True)
class Odd:
    """A record that cannot be a punch, and why."""

    place: int
    why: str


def unpack_time(stamp: int) -> datetime:
    """The wall clock of the terminal's 32 bits, in which every month has 31 days.

    Raises ValueError for a day that no calendar has: 31 February can be packed.
    """
    days, second = divmod(stamp, _DAY_S)
    months, day = divmod(days, 31)
    year, month = divmod(months, 12)
    return datetime(2000 + year, month + 1, day + 1, second // 3600, second // 60 % 60, second % 60)  # noqa: DTZ001


def decode(body: bytes, layout: Layout) -> tuple[list[Record], list[Odd]]:
    """Read the records of a log, whose length is a multiple of the layout's size.

    Records with an impossible date or without a usable user are told apart, with their place.
    """
    records: list[Record] = []
    odd: list[Odd] = []
    users: dict[bytes | int, str] = {}
    days: dict[int, bool] = {}
    shape, in_order = _SHAPES[layout]
    for place, (who, stamp, status, punch) in enumerate(map(in_order, shape.iter_unpack(body))):
        user = users.get(who)
        if user is None:
            user = users[who] = _user_text(who)
        day = stamp // _DAY_S
        possible = days.get(day)
        if possible is None:
            possible = days[day] = _is_a_day(day)
        if user and possible:
            records.append(Record(place, user, stamp, status, punch))
        else:
            odd.append(Odd(place, "no usable user" if possible else "impossible date"))
    return records, odd


def _user_text(who: bytes | int) -> str:
    """The user as text; empty where there is none, or where it is no clean text."""
    if isinstance(who, int):
        return str(who) if who else ""
    try:
        text = who.split(b"\0", 1)[0].decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() and text == text.strip() else ""


def _is_a_day(day: int) -> bool:
    try:
        unpack_time(day * _DAY_S)
    except ValueError:
        return False
    return True


_USER_72 = struct.Struct("<H46x24s")
_USER_28 = struct.Struct("<H22xI")


def decode_users(body: bytes, count: int) -> dict[int, str] | None:
    """Slots to user ids from the table of `count` users of 72 or 28 bytes each; None if it is neither."""
    if count > 0 and len(body) == count * _USER_72.size:
        return {slot: _user_text(who) for slot, who in _USER_72.iter_unpack(body)}
    if count > 0 and len(body) == count * _USER_28.size:
        return {slot: str(number) for slot, number in _USER_28.iter_unpack(body)}
    return {} if count == 0 and not body else None


@dataclass(frozen=True, slots=True)
class Live:
    """A live event: `user` is text where the event carries text, else a number."""

    user: str | int
    wall: datetime
    status: int
    punch: int


_EVENTS: dict[int, struct.Struct] = {
    10: struct.Struct("<HBB6s"),
    12: struct.Struct("<IBB6s"),
    14: struct.Struct("<HBB6s4x"),
    32: struct.Struct("<24sBB6s"),
    36: struct.Struct("<24sBB6s4x"),
    37: struct.Struct("<24sBB6s5x"),
    52: struct.Struct("<24sBB6s20x"),
}


def decode_event(data: bytes) -> Live | None:
    """Read a live event of a size whose layout is known; None for any other, or if it makes no sense."""
    shape = _EVENTS.get(len(data))
    if shape is None:
        return None
    who, status, punch, wall = shape.unpack(data)
    user = who if isinstance(who, int) else _user_text(who)
    year, month, day, hour, minute, second = wall
    try:
        at = datetime(2000 + year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    return Live(user, at, status, punch) if user else None
