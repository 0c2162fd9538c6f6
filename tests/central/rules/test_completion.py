"""C5: the clockings that a workday misses, and where they are added."""

import pytest

from central.rules.clocking import complete
from central.rules.plan import Options
from central.rules.shift import DayRow
from tests.central.rules.stage import DAY_OFF, MONDAY, plan_of, the_day, the_days, weekly, works, written

OFFICE = works("08:00-16:00")
NIGHT = works("22:00-06:00")


@pytest.mark.parametrize(
    ("events", "sequence"),
    [
        ("in 08:00, out 16:00", "in 08:00, out 16:00"),
        # an OUT without an IN, around Report Time
        ("out 08:00:01", "in 08:00*, out 08:00:01"),
        ("out 08:00", "in 07:59:59*, out 08:00"),
        ("out 07:59:59", "in 07:59:58*, out 07:59:59"),
        ("out 15:00", "in 08:00*, out 15:00"),
        ("out 18:00", "in 08:00*, out 18:00"),
        # an IN without an OUT, around Knock Off
        ("in 15:59:59", "in 15:59:59, out 16:00*"),
        ("in 16:00", "in 16:00, out 16:00:01*"),
        ("in 16:00:01", "in 16:00:01, out 16:00:02*"),
        ("in 06:00", "in 06:00, out 16:00*"),
        # two INs: the first gets an OUT, held back by the second (R1)
        ("in 08:40, in 11:00, out 16:00", "in 08:40, out 11:00*, in 11:00, out 16:00"),
        ("in 08:40, in 16:00, out 17:00", "in 08:40, out 16:00*, in 16:00, out 17:00"),
        ("in 08:40, in 16:30, out 17:00", "in 08:40, out 16:00*, in 16:30, out 17:00"),
        ("in 16:10, in 17:00, out 18:00", "in 16:10, out 16:10:01*, in 17:00, out 18:00"),
        # two OUTs: the second gets an IN, held back by the first (R1)
        ("in 08:00, out 12:00, out 15:00", "in 08:00, out 12:00, in 12:00*, out 15:00"),
        ("in 07:00, out 08:00, out 15:00", "in 07:00, out 08:00, in 08:00*, out 15:00"),
        ("in 07:00, out 07:30, out 15:00", "in 07:00, out 07:30, in 08:00*, out 15:00"),
        ("in 06:00, out 07:00, out 07:30", "in 06:00, out 07:00, in 07:29:59*, out 07:30"),
        # both at once
        ("out 10:00, in 12:00", "in 08:00*, out 10:00, in 12:00, out 16:00*"),
        ("in 09:00, in 10:00, in 11:00", "in 09:00, out 10:00*, in 10:00, out 11:00*, in 11:00, out 16:00*"),
        ("", ""),
    ],
)
def test_a_missing_clocking_is_added_where_the_benefit_of_the_doubt_puts_it(
    events: str, sequence: str
) -> None:
    """At Report Time or Knock Off if that helps, just beside the clocking if not, across no neighbour."""
    assert written(the_day(OFFICE, events).sequence) == sequence


@pytest.mark.parametrize("row", [DAY_OFF, None])
def test_without_a_schedule_a_clocking_is_completed_just_beside_it(row: DayRow | None) -> None:
    """R2: on a day off, or without a shift, there is no Report Time to add at."""
    result = the_day(row, "out 10:00, in 12:00, in 13:00, out 14:00, out 15:00")
    assert written(result.sequence) == (
        "in 09:59:59*, out 10:00, in 12:00, out 12:00:01*, in 13:00, out 14:00, in 14:59:59*, out 15:00"
    )


def test_a_night_is_completed_at_its_own_ends() -> None:
    """Knock Off of a night lies on the next date, and so does the added OUT."""
    assert the_days(weekly(NIGHT), "in 21:58, out 05:00+2", 2) == [
        "in 21:58, out 06:00+1*",
        "in 22:00*, out 05:00+1",
    ]


@pytest.mark.parametrize(("just_s", "at"), [(0, "07:00"), (1, "06:59:59"), (60, "06:59")])
def test_how_far_just_is_can_be_chosen(just_s: int, at: str) -> None:
    """R2: one second by default."""
    result = the_day(OFFICE, "out 07:00", options=Options(just_s=just_s))
    assert written(result.sequence) == f"in {at}*, out 07:00"


def test_just_beside_never_crosses_a_neighbour() -> None:
    """R1 holds for clockings added just beside, too."""
    close = Options(just_s=60, duplicate_s=0)
    assert written(the_day(DAY_OFF, "in 10:00, in 10:00:30, out 11:00", options=close).sequence) == (
        "in 10:00, out 10:00:30*, in 10:00:30, out 11:00"
    )
    assert written(the_day(DAY_OFF, "in 10:00, out 11:00, out 11:00:30", options=close).sequence) == (
        "in 10:00, out 11:00, in 11:00*, out 11:00:30"
    )


@pytest.mark.parametrize(
    ("events", "as_of", "sequence", "status"),
    [
        ("in 08:00", "12:00", "in 08:00, out 12:00*", "open"),
        ("in 08:00", "15:59:59", "in 08:00, out 15:59:59*", "open"),
        ("in 08:00", "16:00", "in 08:00, out 16:00*", "present"),
        ("in 08:00", "20:00", "in 08:00, out 16:00*", "present"),
        ("in 08:00, out 11:00", "12:00", "in 08:00, out 11:00", "present"),
        ("in 08:00, in 09:00", "12:00", "in 08:00, out 09:00*, in 09:00, out 12:00*", "open"),
        ("in 17:00", "17:00:00", "in 17:00, out 17:00*", "open"),
        ("in 17:00", "17:00:01", "in 17:00, out 17:00:01*", "present"),
        ("in 08:00", "07:00", "in 08:00, out 08:00*", "open"),  # a clock that runs ahead of the centre's
        ("", "12:00", "", "absent"),
    ],
)
def test_a_running_day_ends_where_it_is_known(events: str, as_of: str, sequence: str, status: str) -> None:
    """R27: an OUT is not added in the future; the day is open as long as it would be."""
    result = the_day(OFFICE, events, as_of=as_of)
    assert written(result.sequence) == sequence
    assert result.status == status


def test_completing_a_completed_workday_adds_nothing() -> None:
    """C9.5 on one day."""
    result = the_day(OFFICE, "out 10:00, in 12:00, in 13:00")
    assert complete(plan_of(weekly(OFFICE)).period[0], result.sequence, 1) == list(result.sequence)


def test_an_added_clocking_is_never_a_real_one() -> None:
    """Only real events have ids; the added ones say that they were added."""
    result = the_day(OFFICE, "out 10:00, in 12:00")
    assert [step.event is None for step in result.sequence] == [True, False, False, True]
    assert result.event_ids == (f"{MONDAY}/0", f"{MONDAY}/1")
