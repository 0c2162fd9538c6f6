"""The shift: day rows by weekday, by cycle and by exception, and which of them a date follows (C3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Lunch:
    """The lunch of a day row.

    `fixed` has `begin` and `end` in seconds after midnight, `flexible` has `length` in seconds.
    """

    mode: Literal["none", "fixed", "flexible"] = "none"
    begin: int = 0
    end: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class DayRow:
    """What is expected of one date.

    `report` and `knock_off` are seconds after midnight and not used on a day off. `minimum` and `maximum`
    are the overtime extents in seconds: 0 and None switch them off.
    """

    workday: bool
    report: int = 0
    knock_off: int = 0
    lunch: Lunch = Lunch()
    minimum: int = 0
    maximum: int | None = None

    @property
    def overnight(self) -> bool:
        """Whether the scheduled time ends on the next date (R7); equal times are 24 hours."""
        return self.knock_off <= self.report


@dataclass(frozen=True, slots=True)
class Overtime:
    """Which work outside the schedule counts. What is off is discarded (R17)."""

    before_begin: bool = False
    after_end: bool = False
    during_lunch: bool = False
    day_off: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """One version of a shift.

    `version` is an opaque text that comes back with every result (R29). A weekly shift has seven `rows`,
    Monday first; a regular one has its cycle, and `start` is the date of its first row. `exceptions`
    replace the row of single dates.
    """

    version: str
    kind: Literal["weekly", "regular"]
    rows: tuple[DayRow, ...]
    overtime: Overtime = Overtime()
    start: date = date(1970, 1, 1)
    exceptions: Mapping[date, DayRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a day row came from: the weekday, the row number counted from 1, or the date of an exception."""

    source: Literal["weekly", "regular", "exception", "none"]
    key: str | int | None = None


NO_RULE = Rule("none")

Roster = tuple[tuple[date, Shift | None], ...]
"""The shift versions of a person, each with the first date on which it is in force, oldest first."""


def always(shift: Shift | None) -> Roster:
    """Return the roster of somebody whose shift never changed; None is no shift at all (R23)."""
    return ((date.min, shift),)


def in_force(roster: Roster, day: date) -> Shift | None:
    """Return the version that is valid on a date (R29), or None before the first."""
    for since, shift in reversed(roster):
        if since <= day:
            return shift
    return None


def row_of(shift: Shift, day: date) -> tuple[DayRow, Rule]:
    """Return the row that a date follows, and why.

    An exception wins and leaves the cycle undisturbed. The cycle runs on calendar days, and backwards
    before its start (R14).
    """
    if (exception := shift.exceptions.get(day)) is not None:
        return exception, Rule("exception", day.isoformat())
    if shift.kind == "weekly":
        return shift.rows[day.weekday()], Rule("weekly", WEEKDAYS[day.weekday()])
    place = (day - shift.start).days % len(shift.rows)
    return shift.rows[place], Rule("regular", place + 1)
