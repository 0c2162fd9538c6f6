"""C7: work and overtime, as (work, overtime, discarded) in minutes. Hours are 08:00 to 16:00 if not said."""

from dataclasses import replace

import pytest

from central.rules.shift import DayRow, Lunch, Overtime
from tests.central.rules.stage import (
    AFTER_END,
    ALL_OFF,
    ALL_ON,
    DAY_OFF,
    LUNCH_12_13,
    flexible,
    minutes,
    seconds,
    the_day,
    works,
)

PLAIN, FIXED = works(), works(lunch=LUNCH_12_13)
BEFORE_BEGIN, DURING_LUNCH = Overtime(before_begin=True), Overtime(during_lunch=True)
ON_DAYS_OFF = Overtime(day_off=True)


@pytest.mark.parametrize(
    ("row", "overtime", "events", "figures"),
    [
        # the specification's examples
        (PLAIN, AFTER_END, "in 08:20, out 16:20", (480, 0, 0)),
        (PLAIN, AFTER_END, "in 08:20, out 16:50", (480, 30, 0)),
        (works(minimum=45), AFTER_END, "in 08:20, out 16:20", (460, 0, 20)),
        (PLAIN, ALL_OFF, "in 08:00, out 16:50", (480, 0, 50)),
        (FIXED, ALL_OFF, "in 08:00, out 16:00", (420, 0, 60)),
        (FIXED, DURING_LUNCH, "in 08:00, out 16:00", (420, 60, 0)),
        # the seed's Joe, 09:00 to 17:00; R12: the sum rule decides about the first line
        (works("09:00-17:00"), AFTER_END, "in 09:05, out 17:25", (480, 20, 0)),
        (works("09:00-17:00"), AFTER_END, "in 09:25, out 17:25", (480, 0, 0)),
        (works("09:00-17:00"), AFTER_END, "in 09:05, out 17:05", (480, 0, 0)),
        (works("09:00-17:00", minimum=30), AFTER_END, "in 09:25, out 17:25", (455, 0, 25)),
        # the seed's half hour late and half hour longer
        (works("09:00-17:00"), AFTER_END, "in 09:30, out 17:30", (480, 0, 0)),
    ],
)
def test_the_worked_examples(
    row: DayRow, overtime: Overtime, events: str, figures: tuple[int, int, int]
) -> None:
    """Every example of the seed and of the specification."""
    assert minutes(the_day(row, events, overtime=overtime)) == figures


@pytest.mark.parametrize(
    ("overtime", "figures"),
    [
        (ALL_OFF, (480, 0, 90)),
        (BEFORE_BEGIN, (480, 30, 60)),
        (AFTER_END, (480, 60, 30)),
        (ALL_ON, (480, 90, 0)),
        (DURING_LUNCH, (480, 0, 90)),
        (ON_DAYS_OFF, (480, 0, 90)),
    ],
)
def test_each_kind_of_overtime_has_its_own_switch(overtime: Overtime, figures: tuple[int, int, int]) -> None:
    """R17: what is not enabled is discarded."""
    assert minutes(the_day(PLAIN, "in 07:30, out 17:00", overtime=overtime)) == figures


def test_what_is_not_enabled_makes_up_for_nothing() -> None:
    """R17: half an hour before begin does not heal half an hour of leaving early."""
    assert minutes(the_day(PLAIN, "in 07:30, out 15:30")) == (450, 0, 30)
    assert minutes(the_day(PLAIN, "in 07:30, out 15:30", overtime=BEFORE_BEGIN)) == (480, 0, 0)


@pytest.mark.parametrize(
    ("extra", "minimum", "figures"),
    [
        ("16:29:59", 30, (480, 0, 29)),
        ("16:30", 30, (480, 30, 0)),  # R11: equal is enough
        ("16:30:01", 30, (480, 30, 0)),
        ("16:01", 0, (480, 1, 0)),
    ],
)
def test_extra_time_below_the_minimum_is_nothing(
    extra: str, minimum: int, figures: tuple[int, int, int]
) -> None:
    """The minimum is all or nothing."""
    assert minutes(the_day(works(minimum=minimum), f"in 08:00, out {extra}", overtime=AFTER_END)) == figures


def test_the_minimum_is_compared_with_the_whole_day() -> None:
    """R10: 20 minutes before and 15 after reach a minimum of 30 together, but only what is enabled counts."""
    row = works(minimum=30)
    assert minutes(the_day(row, "in 07:40, out 16:15", overtime=ALL_ON)) == (480, 35, 0)
    assert minutes(the_day(row, "in 07:40, out 16:15", overtime=AFTER_END)) == (480, 0, 35)


def test_what_the_sum_rule_leaves_may_be_less_than_the_minimum() -> None:
    """R12: the minimum stands before the sum rule, so 40 extra minutes may end as 10 of overtime."""
    assert minutes(the_day(works(minimum=30), "in 08:30, out 16:40", overtime=AFTER_END)) == (480, 10, 0)


@pytest.mark.parametrize(
    ("maximum", "events", "figures"),
    [
        (60, "in 08:00, out 16:59", (480, 59, 0)),
        (60, "in 08:00, out 17:00", (480, 60, 0)),
        (60, "in 08:00, out 17:30", (480, 60, 30)),
        (0, "in 08:00, out 17:00", (480, 0, 60)),
        # R13: cut before the sum rule, so a short maximum loses time that would have made up for lateness
        (10, "in 08:30, out 16:30", (460, 0, 20)),
        (None, "in 08:00, out 23:00", (480, 420, 0)),
    ],
)
def test_extra_time_is_cut_to_the_maximum(
    maximum: int | None, events: str, figures: tuple[int, int, int]
) -> None:
    """R13."""
    assert minutes(the_day(works(maximum=maximum), events, overtime=AFTER_END)) == figures


def test_a_maximum_below_the_minimum_applies_after_it() -> None:
    """Both extents work in their order, however odd together."""
    row = works(minimum=30, maximum=10)
    assert minutes(the_day(row, "in 08:00, out 16:29", overtime=AFTER_END)) == (480, 0, 29)
    assert minutes(the_day(row, "in 08:00, out 16:30", overtime=AFTER_END)) == (480, 10, 20)


@pytest.mark.parametrize(
    ("row", "overtime", "events", "figures"),
    [
        # fixed: presence inside the lunch hour
        (FIXED, ALL_OFF, "in 08:00, out 12:00, in 13:00, out 16:00", (420, 0, 0)),
        (FIXED, ALL_OFF, "in 08:00, out 12:15, in 12:50, out 16:00", (420, 0, 25)),
        (FIXED, DURING_LUNCH, "in 08:00, out 12:15, in 12:50, out 16:00", (420, 25, 0)),
        (FIXED, DURING_LUNCH, "in 08:30, out 12:15, in 12:50, out 16:00", (415, 0, 0)),
        (FIXED, ALL_OFF, "in 08:00, out 11:30, in 13:30, out 16:00", (360, 0, 0)),
        # fixed, partly outside the schedule: only its part inside is lunch
        (works("08:00-12:30", LUNCH_12_13), ALL_OFF, "in 08:00, out 13:00", (240, 0, 60)),
        (works("08:00-12:30", LUNCH_12_13), AFTER_END, "in 08:00, out 13:00", (240, 30, 30)),
        (works("08:00-12:30", LUNCH_12_13), ALL_ON, "in 08:00, out 13:00", (240, 60, 0)),
        # flexible: what the time inside exceeds the allotted length (R19)
        (works(lunch=flexible(30)), ALL_OFF, "in 08:00, out 16:00", (450, 0, 30)),
        (works(lunch=flexible(30)), DURING_LUNCH, "in 08:00, out 16:00", (450, 30, 0)),
        (works(lunch=flexible(30)), ALL_OFF, "in 08:00, out 12:00, in 12:30, out 16:00", (450, 0, 0)),
        (works(lunch=flexible(30)), ALL_OFF, "in 08:00, out 12:00, in 12:10, out 16:00", (450, 0, 20)),
        (works(lunch=flexible(30)), ALL_OFF, "in 08:00, out 12:00, in 13:00, out 16:00", (420, 0, 0)),
        (works(lunch=flexible(30)), AFTER_END, "in 08:00, out 12:00, in 13:00, out 16:30", (450, 0, 0)),
        # none
        (PLAIN, DURING_LUNCH, "in 08:00, out 16:00", (480, 0, 0)),
    ],
)
def test_work_in_the_lunch_time(
    row: DayRow, overtime: Overtime, events: str, figures: tuple[int, int, int]
) -> None:
    """R19 and R21: without its switch it is deducted, with it it is extra time."""
    assert minutes(the_day(row, events, overtime=overtime)) == figures


@pytest.mark.parametrize(
    ("row", "overtime", "figures"),
    [
        (DAY_OFF, ON_DAYS_OFF, (0, 165, 0)),
        (DAY_OFF, AFTER_END, (0, 0, 165)),
        (replace(DAY_OFF, minimum=165 * 60), ON_DAYS_OFF, (0, 165, 0)),
        (replace(DAY_OFF, minimum=166 * 60), ON_DAYS_OFF, (0, 0, 165)),
        (replace(DAY_OFF, maximum=60 * 60), ON_DAYS_OFF, (0, 60, 105)),
    ],
)
def test_a_day_off_gives_overtime_or_nothing(
    row: DayRow, overtime: Overtime, figures: tuple[int, int, int]
) -> None:
    """R22: nothing is allotted; the switch and the two extents of the row decide."""
    assert minutes(the_day(row, "in 10:00, out 11:00, in 11:30, out 13:15", overtime=overtime)) == figures


def test_a_night_is_measured_across_midnight() -> None:
    """Before, inside and after are told apart by instants, not by dates."""
    row = works("22:00-06:00", Lunch("fixed", seconds("02:00"), seconds("02:30")))
    figures = the_day(row, "in 21:45, out 06:10+1", overtime=ALL_ON).figures
    assert [figures.before, figures.inside, figures.after] == [15 * 60, 8 * 3600, 10 * 60]
    assert (figures.lunch_work, figures.work, figures.overtime) == (30 * 60, 450 * 60, 55 * 60)
    assert (figures.offered, figures.credited) == (55 * 60, 55 * 60)


@pytest.mark.parametrize(
    ("events", "before", "inside", "after"),
    [
        ("in 06:00, out 07:00", 60, 0, 0),
        ("in 07:00, out 08:00", 60, 0, 0),
        ("in 16:00, out 17:00", 0, 0, 60),
        ("in 17:00, out 18:00", 0, 0, 60),
        ("in 07:00, out 17:00", 60, 480, 60),
        ("in 06:00, out 06:30, in 07:00, out 07:10", 40, 0, 0),
        ("in 16:00, out 16:30, in 17:00, out 17:10", 0, 0, 40),
        ("in 09:00, out 10:00", 0, 60, 0),
    ],
)
def test_presence_falls_before_inside_and_after_the_schedule(
    events: str, before: int, inside: int, after: int
) -> None:
    """C7.1 on both sides of both ends."""
    figures = the_day(PLAIN, events).figures
    assert [figures.before, figures.inside, figures.after] == [before * 60, inside * 60, after * 60]
