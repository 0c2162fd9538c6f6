"""Promises of the retention: settled facts leave in bulk, and never before their days while there is room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.buffer.retention import EVERY_S, Retention
from tests.edge.making import AT, punch

DAY_MS = 86_400_000
AT_MS = int(AT.timestamp() * 1000)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A hundred punches, settled, a second apart from `AT` on."""
    prepare(tmp_path / "outbox.db")
    outbox = Outbox(tmp_path / "outbox.db")
    for number in range(100):
        outbox.append("gate", [punch(number)])
    outbox.settle(100)
    outbox.keep()
    yield outbox
    outbox.close()


def test_facts_stay_for_their_days(outbox: Outbox) -> None:
    """Until its days are over a fact can be sent again to a central that lost it."""
    retention = Retention(outbox, keep_days=60)
    assert retention.turn(AT_MS + 60 * DAY_MS, 0.0, disk_low=False) == 0
    assert len(outbox.waiting(0, 1000, 1 << 20)) == 100


def test_they_leave_together(outbox: Outbox) -> None:
    """Punches a second apart cost no transaction each: they go some hours later, all in one."""
    retention = Retention(outbox, keep_days=60)
    began, over = 1000.0, AT_MS + 60 * DAY_MS
    gone = [
        retention.turn(over + 5000 * turn, began + 5.0 * turn, disk_low=False)
        for turn in range(int(2 * EVERY_S / 5))
    ]
    assert [count for count in gone if count] == [99], "the newest stays, it carries the number"


def test_a_full_disk_does_not_wait(outbox: Outbox) -> None:
    """What central holds makes room at the next turn, however young it is."""
    retention = Retention(outbox, keep_days=60)
    assert retention.turn(AT_MS + DAY_MS, 0.0, disk_low=False) == 0
    assert retention.turn(AT_MS + DAY_MS, 5.0, disk_low=True) == 99


def test_much_that_is_due_goes_piece_by_piece(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """After months without a look nobody waits for one long transaction: turn by turn a piece goes."""
    monkeypatch.setattr("edge.buffer.retention.PIECE", 60)
    retention = Retention(outbox, keep_days=1)
    gone = [retention.turn(AT_MS + 9 * DAY_MS, float(turn), disk_low=False) for turn in range(4)]
    assert gone == [60, 39, 0, 0]
