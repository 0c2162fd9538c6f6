"""The sentences behind a result: each decision is told with its rule, its punches and its numbers."""

from datetime import date, timedelta

import pytest

from central.rules.explain.why import why
from central.rules.explain.words import length
from central.rules.plan import Options
from central.rules.policy import evaluate
from central.rules.shift import DayRow, Overtime, Shift
from tests.central.rules.stage import (
    AFTER_END,
    ALL_OFF,
    ALL_ON,
    DAY_OFF,
    DEFAULTS,
    LUNCH_12_13,
    MONDAY,
    cycle,
    flexible,
    plan_of,
    punches,
    the_day,
    weekly,
    works,
)

OFFICE, FIXED, NIGHT = works(), works(lunch=LUNCH_12_13), works("22:00-06:00")


def _told(
    row: DayRow | Shift | None,
    events: str,
    overtime: Overtime = ALL_OFF,
    options: Options = DEFAULTS,
    as_of: str | None = None,
    day: date = MONDAY,
) -> list[str]:
    return why(the_day(row, events, overtime=overtime, options=options, as_of=as_of, day=day), options)


def test_a_plain_day_is_told_from_its_row_to_its_sum() -> None:
    """A day without surprises needs few sentences, and nothing that did not happen."""
    assert _told(OFFICE, "in 08:00, out 16:00") == [
        "C3.2: 2026-03-02 is a Monday, row mon of the shift weekly: 08:00 to 16:00.",
        "R16: the scheduled 8 h allot 8 h.",
        (
            "C7.1: present 08:00 to 16:00, 8 h: "
            "0 min before Report Time, 8 h in the scheduled time, 0 min after Knock Off."
        ),
        (
            "C7.6: 8 h of normal time and 0 min of extra time make 8 h; "
            "of 8 h allotted, 8 h are work, and 0 min beyond are overtime."
        ),
    ]


def test_a_day_with_a_break_tells_both_stays() -> None:
    """Nothing is said of a lunch where the shift has none, and nothing of extents that are not set."""
    told = _told(OFFICE, "in 08:00, out 12:00, in 12:30, out 15:00", options=Options(zone="Asia/Kolkata"))
    assert told[2:] == [
        (
            "C7.1: present 08:00 to 12:00 and 12:30 to 15:00, 6 h 30 min: "
            "0 min before Report Time, 6 h 30 min in the scheduled time, 0 min after Knock Off."
        ),
        "R20: out from 12:00 to 12:30, 30 min of break.",
        (
            "C7.6: 6 h 30 min of normal time and 0 min of extra time make 6 h 30 min; "
            "of 8 h allotted, 6 h 30 min are work, and 0 min beyond are overtime."
        ),
        "R25: the OUT at 15:00 comes last, 1 h before Knock Off 16:00.",
    ]


def test_lunch_work_is_no_normal_time() -> None:
    """C7.6 adds what C7.2 left."""
    told = _told(FIXED, "in 08:00, out 16:00")
    assert any(sentence.startswith("C7.6: 7 h of normal time and 0 min of extra") for sentence in told)


def test_nothing_is_said_of_extents_without_extra_time() -> None:
    """R10 and R11 speak of extra time that is there."""
    told = _told(works(minimum=30), "in 08:00, out 16:00", AFTER_END)
    assert not any(sentence.startswith(("R10", "R11", "R13")) for sentence in told)


def test_a_maximum_of_nothing_is_told_as_a_cut() -> None:
    """Reaching the minimum and being cut to nothing is not being below the minimum."""
    told = _told(works(minimum=30, maximum=0), "in 08:00, out 16:30", AFTER_END)
    assert "R11: 30 min of extra time reach the minimum of 30 min." in told
    assert "R13: the maximum cuts 30 min of extra time to 0 min." in told


def test_the_extents_of_a_day_off_are_told() -> None:
    """R10 and R13 on a day off."""
    low, high = DayRow(workday=False, minimum=7200), DayRow(workday=False, maximum=1800)
    text = "in 10:00, out 11:00"
    expected = "R10: 1 h of extra time are less than the minimum of 2 h, so none of it counts."
    assert _told(low, text, ALL_ON)[-1] == expected
    assert _told(high, text, ALL_ON)[-1] == "R13: the maximum cuts 1 h of extra time to 30 min."


@pytest.mark.parametrize(
    ("row", "events", "overtime", "sentence"),
    [
        (FIXED, "", ALL_OFF, "R16: the scheduled 8 h less 1 h of lunch allot 7 h."),
        (OFFICE, "", ALL_OFF, "C8: no event belongs to this workday."),
        (DAY_OFF, "", ALL_OFF, "C3.2: 2026-03-02 is a Monday, row mon of the shift weekly: a day off."),
        (
            FIXED,
            "",
            ALL_OFF,
            (
                "C3.2: 2026-03-02 is a Monday, row mon of the shift weekly: 08:00 to 16:00, "
                "lunch 12:00 to 13:00."
            ),
        ),
        (
            works("22:00-06:00", flexible(30)),
            "",
            ALL_OFF,
            (
                "C3.2: 2026-03-02 is a Monday, row mon of the shift weekly: "
                "22:00 to 06:00 on the next date, 30 min of lunch at any time."
            ),
        ),
        (
            NIGHT,
            "in 22:00",
            ALL_OFF,
            "R8: events from 14:00 and before 14:00 on 2026-03-03 belong to this workday.",
        ),
        (
            None,
            "in 22:00",
            ALL_OFF,
            "R23: no shift is in force on 2026-03-02; stays are shown, all other figures are 0.",
        ),
        (
            OFFICE,
            "in 08:00, in 08:00:21, out 16:00",
            ALL_OFF,
            (
                "R4: the IN at 08:00:21 comes 21 s after the IN at 08:00; "
                "within 60 s it is dropped as a duplicate."
            ),
        ),
        (
            OFFICE,
            "? 08:00, ? 08:01, out 16:00",
            ALL_OFF,
            (
                "R4: the clocking without direction at 08:01 comes 60 s after "
                "the clocking without direction at 08:00; "
                "within 60 s it is dropped as a duplicate."
            ),
        ),
        (
            OFFICE,
            "in 08:00, in 12:00, out 12:00, out 16:00",
            ALL_OFF,
            "R5: the OUT at 12:00 goes before the IN at 12:00, at the same instant.",
        ),
        (
            OFFICE,
            "? 08:00, out 16:00",
            ALL_OFF,
            "R3: the reader tells no direction at 08:00; as the first of the workday it is an IN.",
        ),
        (
            OFFICE,
            "in 08:00, ? 16:00",
            ALL_OFF,
            "R3: the reader tells no direction at 16:00; after the IN at 08:00 it is an OUT.",
        ),
        (
            OFFICE,
            "out 15:00",
            ALL_OFF,
            (
                "C5: the OUT at 15:00 has no IN; it is later than Report Time 08:00, where an IN belongs: "
                "an IN is added at 08:00."
            ),
        ),
        (
            OFFICE,
            "in 13:40",
            ALL_OFF,
            (
                "C5: the IN at 13:40 has no OUT; it is earlier than Knock Off 16:00, where an OUT belongs: "
                "an OUT is added at 16:00."
            ),
        ),
        (
            OFFICE,
            "out 07:00",
            ALL_OFF,
            (
                "R2: the OUT at 07:00 has no IN; "
                "it is not later than Report Time 08:00, so an IN belongs 1 s before it: "
                "an IN is added at 06:59:59."
            ),
        ),
        (
            OFFICE,
            "in 16:00",
            ALL_OFF,
            (
                "R2: the IN at 16:00 has no OUT; "
                "it is not earlier than Knock Off 16:00, so an OUT belongs 1 s after it: "
                "an OUT is added at 16:00:01."
            ),
        ),
        (
            DAY_OFF,
            "in 16:00",
            ALL_OFF,
            (
                "R2: the IN at 16:00 has no OUT; without a schedule an OUT belongs 1 s after it: "
                "an OUT is added at 16:00:01."
            ),
        ),
        (
            OFFICE,
            "in 08:40, in 11:00, out 16:00",
            ALL_OFF,
            (
                "R1: the IN at 08:40 has no OUT; it is earlier than Knock Off 16:00, where an OUT belongs, "
                "but not across the IN at 11:00: an OUT is added at 11:00."
            ),
        ),
        (
            OFFICE,
            "in 08:00, out 12:00, out 15:00",
            ALL_OFF,
            (
                "R1: the OUT at 15:00 has no IN; it is later than Report Time 08:00, where an IN belongs, "
                "but not across the OUT at 12:00: an IN is added at 12:00."
            ),
        ),
        (
            OFFICE,
            "in 08:00, out 10:00, in 10:15, out 16:00",
            ALL_OFF,
            "R20: out from 10:00 to 10:15, 15 min of break.",
        ),
        (
            OFFICE,
            "in 08:00, out 15:50, in 16:20, out 17:00",
            ALL_OFF,
            "R20: out from 15:50 to 16:20, 10 min of break in the scheduled time.",
        ),
        (
            FIXED,
            "in 08:00, out 12:10, in 12:40, out 16:00",
            ALL_OFF,
            "R18: the break from 12:10 is the first to begin in the lunch hour 12:00 to 13:00: it is lunch.",
        ),
        (
            FIXED,
            "in 08:00, out 12:00, in 12:40, out 16:00",
            ALL_OFF,
            "R18: the break from 12:00 is the first to begin in the lunch hour 12:00 to 13:00: it is lunch.",
        ),
        (
            FIXED,
            "in 08:00, out 10:00, in 10:15, out 16:00",
            ALL_OFF,
            "R18: no break begins in the lunch hour 12:00 to 13:00; the last before, from 10:00, is lunch.",
        ),
        (
            FIXED,
            "in 08:00, out 16:00",
            ALL_OFF,
            "R18: no break begins in the lunch hour 12:00 to 13:00 or before it: no lunch.",
        ),
        (
            works(lunch=flexible(30)),
            "in 08:00, out 12:00, in 12:20, out 16:00",
            ALL_OFF,
            "C6: the first 30 min of the breaks are lunch: 20 min.",
        ),
        (
            works(lunch=flexible(30)),
            "in 08:00, out 16:00",
            ALL_OFF,
            "R19: 8 h in the scheduled time exceed the allotted 7 h 30 min by 30 min: lunch work.",
        ),
        (
            FIXED,
            "in 08:00, out 16:00",
            ALL_OFF,
            "R21: 1 h of work in the lunch hour 12:00 to 13:00 are lunch work and no break.",
        ),
        (
            OFFICE,
            "in 07:30, out 16:00",
            ALL_OFF,
            "R17: 30 min before Report Time are discarded, as Overtime Before Begin is off.",
        ),
        (
            OFFICE,
            "in 07:30, out 16:00",
            ALL_ON,
            "C7.4: 30 min before Report Time are extra time, as Overtime Before Begin is on.",
        ),
        (
            OFFICE,
            "in 08:00, out 17:00",
            ALL_OFF,
            "R17: 1 h after Knock Off are discarded, as Overtime After End is off.",
        ),
        (
            OFFICE,
            "in 08:00, out 17:00",
            ALL_ON,
            "C7.4: 1 h after Knock Off are extra time, as Overtime After End is on.",
        ),
        (
            FIXED,
            "in 08:00, out 16:00",
            ALL_OFF,
            "R17: 1 h of lunch work are discarded, as Overtime During Lunch is off.",
        ),
        (
            FIXED,
            "in 08:00, out 16:00",
            ALL_ON,
            "C7.4: 1 h of lunch work are extra time, as Overtime During Lunch is on.",
        ),
        (
            DAY_OFF,
            "in 10:00, out 11:00",
            ALL_OFF,
            (
                "R22: 1 h on a day off are discarded, as Overtime Day Off is off; "
                "nothing is allotted and nothing is a break."
            ),
        ),
        (
            DAY_OFF,
            "in 10:00, out 11:00",
            ALL_ON,
            (
                "R22: 1 h on a day off are extra time, as Overtime Day Off is on; "
                "nothing is allotted and nothing is a break."
            ),
        ),
        (
            works(minimum=30),
            "in 08:00, out 16:20",
            AFTER_END,
            "R10: 20 min of extra time are less than the minimum of 30 min, so none of it counts.",
        ),
        (
            works(minimum=30),
            "in 08:00, out 16:30",
            AFTER_END,
            "R11: 30 min of extra time reach the minimum of 30 min.",
        ),
        (
            works(maximum=30),
            "in 08:00, out 17:00",
            AFTER_END,
            "R13: the maximum cuts 1 h of extra time to 30 min.",
        ),
        (
            OFFICE,
            "in 08:20, out 16:50",
            AFTER_END,
            (
                "C7.6: 7 h 40 min of normal time and 50 min of extra time make 8 h 30 min; "
                "of 8 h allotted, 8 h are work, and 30 min beyond are overtime."
            ),
        ),
        (OFFICE, "in 08:00, out 17:00", ALL_OFF, "C7.7: 9 h present less 8 h are 1 h discarded."),
        (
            OFFICE,
            "in 08:22, out 16:00",
            ALL_OFF,
            "R25: the IN at 08:22 comes first, 22 min after Report Time 08:00.",
        ),
        (
            OFFICE,
            "in 08:00, out 15:00",
            ALL_OFF,
            "R25: the OUT at 15:00 comes last, 1 h before Knock Off 16:00.",
        ),
        (DAY_OFF, "in 10:00, out 11:00", ALL_OFF, "C7.1: present 10:00 to 11:00, 1 h."),
    ],
)
def test_a_decision_has_its_sentence(
    row: DayRow | None, events: str, overtime: Overtime, sentence: str
) -> None:
    """The sentence names the rule item, the punches and the numbers."""
    assert sentence in _told(row, events, overtime)


def test_a_running_day_says_that_it_is_open() -> None:
    """R27."""
    assert (
        "R27: the IN at 08:00 has no OUT yet; the day is open, known up to 12:00, where an OUT is added."
        in _told(OFFICE, "in 08:00", as_of="12:00")
    )


def test_a_carried_clocking_says_why_it_ends_the_workday() -> None:
    """R9."""
    shift = weekly(works("14:00-22:00"))
    monday = evaluate(plan_of(shift, 2), punches("in 14:00, out 00:10+1"))[0]
    assert (
        "R9: the OUT at 00:10 on 2026-03-03 follows the IN at 14:00 by 10 h 10 min; "
        "within 16 h it ends this workday and does not begin the next."
    ) in why(monday, DEFAULTS)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (
            0,
            (
                "C3.3: 2026-03-02 is day 0 from the start 2026-03-02 of the shift cycle; "
                "0 modulo 3 rows is 0, plus one row 1"
            ),
        ),
        (
            4,
            (
                "C3.3: 2026-03-06 is day 4 from the start 2026-03-02 of the shift cycle; "
                "4 modulo 3 rows is 1, plus one row 2"
            ),
        ),
        (
            -1,
            (
                "R14: 2026-03-01 is day -1 from the start 2026-03-02 of the shift cycle; "
                "-1 modulo 3 rows is 2, plus one row 3"
            ),
        ),
    ],
)
def test_a_cycle_is_counted_aloud(days: int, sentence: str) -> None:
    """C3.3 and R14: the days, the remainder, the row."""
    shift = cycle(OFFICE, OFFICE, DAY_OFF)
    assert _told(shift, "", day=MONDAY + timedelta(days=days))[0].startswith(sentence)


def test_an_exception_says_so() -> None:
    """C3.1."""
    shift = Shift("s/2", "weekly", (OFFICE,) * 7, exceptions={MONDAY: DAY_OFF})
    assert _told(shift, "")[0] == "C3.1: 2026-03-02 is an exception of the shift s/2: a day off."


def test_a_clock_change_says_what_the_night_lasted() -> None:
    """R28."""
    told = _told(NIGHT, "", options=Options(zone="Europe/Berlin"), day=date(2026, 3, 28))
    assert "R28: the clocks change meanwhile; 8 h on the wall last 7 h." in told


def test_nothing_is_said_of_the_limits_of_a_plain_day() -> None:
    """R8 speaks only where a workday does not run from midnight to midnight."""
    assert not any(sentence.startswith("R8") for sentence in _told(OFFICE, "in 08:00"))
    assert any(sentence.startswith("R8") for sentence in _told(cycle(NIGHT, DAY_OFF), "in 22:00"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 min"),
        (1, "1 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (3661, "1 h 1 min 1 s"),
        (30630, "8 h 30 min 30 s"),
    ],
)
def test_lengths_are_said_as_people_say_them(seconds: int, said: str) -> None:
    """Nothing is rounded away."""
    assert length(seconds) == said
