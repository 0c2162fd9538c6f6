"""Advice on shifts: settings that are allowed, and yet will surprise the people who are paid by them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from central.rules.shift import WEEKDAYS, DayRow, Overtime, Shift

MINUTE, HOUR, DAY = 60, 3600, 86400

LARGE_MINIMUM = 5 * MINUTE
"""The seed advises no Minimum Overtime Extent above 5 minutes or so."""

SHORT_MAXIMUM = 30 * MINUTE
"""The seed warns of a very short Maximum Overtime Extent without a number; this one is ours."""

LONG_SHIFT = 16 * HOUR
"""Longer than the default carry limit (R9): a late OUT would no longer find its IN."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One warning: the rows that it is about, like `days.mon` or `rows[2]`, and what to expect of them."""

    places: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{', '.join(self.places)}: {self.text}"


def advise(shift: Shift) -> list[Advice]:
    """Return the warnings about a shift; rows with the same warning share one."""
    places: dict[str, list[str]] = {}
    rows = _placed_rows(shift)
    for place, row in rows.items():
        for text in _about(row, shift.overtime):
            places.setdefault(text, []).append(place)
    for (place, row), (following, next_row) in pairwise([*_in_turn(shift), *_in_turn(shift)[:1]]):
        if row.workday and next_row.workday and row.overnight and row.knock_off > next_row.report:
            text = f"the scheduled time still runs when that of {following} begins; nobody can work both"
            places.setdefault(text, []).append(place)
    if not any(row.workday for row in rows.values()):
        places["there is no workday at all, so nothing is ever expected"] = ["rows"]
    return [Advice(tuple(where), text) for text, where in places.items()]


def _placed_rows(shift: Shift) -> dict[str, DayRow]:
    exceptions = {f"exceptions.{day}": row for day, row in shift.exceptions.items()}
    return dict(_in_turn(shift)) | exceptions


def _in_turn(shift: Shift) -> list[tuple[str, DayRow]]:
    if shift.kind == "weekly":
        return [(f"days.{name}", row) for name, row in zip(WEEKDAYS, shift.rows, strict=True)]
    return [(f"rows[{number}]", row) for number, row in enumerate(shift.rows, 1)]


def _about(row: DayRow, overtime: Overtime) -> Iterator[str]:
    yield from _about_extents(row, overtime)
    if row.workday:
        yield from _about_schedule(row)
        yield from _about_lunch(row)


def _about_extents(row: DayRow, overtime: Overtime) -> Iterator[str]:
    counts = (
        overtime.before_begin or overtime.after_end or overtime.during_lunch
        if row.workday
        else overtime.day_off
    )
    minimum, maximum = row.minimum, row.maximum
    if not counts:
        if minimum or maximum is not None:
            yield "an overtime extent has no effect while the overtime switches of such a day are off"
        return
    if minimum > LARGE_MINIMUM:
        yield (
            f"min_overtime {minimum // MINUTE}: who makes up for less than {minimum // MINUTE} minutes "
            f"loses them, even at the normal rate; no more than {LARGE_MINIMUM // MINUTE} is advised"
        )
    if maximum is not None and maximum < minimum:
        yield (
            f"max_overtime {maximum // MINUTE} is below min_overtime {minimum // MINUTE}: "
            f"extra time counts from {minimum // MINUTE} minutes on, and then only {maximum // MINUTE} of it"
        )
    elif maximum is not None and maximum < SHORT_MAXIMUM:
        yield (
            f"max_overtime {maximum // MINUTE}: who comes later than that cannot make up for it, "
            f"as extra time is cut before it is added; {SHORT_MAXIMUM // MINUTE} or more, or none, is advised"
        )


def _about_schedule(row: DayRow) -> Iterator[str]:
    span = (row.knock_off - row.report) % DAY or DAY
    if span == DAY:
        yield "report and knock_off are equal, which means 24 hours"
    elif span > LONG_SHIFT:
        yield f"more than {LONG_SHIFT // HOUR} hours of schedule; a late OUT may no longer find its IN"


def _about_lunch(row: DayRow) -> Iterator[str]:
    span, lunch = (row.knock_off - row.report) % DAY or DAY, row.lunch
    if lunch.mode == "flexible" and lunch.length >= span:
        yield "the lunch is as long as the schedule, so nothing is allotted"
    if lunch.mode != "fixed":
        return
    if lunch.begin == lunch.end:
        yield "lunch begin and end are equal, which means 24 hours"
        return
    begin = (lunch.begin - row.report) % DAY if row.overnight else lunch.begin - row.report
    inside = min(begin + (lunch.end - lunch.begin) % DAY, span) - max(begin, 0)
    if inside <= 0:
        yield "the lunch hour lies outside the scheduled time, so nobody has a lunch"
    elif inside < (lunch.end - lunch.begin) % DAY:
        yield "a part of the lunch hour lies outside the scheduled time"
    elif inside == span:
        yield "the lunch hour covers the whole schedule, so nothing is allotted"
