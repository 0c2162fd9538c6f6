"""Plain data (JSON or TOML) read key by key, every mistake collected with its place."""

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

T = TypeVar("T")

_SHOWN = 60
_LONGEST_NUMBER = 128
"""Bits of a number that is shown; Python refuses to write very long ones at all."""
_MOST = 10**9
"""Minutes or seconds; more than any period has."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_REQUIRED: Any = object()


class Refused(ValueError):
    """A value that cannot stand where it stands; the text says what it is not."""


class Form:
    """One object of the data.

    Mistakes go to `mistakes` and reading goes on, so that all are told at once. A value with a mistake
    comes back as None whatever its type: what is built from a form is good only if none was recorded.
    """

    def __init__(self, data: object, place: str, mistakes: list[str]) -> None:
        self.place = place
        self.mistakes = mistakes
        self._data: Mapping[str, object] | None = None
        self._known: set[str] = set()
        try:
            self._data = None if data is _REQUIRED else table(data)
        except Refused as mistake:
            mistakes.append(f"{place or 'scenario'}: {told(data)} is not {mistake}")

    def take(self, key: str, read: Callable[[object], T], default: T = _REQUIRED) -> T:
        """Read one value; without a default the key must be there."""
        self._known.add(key)
        if self._data is None:
            return cast("T", None)
        if key in self._data:
            try:
                return read(self._data[key])
            except Refused as mistake:
                self.refuse(key, f"{told(self._data[key])} is not {mistake}")
        elif default is not _REQUIRED:
            return default
        else:
            self.refuse(key, "missing")
        return cast("T", None)

    def form(self, key: str, default: Mapping[str, object] = _REQUIRED) -> "Form":
        """Read an object inside this one."""
        data = self.take(key, table, default)
        return Form(_REQUIRED if data is None else data, self.at(key), self.mistakes)

    def forms(self, key: str, default: list[object] = _REQUIRED) -> "list[Form]":
        """Read a list of objects; places count them from 1."""
        rows = self.take(key, _rows, default) or []
        return [Form(row, f"{self.at(key)}[{number}]", self.mistakes) for number, row in enumerate(rows, 1)]

    def entries(self) -> "dict[str, Form]":
        """Read all keys as names of objects."""
        self._known.update(self._data or ())
        return {key: Form(data, self.at(key), self.mistakes) for key, data in (self._data or {}).items()}

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return self._data is not None and key in self._data

    def close(self) -> None:
        """Refuse the keys that nobody read."""
        for key in self._data or ():
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, 1)
                self.refuse(key, f'unknown key; did you mean "{near[0]}"?' if near else "unknown key")

    def refuse(self, key: str, why: str) -> None:
        """Record a mistake at a key."""
        self.mistakes.append(f"{self.at(key)}: {why}")

    def at(self, key: str) -> str:
        """Return the place of a key."""
        return f"{self.place}.{key}" if self.place else key


def told(value: object) -> str:
    """Return a value as a message shows it: short, and as JSON writes it."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return "a number of that size"
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."


def maybe(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Allow null beside what `read` reads."""
    return lambda value: None if value is None else read(value)


def one_of(*words: str) -> Callable[[object], str]:
    """Read one of some words."""

    def read(value: object) -> str:
        if value not in words:
            raise Refused(" or ".join(words))
        return value

    return read


def table(value: object) -> Mapping[str, object]:
    """Read an object."""
    if not isinstance(value, Mapping):
        raise Refused("an object")
    return value


def text(value: object) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise Refused("a text")
    return value


def switch(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Refused("true or false")
    return value


def day(value: object) -> date:
    """Read a date like 2026-03-02; TOML has it ready."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise Refused("a date")


def day_of_any_time(value: object) -> date:
    """Read a date that may carry a time; only the date counts (R6)."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and value[10:11] in ("T", " "):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            raise Refused("a date") from None
    return day(value)


def time_of_day(value: object) -> int:
    """Read HH:MM as seconds after midnight."""
    parts = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise Refused("a time of day")
    return int(parts[1]) * 3600 + int(parts[2]) * 60


def minutes(value: object) -> int:
    """Read whole minutes as seconds."""
    return _whole(value, "minutes") * 60


def seconds(value: object) -> int:
    """Read whole seconds."""
    return _whole(value, "seconds")


def hours(value: object, limit: int) -> int:
    """Read a number of hours from 0 to a limit as seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= limit:
        raise Refused(f"a number of hours from 0 to {limit}")
    return round(value * 3600)


def zone(value: object) -> str:
    """Read the name of a time zone that this machine knows."""
    try:
        return ZoneInfo(text(value)).key
    except (KeyError, ValueError, OSError):
        raise Refused("a known time zone") from None


def instant_in(wall: ZoneInfo) -> Callable[[object], int]:
    """Read an ISO 8601 time as epoch seconds, cut to the second; without an offset it is local to `wall`.

    A wall time that comes twice means the first, one that the clock skips moves on by the hour (R28).
    """

    def read(value: object) -> int:
        if isinstance(value, str) and len(value) > len("2026-03-02"):
            try:
                moment = datetime.fromisoformat(value)
                moment = moment if moment.tzinfo else moment.replace(tzinfo=wall)
                return math.floor(moment.timestamp())
            except (ValueError, OverflowError):
                pass
        raise Refused("a time like 2026-03-02T08:24:10")

    return read


def _whole(value: object, unit: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise Refused(f"a whole number of {unit}")
    return value


def _rows(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Refused("a list")
    return value
