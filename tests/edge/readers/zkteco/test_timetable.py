"""Promises of when a terminal's log is read: rarely, soon enough, and now and then all of it."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.readers.reader import Moment
from edge.readers.zkteco.talk import Sizes
from edge.readers.zkteco.timetable import Timetable, Turn

NOON = datetime(2026, 5, 11, 12, tzinfo=UTC)


def after(seconds: float) -> Moment:
    """The Pi's time so many seconds after noon."""
    return Moment(NOON + timedelta(seconds=seconds), "synced", "boot", 5000 + seconds)


def read_at_noon() -> Timetable:
    """A log that was read whole at noon, in two seconds."""
    times = Timetable(catch_up_s=300, full_read_s=21_600, full_at=NOON)
    times.accepted(after(0), 2.0)
    return times


@pytest.mark.parametrize(
    ("seconds", "count", "known", "lives", "hinted", "turn"),
    [
        (100, 50, 50, 0, False, "none"),
        (10_000, 50, 50, 0, False, "none"),
        (100, 51, 50, 0, False, "news"),
        (100, 49, 50, 0, False, "news"),
        (100, 0, None, 0, False, "news"),
        (100, 51, 50, 1, False, "none"),
        (301, 51, 50, 1, False, "news"),
        (100, 50, 50, 0, True, "news"),
        (100, 200, 200, 0, False, "none"),
        (301, 200, 200, 0, False, "news"),
        (21_600, 50, 50, 0, False, "all"),
        (7, 51, 50, 0, False, "rest"),
        (9, 51, 50, 0, False, "news"),
    ],
)
def test_a_log_is_read_when_there_is_a_reason(
    seconds: float, count: int, known: int | None, lives: int, hinted: bool, turn: Turn
) -> None:
    """Its count does not fit, live events wait for their proof, it is full, or all of it is due."""
    sizes = Sizes(records=count, users=3, capacity=200)
    assert read_at_noon().turn(after(seconds), sizes, known, lives, hinted=hinted) == turn


def test_a_rejected_read_is_not_repeated_at_once() -> None:
    """A terminal whose log cannot be believed is left in peace for half a minute."""
    times, sizes = read_at_noon(), Sizes(records=51, users=3, capacity=200)
    times.rejected(after(100))
    turns = [times.turn(after(seconds), sizes, 50, 0, hinted=False) for seconds in (129, 131)]
    assert turns == ["rest", "news"]


@pytest.mark.parametrize(
    ("full_at", "due"),
    [
        (None, True),
        (NOON - timedelta(hours=7), True),
        (NOON - timedelta(hours=5), False),
        (NOON + timedelta(days=60), True),
    ],
)
def test_the_full_read_is_due_by_what_the_memo_tells(full_at: datetime | None, due: bool) -> None:
    """Never read, read long ago, or read by a clock that was ahead: all of the log is due."""
    assert Timetable(300, 21_600, full_at).full_is_due(NOON) == due
