"""Promises of the retention: settled facts leave in bulk, and never before their days while there is room."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.buffer.retention import EVERY_S, Retention
from tests.edge.making import punch

TODAY = date(2026, 5, 11)
MANY = 100
KEEP_DAYS = 3


def settled(path: Path, count: int) -> Outbox:
    """An outbox with punches that central confirmed."""
    prepare(path)
    outbox = Outbox(path)
    for number in range(count):
        outbox.append("gate", [punch(number)])
    outbox.settle(count)
    outbox.keep()
    return outbox


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A hundred punches, settled."""
    opened = settled(tmp_path / "outbox.db", MANY)
    yield opened
    opened.close()


def looks(outbox: Outbox, keep_days: int, dates: int, first: date = TODAY) -> list[int]:
    """How many rows went at each look, one a date, by a daemon that was started anew each time."""
    return [
        Retention(outbox, keep_days).turn(first + timedelta(number), 0.0, disk_low=False)
        for number in range(dates)
    ]


def test_facts_stay_for_their_days_and_leave_together(outbox: Outbox) -> None:
    """For so many dates a fact can be sent again to a central that lost it; then all go at once."""
    assert looks(outbox, 60, 62) == [0] * 60 + [MANY - 1, 0], "the newest stays, it carries the number"


def test_the_file_is_looked_through_once_a_day(outbox: Outbox) -> None:
    """Punches a second apart cost no transaction each, though the daemon comes round every five seconds."""
    retention = Retention(outbox, keep_days=1)
    assert retention.turn(TODAY, 1000.0, disk_low=False) == 0
    tomorrow = TODAY + timedelta(1)
    assert retention.turn(tomorrow, 1000.0 + EVERY_S - 1, disk_low=False) == 0
    assert retention.turn(tomorrow, 1000.0 + EVERY_S, disk_low=False) == MANY - 1


def test_what_a_pi_without_the_time_read_stays_as_long_as_all_else(outbox: Outbox) -> None:
    """It is dated months back until the first sync; then it must not look old at once and be gone."""
    retention = Retention(outbox, keep_days=60)
    assert retention.turn(None, 0.0, disk_low=False) == 0
    assert retention.turn(TODAY + timedelta(days=4000), 1.0, disk_low=False) == 0, "nor does a leap ahead"


def test_a_full_disk_does_not_wait(outbox: Outbox) -> None:
    """What central holds makes room at the next turn, however young it is, whatever the time."""
    retention = Retention(outbox, keep_days=60)
    assert retention.turn(TODAY, 0.0, disk_low=False) == 0
    assert retention.turn(None, 5.0, disk_low=True) == MANY - 1


def test_much_that_is_due_goes_piece_by_piece(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """After months without a look nobody waits for one long transaction: turn by turn a piece goes."""
    monkeypatch.setattr("edge.buffer.retention.PIECE", 60)
    assert looks(outbox, 1, 1) == [0]
    retention = Retention(outbox, keep_days=1)
    tomorrow = TODAY + timedelta(1)
    assert [retention.turn(tomorrow, float(turn), disk_low=False) for turn in range(4)] == [60, 39, 0, 0]


@example(days=[2, 0, 0, 0, 1], starts={2})
@given(days=st.lists(st.integers(0, 4), max_size=12), starts=st.sets(st.integers(0, 11)))
def test_every_fact_stays_for_its_days_and_not_for_ever(
    tmp_path_factory: pytest.TempPathFactory, days: list[int], starts: set[int]
) -> None:
    """Whatever comes on which day, restarts included: kept is what the last days brought."""
    outbox = settled(tmp_path_factory.mktemp("kept") / "outbox.db", 0)
    retention, taken, upto = Retention(outbox, KEEP_DAYS), 0, list[int]()
    for number, count in enumerate(days):
        if number in starts:
            retention = Retention(outbox, KEEP_DAYS)
        retention.turn(TODAY + timedelta(number), number * EVERY_S, disk_low=False)
        upto.append(taken)
        for _ in range(count):
            taken += 1
            outbox.append("gate", [punch(taken)])
        outbox.settle(taken)
    gone = max(0, min(upto[-1 - KEEP_DAYS], upto[-1] - 1)) if len(upto) > KEEP_DAYS else 0
    kept = [waiting.seq for waiting in outbox.waiting(0, 1000, 1 << 20)]
    outbox.close()
    assert kept == list(range(gone + 1, taken + 1))
