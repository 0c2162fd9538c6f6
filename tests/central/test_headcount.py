"""The headcount: whose presence falls into which hour of which clock, and which figures are not final."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.headcount import counted, rows, stays
from central.reports import AsOf
from wire.days import Clocking, DayResult, DayRule

PUNE = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 5, 11)
LATER = AsOf(datetime(2026, 12, 1, tzinfo=UTC), timedelta(hours=16))


def workday(*times: datetime, status: Any = "present", **more: Any) -> DayResult:
    """A workday with presence from each first to each second of some times."""
    sequence = [
        Clocking(at=at, direction="OUT" if place % 2 else "IN", punch=f"{place:032}")
        for place, at in enumerate(times)
    ]
    fields: dict[str, Any] = {"clockings": tuple(sequence), **more}
    return DayResult(employee="E1", date=MONDAY, status=status, rule=DayRule(source="none"), **fields)


def at(text: str, zone: ZoneInfo = PUNE, *, fold: int = 0) -> datetime:
    """A wall time of May 2026, given as `11 09:30`."""
    return datetime.strptime(f"2026-05-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=zone, fold=fold)


def told(*days: DayResult, zone: ZoneInfo = PUNE, as_of: AsOf = LATER) -> Sequence[tuple[object, ...]]:
    """The rows of one person."""
    return rows(counted([stays([(day, zone) for day in days], lambda _: True, as_of)]))


def test_each_hour_in_which_somebody_was_in_counts_him_once() -> None:
    """Who went out and came back within an hour is one person in it, with his minutes."""
    day = workday(at("11 09:30"), at("11 10:10"), at("11 10:40"), at("11 11:00"))
    assert told(day) == (
        ("2026-05-11", "09:00", "UTC+05:30", 1, 30, 0),
        ("2026-05-11", "10:00", "UTC+05:30", 1, 30, 0),
    )


def test_a_night_shift_is_in_the_hours_of_both_dates() -> None:
    """The hours behind midnight stand on the next date, and the next workday counts nobody there twice."""
    night = workday(at("11 22:00"), at("12 00:30"))
    again = workday(at("12 00:45"), at("12 01:30"))
    assert [(one[0], one[1], one[3], one[4]) for one in told(night, again)] == [
        ("2026-05-11", "22:00", 1, 60),
        ("2026-05-11", "23:00", 1, 60),
        ("2026-05-12", "00:00", 1, 45),
        ("2026-05-12", "01:00", 1, 30),
    ]


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    """Where the clock goes back the zone tells the two apart; where it goes forward an hour is missing."""
    back = workday(
        datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN), datetime(2026, 10, 25, 3, 0, 30, tzinfo=BERLIN)
    )
    assert told(back, zone=BERLIN) == (
        ("2026-10-25", "01:00", "UTC+02:00", 1, 30, 0),
        ("2026-10-25", "02:00", "UTC+01:00", 1, 60, 0),
        ("2026-10-25", "02:00", "UTC+02:00", 1, 60, 0),
    )
    forward = workday(datetime(2026, 3, 29, 1, 0, tzinfo=BERLIN), datetime(2026, 3, 29, 4, 0, tzinfo=BERLIN))
    assert [(one[1], one[4]) for one in told(forward, zone=BERLIN)] == [("01:00", 60), ("03:00", 60)]


def test_hours_are_those_of_the_branch() -> None:
    """Results are written on the organisation's clock, and counted on that of the branch."""
    day = workday(at("11 09:30"), at("11 10:00"))
    assert told(day, zone=BERLIN) == (("2026-05-11", "06:00", "UTC+02:00", 1, 30, 0),)


def test_only_hours_of_wanted_dates_count() -> None:
    """A night shift that began before the span gives it the hours behind midnight alone."""
    night = workday(at("11 22:00"), at("12 01:00"))
    found = stays([(night, PUNE)], lambda day: day == date(2026, 5, 12), LATER)
    assert [(hour.date.day, hour.hour) for hour in found] == [(12, 0)]


def test_who_is_still_in_is_counted_until_now_and_said_to_be_open() -> None:
    """A stored day knows presence until it was computed; the hours since then count, those to come do not."""
    day = workday(
        status="open",
        starts=at("11 09:00"),
        ends=at("11 17:00"),
        clockings=(
            Clocking(at=at("11 09:00"), direction="IN", punch="a" * 32),
            Clocking(at=at("11 09:05"), direction="OUT", how="as of"),
        ),
    )
    now = AsOf(at("11 10:20"), timedelta(hours=16))
    assert [(one[1], *one[3:]) for one in told(day, as_of=now)] == [("09:00", 1, 60, 1), ("10:00", 1, 20, 1)]
    impatient = AsOf(at("11 10:20"), timedelta(hours=1))
    assert [(one[1], *one[3:]) for one in told(day, as_of=impatient)] == [
        ("09:00", 1, 5, 1),
        ("10:00", 0, 0, 1),
    ]


@pytest.mark.parametrize("status", ["awaiting", "present"])
def test_what_a_reader_may_still_bring_is_said(status: Any) -> None:
    """While a reader was not read past the end of a shift, its hours may come to have one person more."""
    day = workday(status=status, starts=at("11 09:00"), ends=at("11 11:00"), awaiting=("pune-01/gate",))
    assert [(one[1], *one[3:]) for one in told(day)] == [("09:00", 0, 0, 1), ("10:00", 0, 0, 1)]
    assert told(workday(status="absent", starts=at("11 09:00"), ends=at("11 11:00"))) == ()


def test_people_of_one_hour_add_up() -> None:
    """People and minutes are those of all; less than a minute is nobody."""
    days = (
        workday(at("11 09:00"), at("11 10:00")),
        workday(at("11 09:30"), at("11 10:00")),
        workday(at("11 09:30"), at("11 09:30") + timedelta(seconds=59)),
    )
    people = [stays([(day, PUNE)], lambda _: True, LATER) for day in days]
    assert rows(counted(people)) == (("2026-05-11", "09:00", "UTC+05:30", 2, 90, 0),)


instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(
    ["Asia/Kolkata", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]
)


@given(instants, st.timedeltas(timedelta(0), timedelta(hours=40)), zones)
def test_no_presence_is_lost_between_hours(came: datetime, length: timedelta, zone: str) -> None:
    """Whatever a zone's clock does, the hours of a stay add up to it, and none is longer than it can be."""
    found = stays([(workday(came, came + length), ZoneInfo(zone))], lambda _: True, LATER)
    assert sum((stay.present for stay in found.values()), timedelta(0)) == length
    assert all(timedelta(0) < stay.present <= timedelta(hours=1) for stay in found.values())
