"""C3: which row of the shift a date follows, and where its hours lie."""

from datetime import date, timedelta

import pytest

from central.rules.plan import Workday
from central.rules.shift import WEEKDAYS, DayRow, Lunch, Rule, Shift, row_of
from tests.central.rules.stage import (
    DAY_OFF,
    LUNCH_12_13,
    MONDAY,
    UTC,
    cycle,
    flexible,
    plan_of,
    punches,
    seconds,
    weekly,
    works,
)

HOUR = 3600


def test_a_weekly_shift_follows_the_weekday() -> None:
    """Every weekday has its own row."""
    rows = [works(f"{6 + number:02}:00-20:00") for number in range(7)]
    shift = weekly(*rows)
    for number, name in enumerate(WEEKDAYS):
        assert row_of(shift, MONDAY + timedelta(days=number)) == (rows[number], Rule("weekly", name))


THREE = cycle(works("01:00-02:00"), works("02:00-03:00"), works("03:00-04:00"), start=date(2009, 7, 21))


@pytest.mark.parametrize(
    ("day", "row"),
    [
        (date(2009, 7, 21), 1),
        (date(2009, 7, 22), 2),
        (date(2009, 7, 23), 3),
        (date(2009, 7, 24), 1),
        (date(2009, 10, 17), 2),  # the seed's example: 88 days, remainder 1
        (date(2009, 7, 20), 3),  # R14: the day before the start is the last row
        (date(2009, 7, 19), 2),
        (date(2009, 7, 18), 1),
        (date(2009, 7, 17), 3),
    ],
)
def test_a_regular_shift_counts_calendar_days(day: date, row: int) -> None:
    """The row is the number of days from the start modulo the length of the cycle, plus one."""
    assert row_of(THREE, day) == (THREE.rows[row - 1], Rule("regular", row))


def test_an_exception_wins_and_leaves_the_cycle_undisturbed() -> None:
    """The row behind an exception is the one that it would have been without."""
    exception = works("10:00-11:00")
    day = date(2009, 7, 22)
    shift = Shift("s", "regular", THREE.rows, start=THREE.start, exceptions={day: exception})
    assert row_of(shift, day) == (exception, Rule("exception", "2009-07-22"))
    assert row_of(shift, day + timedelta(days=1)) == (THREE.rows[2], Rule("regular", 3))


def _hours(row: DayRow) -> Workday:
    return plan_of(weekly(row)).period[0]


@pytest.mark.parametrize(
    ("hours", "ends"),
    [
        ("08:00-16:00", "16:00"),
        ("08:00-08:01", "08:01"),
        ("22:00-06:00", "06:00+1"),
        ("08:00-08:00", "08:00+1"),
        ("16:00-00:00", "00:00+1"),
        ("08:00-07:59", "07:59+1"),
    ],
)
def test_a_shift_that_ends_before_it_begins_ends_on_the_next_date(hours: str, ends: str) -> None:
    """R7: Knock Off not later than Report Time lies on the next date; equal times are 24 hours."""
    workday = _hours(works(hours))
    assert workday.starts == punches(f"in {hours[:5]}")[0].at
    assert workday.ends == punches(f"out {ends}")[0].at
    assert workday.allotted == workday.ends - workday.starts


@pytest.mark.parametrize(
    ("hours", "lunch", "begins", "ends"),
    [
        ("08:00-16:00", "12:00-13:00", "12:00", "13:00"),
        ("22:00-06:00", "02:00-02:30", "02:00+1", "02:30+1"),
        ("22:00-06:00", "22:00-22:30", "22:00", "22:30"),
        ("22:00-06:00", "23:30-00:30", "23:30", "00:30+1"),
        ("08:00-08:00", "07:00-07:30", "07:00+1", "07:30+1"),
        ("08:00-16:00", "07:00-07:30", "07:00", "07:30"),
        ("08:00-16:00", "12:00-12:00", "12:00", "12:00+1"),
    ],
)
def test_a_fixed_lunch_lies_in_the_night_where_it_must(
    hours: str, lunch: str, begins: str, ends: str
) -> None:
    """R7: earlier than Report Time of a night it is on the next date, and it may run over midnight."""
    begin, end = lunch.split("-")
    workday = _hours(works(hours, Lunch("fixed", seconds(begin), seconds(end))))
    assert workday.lunch_from == punches(f"out {begins}")[0].at
    assert workday.lunch_to == punches(f"in {ends}")[0].at


@pytest.mark.parametrize(
    ("row", "allotted"),
    [
        (works("08:00-16:00"), 8 * HOUR),
        (works("08:00-16:00", LUNCH_12_13), 7 * HOUR),
        (works("08:00-12:30", LUNCH_12_13), 4 * HOUR),  # half of the lunch hour overlaps
        (works("08:00-12:00", LUNCH_12_13), 4 * HOUR),
        (works("08:00-16:00", flexible(45)), 8 * HOUR - 45 * 60),
        (works("08:00-09:00", flexible(90)), 0),
        (works("08:00-16:00", Lunch("fixed", seconds("12:00"), seconds("12:00"))), 4 * HOUR),
        (DAY_OFF, 0),
    ],
)
def test_what_is_allotted_leaves_lunch_out(row: DayRow, allotted: int) -> None:
    """R16: the scheduled span less the lunch that lies in it."""
    assert _hours(row).allotted == allotted


def test_a_night_follows_the_row_of_the_date_on_which_it_starts() -> None:
    """R15: an exception on the morning after does not touch the night before."""
    night = works("22:00-06:00")
    shift = Shift("s", "weekly", (night,) * 7, exceptions={MONDAY + timedelta(days=1): DAY_OFF})
    monday, tuesday = plan_of(shift, 2).period
    assert (monday.rule, monday.scheduled) == (Rule("weekly", "mon"), True)
    assert monday.ends == punches("out 06:00+1", zone=UTC)[0].at
    assert (tuesday.rule, tuesday.scheduled) == (Rule("exception", "2026-03-03"), False)
