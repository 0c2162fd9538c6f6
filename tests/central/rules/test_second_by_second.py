"""The engine against one that walks through the day tick by tick: both come to the same figures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.rules.clocking import Event
from central.rules.plan import Options
from central.rules.policy import evaluate
from central.rules.shift import DayRow, Overtime
from tests.central.rules.naive import walk
from tests.central.rules.people import DIRECTIONS, overtimes, rows
from tests.central.rules.stage import (
    AFTER_END,
    LUNCH_12_13,
    MONDAY,
    UTC,
    flexible,
    plan_of,
    punches,
    weekly,
    works,
)

MIDNIGHT = punches("in 00:00", MONDAY, UTC)[0].at


def _agree(row: DayRow, overtime: Overtime, events: list[tuple[int, str | None]], tick: int) -> None:
    """Compare both engines on events given in ticks after midnight."""
    options = Options(duplicate_s=0, just_s=tick)
    plan = plan_of(weekly(row, overtime=overtime), options=options)
    told = [Event(MIDNIGHT + at * tick, direction, str(at)) for at, direction in events]  # type: ignore[arg-type]
    (result,) = evaluate(plan, told)
    walked, figures = walk(row, overtime, events, tick), result.figures
    stays = [
        ((came.at - MIDNIGHT) // tick, (went.at - MIDNIGHT) // tick)
        for came, went in zip(result.sequence[::2], result.sequence[1::2], strict=True)
    ]
    assert walked.stays == stays
    assert walked.allotted * tick == result.allotted
    for name in (
        "presence",
        "before",
        "inside",
        "after",
        "lunch_work",
        "breaks",
        "lunch",
        "work",
        "overtime",
        "late",
        "early_leave",
    ):
        if result.workday.scheduled or name in ("presence", "work", "overtime"):
            assert getattr(walked, name) * tick == getattr(figures, name), name


@st.composite
def _days(draw: st.DrawFn, tick: int) -> tuple[DayRow, Overtime, list[tuple[int, str | None]]]:
    """A row, its switches, and events in the limits of its workday, close to each other and to its edges."""
    row, overtime = draw(rows), draw(overtimes)
    workday = plan_of(weekly(row)).period[0]
    opens, closes = -((MIDNIGHT - workday.opens) // tick), (workday.closes - MIDNIGHT) // tick
    edges = [
        opens,
        closes - 1,
        row.report // tick,
        row.knock_off // tick,
        row.lunch.begin // tick,
        row.lunch.end // tick,
    ]
    places = st.one_of(
        st.integers(opens, closes - 1),
        st.builds(lambda edge, off: edge + off, st.sampled_from(edges), st.integers(-2, 2)),
    ).filter(lambda at: opens <= at < closes)
    times = draw(st.lists(places, unique=True, max_size=9))
    return row, overtime, [(at, draw(st.sampled_from(DIRECTIONS))) for at in times]


@settings(max_examples=500, deadline=None)
@given(_days(60))
def test_a_walk_minute_by_minute_agrees(day: tuple[DayRow, Overtime, list[tuple[int, str | None]]]) -> None:
    """Presence, work, breaks, lunch, overtime and lateness are what a patient clerk would count."""
    _agree(*day, tick=60)


@settings(max_examples=60, deadline=None)
@given(_days(1))
def test_a_walk_second_by_second_agrees(day: tuple[DayRow, Overtime, list[tuple[int, str | None]]]) -> None:
    """The same to the second."""
    _agree(*day, tick=1)


@pytest.mark.parametrize(
    ("row", "overtime", "text"),
    [
        (works(), AFTER_END, "in 08:20, out 16:50"),
        (works(lunch=LUNCH_12_13), AFTER_END, "in 08:24:10, out 12:31, in 13:22:30, out 18:05"),
        (works("22:00-06:00", flexible(30)), AFTER_END, "in 21:50, out 02:00+1, in 02:25+1, out 06:10+1"),
    ],
)
def test_a_walk_through_a_known_day_agrees(row: DayRow, overtime: Overtime, text: str) -> None:
    """Days whose figures stand in the specification, second by second."""
    events = [(event.at - MIDNIGHT, event.direction) for event in punches(text)]
    _agree(row, overtime, list(events), tick=1)
