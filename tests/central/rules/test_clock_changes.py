"""C10: instants, wall clocks, and the nights of a clock change (in Berlin 2026: 29 March, 25 October)."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from central.rules.plan import Options, instant
from central.rules.shift import Lunch
from tests.central.rules.stage import AFTER_END, minutes, plan_of, the_day, weekly, works

BERLIN = Options(zone="Europe/Berlin")
ZONE = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = date(2026, 3, 28), date(2026, 10, 24)
NIGHT = works("22:00-06:00")
HOUR = 3600


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        (date(2026, 3, 29), 1 * HOUR, "2026-03-29 00:00"),
        (date(2026, 3, 29), 2 * HOUR, "2026-03-29 01:00"),  # does not exist: moved on to 03:00
        (date(2026, 3, 29), 2 * HOUR + 1800, "2026-03-29 01:30"),
        (date(2026, 3, 29), 3 * HOUR, "2026-03-29 01:00"),
        (date(2026, 10, 25), 2 * HOUR, "2026-10-25 00:00"),  # exists twice: the first
        (date(2026, 10, 25), 3 * HOUR, "2026-10-25 02:00"),
    ],
)
def test_a_wall_time_that_is_missing_or_double(day: date, clock: int, utc: str) -> None:
    """R28: moved on by the missing hour, and the first of two."""
    hours, minute = utc[11:].split(":")
    expected = instant(date.fromisoformat(utc[:10]), int(hours) * HOUR + int(minute) * 60, ZoneInfo("UTC"))
    assert instant(day, clock, ZONE) == expected


@pytest.mark.parametrize(("day", "allotted"), [(SPRING, 7), (AUTUMN, 9), (date(2026, 6, 1), 8)])
def test_a_night_allots_the_hours_that_it_lasts(day: date, allotted: int) -> None:
    """R28: spans are elapsed time."""
    assert plan_of(weekly(NIGHT), 1, day, BERLIN).period[0].allotted == allotted * HOUR


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_whole_night_is_complete_and_gives_no_overtime(day: date) -> None:
    """Seven hours in spring and nine in autumn are what was expected."""
    result = the_day(weekly(NIGHT, overtime=AFTER_END), "in 22:00, out 06:00+1", day=day, options=BERLIN)
    allotted = 7 * 60 if day == SPRING else 9 * 60
    assert minutes(result) == (allotted, 0, 0)
    assert (result.figures.late, result.figures.early_leave) == (0, 0)


def test_a_shift_inside_the_missing_hour_has_no_negative_length() -> None:
    """Report Time moves behind Knock Off: nothing is expected, and nothing breaks."""
    result = the_day(works("02:30-03:15"), "in 01:00, out 04:30", day=date(2026, 3, 29), options=BERLIN)
    assert result.allotted == 0
    assert result.figures.presence == 2 * HOUR + 1800
    assert result.figures.before + result.figures.after == result.figures.presence


def test_the_limit_of_a_night_lies_halfway_in_elapsed_time() -> None:
    """R8 and R28: from 06:00 to 22:00 on the long Sunday are sixteen hours, on the Saturday too."""
    saturday, sunday = plan_of(weekly(NIGHT), 2, AUTUMN, BERLIN).period
    assert saturday.closes - saturday.ends == sunday.starts - saturday.closes == 8 * HOUR


def test_a_lunch_hour_that_the_clock_skips_is_no_lunch_hour() -> None:
    """C6 and R28: of a lunch from two to three spring leaves nothing; an OUT at three is not before it."""
    row = works("22:00-06:00", Lunch("fixed", 2 * HOUR, 3 * HOUR))
    three = the_day(row, "in 22:00, out 03:00+1, in 03:20+1, out 06:00+1", day=SPRING, options=BERLIN).figures
    assert (three.breaks, three.lunch) == (20 * 60, 0)
    before = the_day(
        row, "in 22:00, out 01:59+1, in 03:19+1, out 06:00+1", day=SPRING, options=BERLIN
    ).figures
    assert (before.breaks, before.lunch) == (20 * 60, 20 * 60)


def test_half_an_hour_of_summer_time_counts_as_half_an_hour() -> None:
    """Lord Howe's clock changes by thirty minutes."""
    howe = Options(zone="Australia/Lord_Howe")
    assert plan_of(weekly(NIGHT), 1, date(2026, 10, 3), howe).period[0].allotted == 7 * HOUR + 1800
    assert plan_of(weekly(NIGHT), 1, date(2026, 4, 4), howe).period[0].allotted == 8 * HOUR + 1800
