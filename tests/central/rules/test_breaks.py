"""C6: what is a break, and which of the breaks is lunch. Hours are 08:00 to 16:00 if not said otherwise."""

import pytest

from central.rules.shift import DayRow, Lunch
from tests.central.rules.stage import (
    ALL_ON,
    DAY_OFF,
    LUNCH_12_13,
    flexible,
    minutes,
    seconds,
    the_day,
    works,
)

PLAIN, FIXED, FLEXIBLE = works(), works(lunch=LUNCH_12_13), works(lunch=flexible(30))
MORNING = "in 08:00, out 10:00, in 10:15"


@pytest.mark.parametrize(
    ("events", "total"),
    [
        ("in 08:00, out 16:00", 0),
        ("in 08:00, out 10:00, in 10:15, out 16:00", 15),
        ("in 08:00, out 10:00, in 10:15, out 12:00, in 12:45, out 16:00", 60),
        # only the part inside the scheduled time (R20)
        ("in 07:00, out 07:50, in 08:20, out 16:00", 20),
        ("in 08:00, out 15:50, in 16:20, out 17:00", 10),
        ("in 07:00, out 07:30, in 17:00, out 18:00", 480),
        ("in 06:00, out 06:30, in 07:00, out 16:00", 0),
        ("in 08:00, out 16:00, in 16:30, out 17:00", 0),
        # coming late and leaving early is no break
        ("in 09:00, out 15:00", 0),
    ],
)
def test_the_breaks_are_the_gaps_inside_the_scheduled_time(events: str, total: int) -> None:
    """All gaps count together; what lies outside the schedule is none."""
    assert the_day(PLAIN, events).figures.breaks == total * 60


@pytest.mark.parametrize(
    ("row", "events", "total", "lunch"),
    [
        # None: all is break
        (PLAIN, "in 08:00, out 12:10, in 12:50, out 16:00", 40, 0),
        # Fixed: the first gap that begins in the hour; its begin is in, its end is not (R18)
        (FIXED, "in 08:00, out 12:00, in 12:30, out 16:00", 30, 30),
        (FIXED, "in 08:00, out 12:59:59, in 13:30:59, out 16:00", 31, 31),
        (FIXED, "in 08:00, out 13:00, in 13:30, out 16:00", 30, 0),
        (FIXED, "in 08:00, out 12:10, in 12:20, out 12:30, in 12:50, out 16:00", 30, 10),
        (FIXED, "in 08:00, out 12:50, in 14:00, out 16:00", 70, 70),  # until the IN, also after the hour
        # nothing begins in the hour: the last gap before it, also a coffee at ten
        (FIXED, "in 08:00, out 10:00, in 10:15, out 16:00", 15, 15),
        (FIXED, "in 08:00, out 09:00, in 09:05, out 11:59:59, in 12:20:59, out 16:00", 26, 21),
        (FIXED, "in 08:00, out 10:00, in 10:15, out 13:30, in 14:00, out 16:00", 45, 15),
        # the hour wins over what lies before it
        (FIXED, "in 08:00, out 10:00, in 10:15, out 12:30, in 13:00, out 16:00", 45, 30),
        # leaving for good in the lunch hour is no gap
        (FIXED, "in 08:00, out 12:30", 0, 0),
        (FIXED, "in 08:00, out 10:00, in 10:15, out 12:30", 15, 15),
        # after the hour it is a break and no lunch
        (FIXED, "in 08:00, out 14:00, in 15:00, out 16:00", 60, 0),
        # Flexible: the first minutes of all gaps together
        (FLEXIBLE, "in 08:00, out 12:00, in 12:29, out 16:00", 29, 29),
        (FLEXIBLE, "in 08:00, out 12:00, in 12:30, out 16:00", 30, 30),
        (FLEXIBLE, "in 08:00, out 12:00, in 12:31, out 16:00", 31, 30),
        (FLEXIBLE, "in 08:00, out 10:00, in 10:20, out 14:00, in 14:20, out 16:00", 40, 30),
        (FLEXIBLE, "in 08:00, out 16:00", 0, 0),
    ],
)
def test_lunch_is_a_part_of_the_breaks(row: DayRow, events: str, total: int, lunch: int) -> None:
    """The total includes lunch; which part is lunch depends on the setting of the shift."""
    figures = the_day(row, events).figures
    assert (figures.breaks // 60, figures.lunch // 60) == (total, lunch)


def test_a_forgotten_out_hides_no_lunch() -> None:
    """R1 leaves no pause between two INs, so the real lunch behind them is still found."""
    figures = the_day(FIXED, "in 08:00, in 12:05, out 12:10, in 12:40, out 16:00").figures
    assert (figures.breaks, figures.lunch) == (30 * 60, 30 * 60)


def test_the_lunch_of_a_night_is_found_on_the_next_date() -> None:
    """R7 and R18 together."""
    row = works("22:00-06:00", Lunch("fixed", seconds("02:00"), seconds("02:30")))
    figures = the_day(row, "in 22:00, out 02:05+1, in 02:25+1, out 06:00+1").figures
    assert (figures.breaks, figures.lunch) == (20 * 60, 20 * 60)


def test_a_day_off_has_no_breaks() -> None:
    """R22: presence is all that is measured."""
    figures = the_day(DAY_OFF, "in 09:00, out 12:00, in 13:00, out 15:00").figures
    assert (figures.breaks, figures.lunch, figures.presence) == (0, 0, 5 * 3600)


def test_working_through_lunch_and_resting_later_loses_both() -> None:
    """The seed's warning: with overtime during lunch off, two hours of Joe's day are deducted."""
    joe = works("09:00-17:00", Lunch("fixed", seconds("13:00"), seconds("14:00")))
    result = the_day(joe, "in 09:00, out 14:30, in 15:30, out 17:00")
    assert minutes(result) == (6 * 60, 0, 60)
    assert (result.figures.breaks, result.figures.lunch) == (3600, 0)
    assert minutes(the_day(joe, "in 09:00, out 14:30, in 15:30, out 17:00", overtime=ALL_ON)) == (
        7 * 60,
        0,
        0,
    )
