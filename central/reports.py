"""The reports: which workdays each kind tells of, in which columns; lengths are cut to minutes here (R26)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from wire.days import Clocking, DayResult
from wire.reporting import ReportKind

Cell = str | int | None
MINUTE_S = 60
"""A report on one figure tells of days where it is a whole minute: less would be shown as nothing."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A workday and whose it is."""

    name: str
    department: str
    day: DayResult


@dataclass(frozen=True, slots=True)
class AsOf:
    """When a report is asked for, and how long an IN then still waits for its OUT (C1)."""

    now: datetime
    carry: timedelta


@dataclass(frozen=True, slots=True)
class Report:
    """One kind of report: `tells` picks the workdays, `columns` names and makes the cells."""

    tells: Callable[[DayResult, AsOf], bool]
    columns: Mapping[str, Callable[[DayResult], Cell]]

    @property
    def header(self) -> tuple[str, ...]:
        """The names of all columns."""
        return (*WHO, *self.columns)

    def row(self, reported: Reported) -> tuple[Cell, ...]:
        """The cells of a workday, in the order of the header."""
        day = reported.day
        who = (day.employee, reported.name, reported.department, day.date.isoformat())
        return (*who, *(cell(day) for cell in self.columns.values()))


WHO = ("employee", "name", "department", "date")
REVIEW = ("employee", "name", "department", "time", "reader", "badge", "reason", "proposed", "punch")
"""The columns of the report on punches whose time cannot be right; it knows no workdays."""


def _minutes(field: str) -> Callable[[DayResult], int]:
    return lambda day: int(getattr(day, field)) // 60


def _minutes_of(*names: str) -> dict[str, Callable[[DayResult], Cell]]:
    return {f"{name}_minutes": _minutes(f"{name}_s") for name in names}


def _real(day: DayResult, direction: str) -> list[Clocking]:
    return [one for one in day.clockings if one.punch is not None and one.direction == direction]


def first_in(day: DayResult) -> str | None:
    """When the person came, if the sequence begins with a real IN."""
    real = day.clockings[:1] and day.clockings[0].punch is not None
    return minute(day.clockings[0].at) if real else None


def last_out(day: DayResult) -> str | None:
    """When the person left, if the sequence ends with a real OUT."""
    real = day.clockings[-1:] and day.clockings[-1].punch is not None
    return minute(day.clockings[-1].at) if real else None


def minute(at: datetime) -> str:
    """A wall time, to the minute."""
    return at.strftime("%Y-%m-%d %H:%M")


def clockings(day: DayResult) -> str:
    """The whole sequence in short: `09:00 IN, 17:00 OUT added`; +1 is the date behind the workday."""
    return ", ".join(
        f"{_clock(day, one)} {one.direction}{'' if one.punch else ' added'}" for one in day.clockings
    )


def pauses(day: DayResult) -> str:
    """The gaps between an OUT and the next IN: `12:30 to 13:10`."""
    return ", ".join(
        f"{_clock(day, went)} to {_clock(day, came)}"
        for went, came in pairwise(day.clockings)
        if went.direction == "OUT" and came.at > went.at
    )


def _clock(day: DayResult, one: Clocking) -> str:
    later = (one.at.date() - day.date).days
    return one.at.strftime("%H:%M") + (f"{later:+d}" if later else "")


def lacking(day: DayResult) -> str:
    """What a day lacks: `no punch`, `IN`, `OUT`, and the readers that may still bring it."""
    return ", ".join(_lacking(day))


def _lacking(day: DayResult) -> Iterator[str]:
    if day.status == "absent":
        yield "no punch"
    if "in_added" in day.flags:
        yield "IN"
    if "out_added" in day.flags and day.status != "open":
        yield "OUT"
    if day.awaiting and (day.status == "awaiting" or {"in_added", "out_added"} & set(day.flags)):
        yield f"awaiting {' '.join(day.awaiting)}"


def is_in(day: DayResult, as_of: AsOf) -> bool:
    """Whether the person came and has not left yet, as far as an IN can still wait for its OUT (R9)."""
    came = day.clockings[-2] if day.clockings[-1:] and day.clockings[-1].punch is None else None
    return came is not None and came.punch is not None and timedelta(0) <= as_of.now - came.at <= as_of.carry


def _since(day: DayResult) -> str | None:
    came = _real(day, "IN")
    return minute(came[-1].at) if came else None


def _where(day: DayResult) -> str | None:
    came = _real(day, "IN")
    return came[-1].reader if came else None


def _note(day: DayResult) -> str:
    awaiting = [f"awaiting {' '.join(day.awaiting)}"] if day.awaiting else []
    return ", ".join([*awaiting, *day.flags])


def _shift(day: DayResult) -> str | None:
    return day.shift


def _starts(day: DayResult) -> str | None:
    return None if day.starts is None else minute(day.starts)


def _ends(day: DayResult) -> str | None:
    return None if day.ends is None else minute(day.ends)


def _status(day: DayResult) -> str:
    return day.status


REPORTS: Mapping[ReportKind, Report] = {
    "attendance": Report(
        lambda _day, _as_of: True,
        {
            "status": _status,
            "first_in": first_in,
            "last_out": last_out,
            **_minutes_of("presence", "work", "overtime", "break", "late", "early_leave"),
            "note": _note,
        },
    ),
    "timecard": Report(
        lambda _day, _as_of: True,
        {
            "status": _status,
            "clockings": clockings,
            **_minutes_of("presence", "allotted", "work", "overtime", "discarded", "break", "lunch"),
            "shift": _shift,
            "note": _note,
        },
    ),
    "overtime": Report(
        lambda day, _as_of: day.overtime_s >= MINUTE_S,
        {
            "starts": _starts,
            "ends": _ends,
            **_minutes_of("presence", "allotted", "work", "overtime", "discarded"),
            "clockings": clockings,
        },
    ),
    "breaks": Report(
        lambda day, _as_of: day.break_s >= MINUTE_S,
        {**_minutes_of("break", "lunch", "work"), "pauses": pauses},
    ),
    "late": Report(
        lambda day, _as_of: day.late_s >= MINUTE_S or day.early_leave_s >= MINUTE_S,
        {
            "starts": _starts,
            "first_in": first_in,
            **_minutes_of("late"),
            "ends": _ends,
            "last_out": last_out,
            **_minutes_of("early_leave"),
        },
    ),
    "missing": Report(
        lambda day, _as_of: bool(lacking(day)),
        {"status": _status, "missing": lacking, "clockings": clockings},
    ),
    "who-is-in": Report(is_in, {"since": _since, "reader": _where}),
}
"""Every kind that tells of workdays."""
