"""C4: events put in order, freed of duplicates, given to workdays, and their directions inferred."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from central.rules.plan import Options, natural_day, prepare
from central.rules.policy import evaluate, touched
from central.rules.shift import DayRow, Shift, always
from tests.central.rules.stage import (
    DAY_OFF,
    DEFAULTS,
    MONDAY,
    cycle,
    plan_of,
    punches,
    the_day,
    the_days,
    weekly,
    works,
    written,
)

DAY = timedelta(days=1)
OFFICE = works("08:00-16:00")
NIGHT = works("22:00-06:00")
NO_FILTER = Options(duplicate_s=0)


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ("in 08:00, in 08:00, out 16:00", "in 08:00, out 16:00"),
        ("in 08:00, in 08:01:00, out 16:00", "in 08:00, out 16:00"),
        ("in 08:00, in 08:01:01, out 16:00", "in 08:00, out 08:01:01*, in 08:01:01, out 16:00"),
        ("in 08:00, out 08:00:10, in 08:00:20, out 16:00", "in 08:00, out 08:00:10, in 08:00:20, out 16:00"),
        ("in 08:00, ? 08:01:00, out 16:00", "in 08:00, out 16:00"),
        ("? 08:00, in 08:00:30, ? 16:00", "in 08:00, out 16:00"),
        ("? 08:00, ? 08:01, ? 16:00", "in 08:00, out 16:00"),
        ("? 08:00, ? 08:01:01, ? 16:00", "in 08:00, out 08:01:01, in 16:00, out 16:00:01*"),
        # anchored: 08:01:30 is compared with 08:00, not with the dropped 08:00:50
        ("? 08:00, ? 08:00:50, ? 08:01:30, ? 12:00, ? 16:00", "in 08:00, out 08:01:30, in 12:00, out 16:00"),
    ],
)
def test_duplicates_are_dropped_against_the_last_kept_event(events: str, kept: str) -> None:
    """R4: within 60 seconds one of two events goes unless their directions are known to differ."""
    assert written(the_day(OFFICE, events).sequence) == kept


def test_a_distance_of_zero_keeps_everything_but_identical_events() -> None:
    """R4: the same instant and direction twice stays one event, whatever the distance."""
    result = the_day(OFFICE, "in 08:00, in 08:00, in 08:00:01, out 16:00", options=NO_FILTER)
    assert written(result.sequence) == "in 08:00, out 08:00:01*, in 08:00:01, out 16:00"
    assert result.duplicates == ()


@pytest.mark.parametrize(
    ("distance", "events", "kept"),
    [
        (0, "in 08:00, ? 08:00, out 16:00", "in 08:00, out 08:00, in 08:00*, out 16:00"),
        (1, "in 08:00, in 08:00:01, out 16:00", "in 08:00, out 16:00"),
        (1, "in 08:00, in 08:00:02, out 16:00", "in 08:00, out 08:00:02*, in 08:00:02, out 16:00"),
    ],
)
def test_the_distance_can_be_chosen(distance: int, events: str, kept: str) -> None:
    """R4: one second is a distance, zero is none."""
    assert written(the_day(OFFICE, events, options=Options(duplicate_s=distance)).sequence) == kept


def test_a_repeat_is_told_on_its_own_workday() -> None:
    """Also where the workday before has clockings of its own."""
    events = punches("in 08:00, out 16:00, in 08:00+1, in 08:00:30+1, out 16:00+1")
    monday, tuesday = evaluate(plan_of(weekly(OFFICE), 2), events)
    assert (len(monday.duplicates), len(tuesday.duplicates)) == (0, 1)


def test_dropped_events_are_named_beside_the_day() -> None:
    """A dropped event is reported with the one that it repeats; an identical one leaves no trace."""
    result = the_day(OFFICE, "in 08:00, in 08:00, in 08:00:40, out 16:00")
    assert [(dropped.event.id, dropped.kept.id) for dropped in result.duplicates] == [
        ("2026-03-02/2", "2026-03-02/0")
    ]
    assert result.flags == ("duplicate_dropped",)
    assert the_day(OFFICE, "in 08:00, in 08:00, out 16:00").flags == ()


def test_a_duplicate_goes_with_the_event_that_was_carried() -> None:
    """The repeat of a clocking that ends the workday before is told there."""
    plan = plan_of(weekly(works("14:00-22:00")), 2)
    monday, tuesday = evaluate(plan, punches("in 14:00, out 00:10+1, out 00:10:30+1"))
    assert written(monday.sequence) == "in 14:00, out 00:10+1"
    assert (len(monday.duplicates), len(tuesday.duplicates)) == (1, 0)


def test_the_smallest_id_stands_for_identical_events() -> None:
    """Which of two identical events is named does not depend on which came first."""
    events = punches("in 08:00, in 08:00, out 16:00")
    plan = plan_of(weekly(OFFICE))
    assert evaluate(plan, events)[0].event_ids == ("2026-03-02/0", "2026-03-02/2")
    assert evaluate(plan, events[::-1])[0].event_ids == ("2026-03-02/0", "2026-03-02/2")


@pytest.mark.parametrize(
    ("events", "sequence"),
    [
        ("out 08:00, in 08:00, out 16:00", "in 08:00, out 08:00, in 08:00*, out 16:00"),
        ("in 08:00, in 12:00, out 12:00, out 16:00", "in 08:00, out 12:00, in 12:00, out 16:00"),
        (
            "in 08:00, out 12:00, out 13:00, in 13:00, out 16:00",
            "in 08:00, out 12:00, in 13:00, out 13:00, in 13:00*, out 16:00",
        ),
        # the last two of all, and behind an IN at the very start of the workday
        ("in 08:00, in 16:00, out 16:00", "in 08:00, out 16:00, in 16:00, out 16:00:01*"),
        ("in 00:00, in 16:00, out 16:00", "in 00:00, out 16:00, in 16:00, out 16:00:01*"),
        # a direction that nobody knows yet settles nothing: IN first
        (
            "? 08:00, out 12:00, in 12:00, out 16:00",
            "in 08:00, out 12:00*, in 12:00, out 12:00, in 12:00*, out 16:00",
        ),
    ],
)
def test_at_one_instant_the_alternating_event_comes_first(events: str, sequence: str) -> None:
    """R5: behind an IN the OUT, otherwise the IN; which of them arrived first does not matter."""
    plan = plan_of(weekly(OFFICE))
    assert written(evaluate(plan, punches(events))[0].sequence) == sequence
    assert written(evaluate(plan, punches(events)[::-1])[0].sequence) == sequence


def test_events_of_a_single_instant_are_put_in_order_too() -> None:
    """R4 and R5 ask for no other event beside them."""
    plan = plan_of(weekly(OFFICE), options=NO_FILTER)
    for events in (
        punches("? 08:00, out 08:00, in 08:00, in 08:00"),
        punches("in 08:00, out 08:00, ? 08:00"),
    ):
        sequence = evaluate(plan, events)[0].sequence
        assert written(sequence) == "in 08:00, out 08:00, in 08:00, out 16:00*"


def test_an_unknown_direction_comes_last_at_one_instant() -> None:
    """A known direction says more than a guess, so the filter keeps it."""
    assert written(the_day(OFFICE, "? 08:00, in 08:00, ? 16:00, out 16:00").sequence) == "in 08:00, out 16:00"


def test_every_workday_begins_its_order_anew() -> None:
    """R5: at the start of a workday IN comes first, whatever was forgotten on the evening before."""
    days = the_days(weekly(OFFICE), "in 12:00, in 16:00+1, out 16:00+1", 2)
    assert days[1] == "in 16:00, out 16:00"


AFTERNOON, EARLY, SMALL_HOURS = works("14:00-22:00"), works("02:00-10:00"), works("03:59-12:00")


@pytest.mark.parametrize(
    ("yesterday", "today", "limit"),
    [
        (OFFICE, OFFICE, "00:00"),
        (OFFICE, DAY_OFF, "00:00"),
        (DAY_OFF, OFFICE, "00:00"),
        (DAY_OFF, DAY_OFF, "00:00"),
        (NIGHT, NIGHT, "14:00"),  # the specification's example
        (NIGHT, OFFICE, "07:00"),
        (NIGHT, works("06:00-14:00"), "06:00"),
        (NIGHT, works("05:00-13:00"), "06:00"),  # not before the end of the night
        (NIGHT, DAY_OFF, "15:00"),  # halfway from 06:00 to 24:00
        (works("16:00-00:00"), OFFICE, "00:00"),  # ends at midnight, not after it
        (works("16:00-00:01"), OFFICE, "04:00:30"),
        (works("16:00-00:00"), EARLY, "01:00"),  # half of the gap of two hours
        (works("10:00-18:00"), EARLY, "22:00-1"),  # the gap is exactly eight hours
        (works("10:00-18:01"), EARLY, "22:00:30-1"),
        (works("10:00-17:59"), EARLY, "22:00-1"),
        (DAY_OFF, EARLY, "22:00-1"),
        (DAY_OFF, SMALL_HOURS, "23:59-1"),
        (DAY_OFF, works("04:00-12:00"), "00:00"),  # four hours after midnight is not less than four
        (OFFICE, works("00:00-08:00"), "20:00-1"),
        (works("15:00-23:00"), works("04:00-12:00"), "00:00"),
    ],
)
def test_the_limit_between_two_workdays(yesterday: DayRow, today: DayRow, limit: str) -> None:
    """R8: halfway between a night and what follows, else before an early start, else midnight."""
    shift = cycle(yesterday, today, DAY_OFF, DAY_OFF)
    clock, _, earlier = limit.partition("-")
    day = MONDAY if earlier else MONDAY + DAY
    monday, tuesday = plan_of(shift, 2).period
    assert tuesday.opens == monday.closes == punches(f"in {clock}", day)[0].at


def test_an_early_start_never_reaches_behind_the_limit_before_it() -> None:
    """After a long night on a day off the limits stay in order; the day off in between is empty."""
    shift = cycle(works("23:30-23:00"), DAY_OFF, works("01:00-09:00"), DAY_OFF)
    monday, tuesday, wednesday = plan_of(shift, 3).period
    assert tuesday.opens == tuesday.closes == wednesday.opens == punches("in 23:30+1")[0].at
    assert monday.closes == tuesday.opens


@pytest.mark.parametrize(
    ("event", "belongs"), [("in 13:59:59+1", 0), ("in 14:00+1", 1), ("in 13:59:59+2", 1), ("in 14:00+2", 2)]
)
def test_an_event_on_the_limit_belongs_to_the_later_workday(event: str, belongs: int) -> None:
    """R8: the start of a workday's limits is its own, the end is not."""
    days = the_days(weekly(NIGHT), event, 3)
    assert [number for number, day in enumerate(days) if day] == [belongs]
    assert natural_day(always(weekly(NIGHT)), punches(event)[0].at, DEFAULTS) == MONDAY + belongs * DAY


def test_the_early_margin_is_an_option() -> None:
    """R8: with two hours of margin an early start at 02:00 is none, with three it is."""
    shift = cycle(DAY_OFF, EARLY, DAY_OFF, DAY_OFF)
    opens = [plan_of(shift, 2, options=Options(early_s=hours * 3600)).period[1].opens for hours in (2, 3)]
    assert opens == [punches("in 00:00+1")[0].at, punches("in 23:00")[0].at]


@pytest.mark.parametrize(
    ("shift", "events", "monday", "tuesday"),
    [
        # an evening shift, and an OUT after midnight of a working day: before Report Time it is carried
        (weekly(AFTERNOON), "in 14:00, out 00:30+1", "in 14:00, out 00:30+1", ""),
        (weekly(AFTERNOON), "in 22:30, out 13:59:59+1", "in 22:30, out 13:59:59+1", ""),
        (weekly(AFTERNOON), "in 22:30, out 14:00+1", "in 22:30, out 22:30:01*", "in 13:59:59*, out 14:00"),
        # the limit of 16 hours
        (weekly(AFTERNOON), "in 14:00, out 06:00:00+1", "in 14:00, out 06:00+1", ""),
        (weekly(AFTERNOON), "in 14:00, out 06:00:01+1", "in 14:00, out 22:00*", "in 06:00*, out 06:00:01"),
        # an unknown direction: before Report Time minus four hours
        (weekly(AFTERNOON), "in 22:00, ? 09:59:59+1", "in 22:00, out 09:59:59+1", ""),
        (weekly(AFTERNOON), "in 22:00, ? 10:00+1", "in 22:00, out 22:00:01*", "in 10:00, out 22:00*"),
        # a day off takes an OUT or an unknown at any hour, within 16 hours
        (cycle(AFTERNOON, DAY_OFF), "in 21:00, out 13:00+1", "in 21:00, out 13:00+1", ""),
        (cycle(AFTERNOON, DAY_OFF), "in 21:00, ? 13:00+1", "in 21:00, out 13:00+1", ""),
        (
            cycle(AFTERNOON, DAY_OFF),
            "in 21:00, ? 13:00:01+1",
            "in 21:00, out 22:00*",
            "in 13:00:01, out 13:00:02*",
        ),
        # only an OUT or an unknown, and only right behind an IN
        (
            cycle(AFTERNOON, DAY_OFF),
            "in 21:00, in 00:30+1",
            "in 21:00, out 22:00*",
            "in 00:30, out 00:30:01*",
        ),
        (
            cycle(AFTERNOON, DAY_OFF),
            "in 21:00, out 23:00, out 00:30+1",
            "in 21:00, out 23:00",
            "in 00:29:59*, out 00:30",
        ),
        # what follows a carried event belongs to its own day
        (
            cycle(AFTERNOON, DAY_OFF),
            "in 21:00, ? 00:30+1, ? 09:00+1",
            "in 21:00, out 00:30+1",
            "in 09:00, out 09:00:01*",
        ),
    ],
)
def test_an_out_after_midnight_is_carried(shift: Shift, events: str, monday: str, tuesday: str) -> None:
    """R9: it ends the workday of its IN if the next has no use for it."""
    assert the_days(shift, events, 2) == [monday, tuesday]


def test_without_a_shift_an_out_is_carried_as_on_a_day_off() -> None:
    """R9 and R23: a stay over midnight stays one stay."""
    assert the_days(None, "in 22:00, out 06:00+1", 2) == ["in 22:00, out 06:00+1", ""]


def test_nothing_is_carried_over_a_day_in_between() -> None:
    """R9 crosses one limit, whatever the carry limit is."""
    days = the_days(weekly(DAY_OFF), "in 23:00, out 01:00+2", 3, Options(carry_s=48 * 3600))
    assert days == ["in 23:00, out 23:00:01*", "", "in 00:59:59*, out 01:00"]


@pytest.mark.parametrize(
    ("events", "sequence"),
    [
        ("? 08:00, ? 12:00, ? 13:00, ? 16:00", "in 08:00, out 12:00, in 13:00, out 16:00"),
        ("? 08:00, out 12:00, ? 13:00, ? 16:00", "in 08:00, out 12:00, in 13:00, out 16:00"),
        ("in 08:00, ? 12:00, in 13:00, ? 16:00", "in 08:00, out 12:00, in 13:00, out 16:00"),
        ("out 08:30, ? 12:00, out 16:00", "in 08:00*, out 08:30, in 12:00, out 16:00"),
        ("? 08:00, in 12:00, out 16:00", "in 08:00, out 12:00*, in 12:00, out 16:00"),  # known ones stay
    ],
)
def test_an_unknown_direction_alternates(events: str, sequence: str) -> None:
    """R3: the opposite of the event before within the workday; the first is an IN; known ones stay."""
    assert written(the_day(OFFICE, events).sequence) == sequence


def test_every_workday_begins_its_guesses_anew() -> None:
    """R3: a forgotten clocking does not turn the directions of the days behind it."""
    days = the_days(weekly(OFFICE), "? 08:00, ? 08:00+1, ? 16:00+1", 2)
    assert days == ["in 08:00, out 16:00*", "in 08:00, out 16:00"]


def test_a_period_takes_its_nights_whole_and_leaves_the_night_before() -> None:
    """R24: the OUT on the morning after belongs to the period, the end of the night before it does not."""
    shift = weekly(NIGHT)
    events = punches("in 22:00, out 06:00+1, in 22:00+1, out 06:10+2", MONDAY - DAY)
    results = evaluate(plan_of(shift, 1), events)
    assert [written(result.sequence) for result in results] == ["in 22:00, out 06:10+1"]


def test_the_window_reaches_two_workdays_back_and_one_ahead() -> None:
    """C9.6: what must be read for a period is told with it."""
    plan = plan_of(weekly(NIGHT), 3)
    assert plan.window == (punches("in 14:00", MONDAY - 2 * DAY)[0].at, punches("in 14:00+4")[0].at)
    assert prepare(always(weekly(OFFICE)), MONDAY, MONDAY, DEFAULTS, reach=1).window == (
        punches("in 00:00", MONDAY - DAY)[0].at,
        punches("in 00:00+2")[0].at,
    )


def test_the_window_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    """An event on its first limit counts, one on its last does not, whatever else was handed in."""
    plan = prepare(always(weekly(OFFICE)), MONDAY, MONDAY, DEFAULTS, reach=0)
    results = evaluate(plan, punches("out 23:59:59, in 00:00, out 01:00, in 23:00, in 00:00+2"))
    assert written(results[0].sequence) == "in 00:00, out 01:00, in 23:00, out 23:59:59"
    assert evaluate(plan, punches("out 23:59:59", MONDAY - DAY))[0].status == "absent"


def test_a_carry_and_its_repeat_are_told_without_a_workday_before() -> None:
    """The first workday of a plan can be the one that a clocking is carried to."""
    plan = prepare(always(weekly(AFTERNOON)), MONDAY, MONDAY, DEFAULTS, reach=0)
    monday = evaluate(plan, punches("in 14:00, out 00:10+1, out 00:10:30+1"))[0]
    assert written(monday.sequence) == "in 14:00, out 00:10+1"
    assert len(monday.duplicates) == 1


def test_an_evening_event_may_belong_to_the_next_date() -> None:
    """R8: before an early start the workday begins on the evening before."""
    at = punches("in 22:30")[0].at
    assert natural_day(always(cycle(DAY_OFF, EARLY)), at, DEFAULTS) == MONDAY + DAY


def test_the_workday_of_an_event_is_told_by_the_organizations_clock() -> None:
    """R8: on Monday at half past one in Pago Pago it is Tuesday in UTC, and still Sunday's night."""
    pago = Options(zone="Pacific/Pago_Pago")
    at = punches("out 13:30", zone=ZoneInfo(pago.zone))[0].at
    assert natural_day(always(weekly(NIGHT)), at, pago) == MONDAY - DAY


def test_a_day_off_has_no_hours() -> None:
    """Nothing of its schedule stands in the plan."""
    workday = plan_of(weekly(DAY_OFF)).period[0]
    assert (workday.starts, workday.ends, workday.allotted) == (0, 0, 0)
    assert (workday.lunch_from, workday.lunch_to) == (0, 0)
    assert (workday.lunch_work_from, workday.lunch_work_to) == (0, 0)


def test_limits_are_those_of_the_organizations_zone() -> None:
    """R8: midnight and halfway are told by the zone, not by the machine."""
    kolkata = Options(zone="Asia/Kolkata")
    monday, tuesday, _ = plan_of(cycle(NIGHT, DAY_OFF, OFFICE), 3, options=kolkata).period
    assert monday.opens == punches("in 18:30", MONDAY - DAY)[0].at
    assert monday.closes == punches("in 09:30+1")[0].at
    assert tuesday.closes == punches("in 18:30+1")[0].at


@pytest.mark.parametrize(("directed", "ahead"), [(True, 1), (False, 2)])
def test_an_event_touches_its_workday_and_the_neighbours(directed: bool, ahead: int) -> None:
    """C9.7: one workday before, one behind, and two behind for readers that tell no direction."""
    at = punches("out 13:00+1")[0].at  # still Monday's night
    reached = touched(always(weekly(NIGHT)), at, DEFAULTS, directed=directed)
    assert reached == (MONDAY - DAY, MONDAY + ahead * DAY)
