"""How a terminal writes its log, its users, its clock and its live events as bytes."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

_DAY_S = 86400
IMPOSSIBLE = (26 * 12 * 31 + 31 + 30) * _DAY_S
"""31 February 2026, which 32 bits can say."""


def pack_time(wall: datetime) -> int:
    """A wall clock in the terminal's 32 bits: every month has 31 days there."""
    days = (wall.year - 2000) * 12 * 31 + (wall.month - 1) * 31 + wall.day - 1
    return days * _DAY_S + wall.hour * 3600 + wall.minute * 60 + wall.second


def time_fields(stamp: int) -> tuple[int, int, int, int, int, int]:
    """Year, month, day, hour, minute, second of 32 bits; the day may be one that no calendar has."""
    days, second = divmod(stamp, _DAY_S)
    months, day = divmod(days, 31)
    year, month = divmod(months, 12)
    return 2000 + year, month + 1, day + 1, second // 3600, second // 60 % 60, second % 60


def unpack_time(stamp: int) -> datetime:
    """The wall clock of 32 bits. Raises ValueError for a day that no calendar has."""
    return datetime(*time_fields(stamp))  # noqa: DTZ001 - terminals know no zone


@dataclass(frozen=True, slots=True)
class User:
    """A user of the terminal: `uid` is the slot, `user_id` what the person types."""

    uid: int
    user_id: str
    name: str
    privilege: int = 0
    card: int = 0
    password: str = ""

    def encode(self, size: int) -> bytes:
        """The user as a terminal with users of 72 or 28 bytes writes it."""
        if size == _USER_72.size:
            return _USER_72.pack(
                self.uid,
                self.privilege,
                self.password.encode(),
                self.name.encode(),
                self.card,
                b"",
                self.user_id.encode(),
            )
        short_name, password = self.name.encode(), self.password.encode()
        return _USER_28.pack(
            self.uid, self.privilege, password, short_name, self.card, 0, 0, numeric(self.user_id)
        )


def decode_user(data: bytes) -> User | None:
    """The user that a client writes, or None if it is neither 72 nor 28 bytes."""
    if len(data) == _USER_72.size:
        uid, privilege, password, name, card, _group, user_id = _USER_72.unpack(data)
        return User(uid, _text(user_id), _text(name), privilege, card, _text(password))
    if len(data) == _USER_28.size:
        uid, privilege, password, name, card, _group, _zone, number = _USER_28.unpack(data)
        return User(uid, str(number), _text(name), privilege, card, _text(password))
    return None


_USER_72 = struct.Struct("<HB8s24sIx7sx24s")
_USER_28 = struct.Struct("<HB5s8sIxBhI")


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the log. `stamp` is the packed time, which may be impossible."""

    uid: int
    user_id: str
    stamp: int
    status: int = 1
    punch: int = 0

    @property
    def wall(self) -> str:
        """The time as text, even where it is impossible: `2026-02-31T09:00:00`."""
        year, month, day, hour, minute, second = time_fields(self.stamp)
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


def numeric(user_id: str) -> int:
    """A user id where the layout has room for a number only: leading zeros are gone, letters are 0."""
    return int(user_id) & 0xFFFFFFFF if user_id.isascii() and user_id.isdigit() else 0


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace")


RECORDS: dict[str, Callable[[Record], bytes]] = {
    "8": lambda r: struct.pack("<HBIB", r.uid, r.status, r.stamp, r.punch),
    "8-ma300": lambda r: struct.pack("<HBBI", r.uid, r.status, r.punch, r.stamp),
    "16": lambda r: struct.pack("<IIBBHI", numeric(r.user_id), r.stamp, r.status, r.punch, 0, 0),
    "40": lambda r: struct.pack("<H24sBIB8x", r.uid, r.user_id.encode(), r.status, r.stamp, r.punch),
    "49": lambda r: struct.pack("<H24sBIB17x", r.uid, r.user_id.encode(), r.status, r.stamp, r.punch),
}
"""Layouts of a log record by name: the size, and for 8 bytes the family."""

USUAL_EVENT = {"8": 10, "8-ma300": 10, "16": 12, "40": 32, "49": 52}
"""The size of a live event that goes with a layout of the log, unless asked otherwise."""

EVENT_SIZES = (8, 10, 12, 14, 32, 36, 37, 52)
"""The sizes of live events that were reported of real terminals."""


def encode_event(record: Record, size: int) -> bytes:
    """A live event of one of `EVENT_SIZES`, or of any other size.

    Sizes below 32 carry a numeric id, the others the id as text; what lies behind the time is zero.
    """
    year, month, day, hour, minute, second = time_fields(record.stamp)
    wall = bytes((year - 2000, month, day, hour, minute, second))
    codes = bytes((record.status, record.punch))
    number = numeric(record.user_id)
    if size == 8:  # noqa: PLR2004 - no public layout: the slot and the time
        return record.uid.to_bytes(2, "little") + wall
    if size in (10, 14):
        head = (number & 0xFFFF).to_bytes(2, "little")
    elif size < 32:  # noqa: PLR2004 - room for a number only
        head = number.to_bytes(4, "little")
    else:
        head = record.user_id.encode()[:24].ljust(24, b"\0")
    return (head + codes + wall).ljust(size, b"\0")[:size]
