"""Advice on shifts: what is allowed, and yet will surprise the people who are paid by it."""

from datetime import date

import pytest

from central.rules.advice import advise
from central.rules.shift import DayRow, Lunch, Overtime, Shift
from tests.central.rules.stage import (
    AFTER_END,
    ALL_OFF,
    ALL_ON,
    DAY_OFF,
    LUNCH_12_13,
    MONDAY,
    cycle,
    flexible,
    seconds,
    weekly,
    works,
)


def _fixed(hours: str) -> Lunch:
    begin, end = hours.split("-")
    return Lunch("fixed", seconds(begin), seconds(end))


def _texts(row: DayRow, overtime: Overtime = AFTER_END) -> list[str]:
    return [advice.text for advice in advise(cycle(row, DAY_OFF, overtime=overtime))]


@pytest.mark.parametrize(
    ("row", "beginning"),
    [
        (works(minimum=6), "min_overtime 6: "),
        (works(minimum=30), "min_overtime 30: "),
        (works(maximum=29), "max_overtime 29: "),
        (works(maximum=0), "max_overtime 0: "),
        (works(minimum=5, maximum=4), "max_overtime 4 is below min_overtime 5: "),
        (works("08:00-08:00"), "report and knock_off are equal"),
        (works("08:00-00:01"), "more than 16 hours of schedule"),
        (works(lunch=flexible(480)), "the lunch is as long as the schedule"),
        (works(lunch=_fixed("12:00-12:00")), "lunch begin and end are equal"),
        (works(lunch=_fixed("07:00-08:00")), "the lunch hour lies outside"),
        (works(lunch=_fixed("16:00-17:00")), "the lunch hour lies outside"),
        (works(lunch=_fixed("15:59-17:00")), "a part of the lunch hour lies outside"),
        (works(lunch=_fixed("07:30-08:30")), "a part of the lunch hour lies outside"),
        (works(lunch=_fixed("08:00-16:00")), "the lunch hour covers the whole schedule"),
        (works("22:00-06:00", _fixed("06:00-06:30")), "the lunch hour lies outside"),
        (works("22:00-06:00", _fixed("21:00-21:30")), "the lunch hour lies outside"),
    ],
)
def test_a_surprising_row_gets_one_piece_of_advice(row: DayRow, beginning: str) -> None:
    """The text names the setting and what it does to people."""
    texts = _texts(row)
    assert len(texts) == 1
    assert texts[0].startswith(beginning)


@pytest.mark.parametrize(
    "row",
    [
        works(),
        works(minimum=5),
        works(maximum=30),
        works(minimum=5, maximum=60),
        works("08:00-00:00"),
        works(lunch=flexible(479)),
        works(lunch=LUNCH_12_13),
        works(lunch=_fixed("08:00-09:00")),
        works(lunch=_fixed("15:00-16:00")),
        works("22:00-06:00", _fixed("02:00-02:30")),
        works("22:00-06:00", _fixed("23:30-00:30")),
        works("22:00-06:00", _fixed("05:30-06:00")),
    ],
)
def test_a_plain_row_gets_none(row: DayRow) -> None:
    """The other side of every limit."""
    assert _texts(row) == []


@pytest.mark.parametrize(
    ("row", "overtime", "advised"),
    [
        (works(minimum=5), ALL_OFF, True),
        (works(maximum=60), ALL_OFF, True),
        (works(minimum=5), Overtime(day_off=True), True),
        (works(minimum=5), Overtime(before_begin=True), False),
        (works(minimum=5), Overtime(during_lunch=True), False),
        (works(), ALL_OFF, False),
    ],
)
def test_an_extent_without_a_switch_has_no_effect(row: DayRow, overtime: Overtime, advised: bool) -> None:
    """It is only told where no kind of overtime of such a day counts."""
    assert bool(_texts(row, overtime)) is advised


def test_the_extents_of_a_day_off_follow_its_own_switch() -> None:
    """A large minimum on a day off loses whole visits."""
    off = DayRow(workday=False, minimum=3600)
    assert advise(cycle(works(), off, overtime=ALL_ON))[0].places == ("rows[2]",)
    assert advise(cycle(works(), off, overtime=AFTER_END))[0].text.startswith(
        "an overtime extent has no effect"
    )


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            works(minimum=30),
            (
                "min_overtime 30: who makes up for less than 30 minutes loses them, even at the normal rate; "
                "no more than 5 is advised"
            ),
        ),
        (
            works(maximum=10),
            (
                "max_overtime 10: who comes later than that cannot make up for it, "
                "as extra time is cut before it is added; 30 or more, or none, is advised"
            ),
        ),
        (
            works(minimum=5, maximum=4),
            (
                "max_overtime 4 is below min_overtime 5: "
                "extra time counts from 5 minutes on, and then only 4 of it"
            ),
        ),
    ],
)
def test_advice_on_the_extents_is_told_in_minutes(row: DayRow, text: str) -> None:
    """The numbers are those of the settings."""
    assert _texts(row) == [text]


def test_rows_with_the_same_advice_share_one_line() -> None:
    """A week of equal days is told once, with all its places."""
    large = works(minimum=30)
    shift = weekly(large, large, works(), DAY_OFF, overtime=AFTER_END)
    exceptional = Shift("s", "weekly", shift.rows, AFTER_END, exceptions={date(2026, 3, 4): large})
    (advice,) = advise(exceptional)
    assert advice.places == ("days.mon", "days.tue", "exceptions.2026-03-04")
    assert str(advice).startswith("days.mon, days.tue, exceptions.2026-03-04: min_overtime 30: ")


@pytest.mark.parametrize(
    ("first", "second", "advised"),
    [
        (works("22:00-06:00"), works("05:59-14:00"), True),
        (works("22:00-06:00"), works("06:00-14:00"), False),
        (works("14:00-22:00"), works("05:00-13:00"), False),
        (works("22:00-06:00"), DAY_OFF, False),
        (DAY_OFF, works("05:00-14:00"), False),
    ],
)
def test_a_night_that_runs_into_the_next_row_is_told(first: DayRow, second: DayRow, advised: bool) -> None:
    """Two scheduled times at once cannot both be worked; a cycle's last row is followed by its first."""
    spare = works("14:30-20:00")
    text = "the scheduled time still runs when that of {} begins; nobody can work both"
    told = [str(advice) for advice in advise(cycle(first, second, spare))]
    assert told == ([f"rows[1]: {text.format('rows[2]')}"] if advised else [])
    told = [str(advice) for advice in advise(cycle(second, spare, first))]
    assert told == ([f"rows[3]: {text.format('rows[1]')}"] if advised else [])


def test_a_single_row_follows_itself() -> None:
    """A night of more than its distance to the next is caught in a cycle of one."""
    assert advise(cycle(works("22:00-21:00")))[0].text.startswith("more than 16 hours")
    assert not advise(cycle(works("22:00-06:00")))


def test_a_shift_without_workdays_is_told() -> None:
    """Nothing would ever be expected; an exception that works is enough to be silent."""
    assert [str(advice) for advice in advise(weekly(DAY_OFF))] == [
        "rows: there is no workday at all, so nothing is ever expected"
    ]
    assert not advise(Shift("s", "weekly", (DAY_OFF,) * 7, exceptions={MONDAY: works()}))
