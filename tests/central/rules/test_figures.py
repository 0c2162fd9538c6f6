"""C8: lateness, early leaving, the status of a day and its flags."""

import pytest

from central.rules.plan import Options
from central.rules.policy import evaluate
from central.rules.shift import DayRow
from tests.central.rules.stage import (
    AFTER_END,
    DAY_OFF,
    plan_of,
    punches,
    the_day,
    weekly,
    works,
)

OFFICE = works("08:00-16:00")


@pytest.mark.parametrize(
    ("events", "late", "early"),
    [
        ("in 08:00, out 16:00", 0, 0),
        ("in 08:00:01, out 15:59:59", 1, 1),
        ("in 07:59:59, out 16:00:01", 0, 0),
        ("in 08:22, out 15:00", 22 * 60, 3600),
        ("out 15:00", 0, 3600),  # an IN added at Report Time is never late
        ("in 09:00", 3600, 0),
        ("in 17:00, out 18:00", 9 * 3600, 0),
        ("in 06:00, out 07:00", 0, 9 * 3600),
        ("", 0, 0),
    ],
)
def test_late_and_early_are_told_from_the_completed_sequence(events: str, late: int, early: int) -> None:
    """R25: no grace, and nothing for an absence."""
    figures = the_day(OFFICE, events).figures
    assert (figures.late, figures.early_leave) == (late, early)


def test_a_day_off_is_never_late() -> None:
    """R25: nothing is expected on a day off."""
    figures = the_day(DAY_OFF, "in 10:00, out 11:00").figures
    assert (figures.late, figures.early_leave) == (0, 0)


@pytest.mark.parametrize(
    ("row", "events", "status"),
    [
        (OFFICE, "in 08:00, out 16:00", "present"),
        (OFFICE, "", "absent"),
        (DAY_OFF, "", "off"),
        (DAY_OFF, "in 10:00, out 11:00", "present"),
        (None, "", "no_shift"),
        (None, "in 10:00, out 11:00", "no_shift"),
    ],
)
def test_the_status_of_a_day(row: DayRow | None, events: str, status: str) -> None:
    """Every status but open, which needs a running day."""
    assert the_day(row, events).status == status


def test_an_absence_still_says_what_was_allotted() -> None:
    """Nothing was done of what was expected."""
    result = the_day(OFFICE, "")
    assert result.allotted == 8 * 3600
    assert result.figures.presence == result.figures.work == 0


@pytest.mark.parametrize(
    ("row", "events", "flags"),
    [
        (OFFICE, "in 08:00, out 16:00", ()),
        (OFFICE, "out 16:00", ("in_added",)),
        (OFFICE, "in 08:00", ("out_added",)),
        (OFFICE, "in 08:00, in 12:00, out 16:00", ("out_added", "double_in", "clamped")),
        (OFFICE, "in 08:00, in 16:00, out 16:30", ("out_added", "double_in", "discarded")),
        (OFFICE, "in 08:00, out 12:00, out 16:00", ("in_added", "double_out", "clamped")),
        (OFFICE, "in 07:00, out 07:30, out 16:00", ("in_added", "double_out", "discarded")),
        (OFFICE, "in 08:00, in 08:00:10, out 16:00", ("duplicate_dropped",)),
        (OFFICE, "in 07:00, out 08:00, out 16:00", ("in_added", "double_out", "discarded")),
        (OFFICE, "in 08:00, ? 16:00", ("direction_inferred",)),
        (OFFICE, "in 08:00, out 16:01", ("discarded",)),
        (DAY_OFF, "in 08:00, out 16:00", ("day_off_work", "discarded")),
        (DAY_OFF, "", ()),
        (None, "in 08:00, out 16:00", ("discarded",)),
    ],
)
def test_the_flags_say_what_to_look_at(row: DayRow | None, events: str, flags: tuple[str, ...]) -> None:
    """Each flag stands for one thing that a person may want to check."""
    assert the_day(row, events).flags == flags


def test_a_carried_clocking_is_flagged_where_it_ended_up() -> None:
    """R9 shows on the workday of the IN only."""
    shift = weekly(works("14:00-22:00"), overtime=AFTER_END)
    monday, tuesday = evaluate(plan_of(shift, 2), punches("in 14:00, ? 00:30+1"))
    assert monday.flags == ("direction_inferred", "carried")
    assert tuesday.flags == ()
    known = evaluate(plan_of(shift, 2), punches("in 14:00, out 00:30+1"))[0]
    assert known.flags == ("carried",)
    assert [step.how for step in known.sequence] == ["read", "read"]
    assert [step.how for step in monday.sequence] == ["read", "inferred"]


def test_an_open_day_is_flagged_for_its_added_out() -> None:
    """R27 adds an OUT like any other."""
    assert the_day(OFFICE, "in 08:00", as_of="12:00").flags == ("out_added",)


def test_results_name_their_inputs() -> None:
    """C9.8: the events, the rule and the shift version behind the figures."""
    result = the_day(OFFICE, "in 08:00, out 12:00, out 16:00", options=Options(zone="Asia/Kolkata"))
    assert result.event_ids == ("2026-03-02/0", "2026-03-02/1", "2026-03-02/2")
    assert (result.shift, result.rule.source, result.rule.key) == ("weekly", "weekly", "mon")
