"""The day result: what one person's punches of one workday come to, as it is published and answered."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from wire.punch import PunchId

WallTime = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant, written as the organization's wall clock with its offset: `2026-05-11T08:24:10+05:30`."""

DayStatus = Literal["present", "open", "awaiting", "absent", "off", "no_shift"]
ClockingHow = Literal["read", "inferred", "report", "just before", "knock off", "just after", "as of"]


class Clocking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One IN or OUT of the completed sequence.

    `punch` and `reader` (`edge/reader`) are those of the real punch behind it, None and "" if it was
    added. `how` says where a real one's direction, or an added one's time, comes from. `carried` and
    `clamped` are as in the rules (R9, R1).
    """

    at: WallTime
    direction: Literal["IN", "OUT"]
    how: ClockingHow = "read"
    punch: PunchId | None = None
    reader: str = ""
    carried: bool = False
    clamped: bool = False


class Dropped(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A punch that counts nowhere, since it repeats the punch `kept`."""

    at: WallTime
    punch: PunchId
    kept: PunchId
    reader: str = ""


class DayRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the day row came from: the weekday, the number of a cycle's row, the date of an exception."""

    source: Literal["weekly", "regular", "exception", "none"]
    key: str | int | None = None


class DayResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One employee's workday. All lengths are elapsed seconds; whole minutes are cut from them for people.

    `open` is provisional: the day still runs. `awaiting` stands where `absent` would, as long as a
    reader that the person uses has not been read past the end of the shift; the readers are named in
    `awaiting`, on any day that may still change for their sake. `shift` names the version that was used,
    `shift_from` who named it: cardholder, department, division or organization. `starts` and `ends` are
    the scheduled time, None on a day off.
    """

    employee: str
    date: date
    status: DayStatus
    rule: DayRule
    shift: str | None = None
    shift_from: str | None = None
    starts: WallTime | None = None
    ends: WallTime | None = None
    clockings: tuple[Clocking, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    presence_s: int = 0
    allotted_s: int = 0
    work_s: int = 0
    overtime_s: int = 0
    discarded_s: int = 0
    break_s: int = 0
    lunch_s: int = 0
    late_s: int = 0
    early_leave_s: int = 0
    flags: tuple[str, ...] = ()
    awaiting: tuple[str, ...] = ()
    v: int = 1
