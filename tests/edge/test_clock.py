"""The Pi's own time: how far it is believed, and what central hears of it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.clock import ClockWatch, trust
from edge.kernel import Timekeeper
from edge.timekeeping import Timekeeping
from wire.codec import decode_fact
from wire.facts import EdgeEvent
from wire.punch import Trust

MAY = datetime(2026, 5, 11, 3, 0, tzinfo=UTC)
BEHIND = timedelta(days=-120)


@dataclass
class Kernel:
    """A Pi's kernel in one boot: seconds since it began, what its clock is off by, whether it is synced."""

    uptime_s: float = 10.0
    off: timedelta = timedelta(0)
    is_synced: bool = False
    held_up: int = 0

    def synced(self) -> bool:
        """What adjtimex says."""
        if self.held_up:
            self.held_up -= 1
            self.uptime_s += 3
        return self.is_synced

    def utc(self) -> datetime:
        """The clock."""
        return MAY + timedelta(seconds=self.uptime_s) + self.off

    def uptime(self) -> float:
        """Seconds since boot."""
        return self.uptime_s

    def timekeeper(self, boot: str = "boot-1", synced_boot: str | None = None) -> Timekeeper:
        """What a daemon makes of it."""
        return Timekeeper(
            synced_boot=synced_boot, boot=boot, synced=self.synced, utc=self.utc, uptime=self.uptime
        )

    def passes(self, seconds: float) -> None:
        """Time passes."""
        self.uptime_s += seconds


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """An outbox in a file."""
    prepare(tmp_path / "outbox.db")
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        yield outbox


def told(outbox: Outbox) -> list[EdgeEvent]:
    """The events that wait in the outbox."""
    facts = [decode_fact(row.body) for row in outbox.waiting(0, 100, 1 << 20)]
    return [fact for fact in facts if isinstance(fact, EdgeEvent)]


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [(True, False, "synced"), (True, True, "synced"), (False, True, "holdover"), (False, False, "unset")],
)
def test_a_clock_is_believed_as_far_as_a_time_server_vouched(
    now: bool, before: bool, expected: Trust
) -> None:
    """Synced while the kernel says so, holdover afterwards, unset before."""
    assert trust(synced_now=now, synced_this_boot=before) == expected


def test_a_boot_months_behind_is_unset_then_synced_then_in_holdover() -> None:
    """Boot and uptime travel with each moment, whatever the clock does."""
    kernel = Kernel(off=BEHIND)
    keeper = kernel.timekeeper()
    first = keeper.now()
    kernel.passes(60)
    kernel.off, kernel.is_synced = timedelta(0), True
    second = keeper.now()
    kernel.is_synced = False
    third = keeper.now()
    assert [it.trust for it in (first, second, third)] == ["unset", "synced", "holdover"]
    assert second.utc - first.utc == timedelta(seconds=60) - BEHIND
    assert second.uptime_s - first.uptime_s == 60
    assert {it.boot_id for it in (first, second, third)} == {"boot-1"}


@pytest.mark.parametrize(("boot", "expected"), [("boot-1", "holdover"), ("boot-2", "unset")])
def test_a_restart_keeps_holdover_within_one_boot_only(outbox: Outbox, boot: str, expected: Trust) -> None:
    """What the outbox remembers is worth nothing in another boot."""
    kernel = Kernel(is_synced=True)
    keeper = kernel.timekeeper()
    Timekeeping(outbox, keeper).turn()
    kernel.is_synced = False
    again = kernel.timekeeper(boot, outbox.recall("@clock")["synced_boot"])
    assert again.now().trust == expected


def test_clock_and_uptime_are_those_of_one_instant() -> None:
    """A process held up between two looks looks again: a repair rests on the pair."""
    kernel = Kernel(held_up=2)
    moment = kernel.timekeeper().now()
    assert (moment.utc - MAY).total_seconds() == moment.uptime_s


def test_the_first_sync_of_a_boot_is_told_once(outbox: Outbox) -> None:
    """It dates the boot for central; restarts of the daemon do not repeat it, a new boot does."""
    kernel = Kernel(off=BEHIND)
    for boot in ("boot-1", "boot-1", "boot-2"):
        turning = Timekeeping(outbox, kernel.timekeeper(boot))
        for synced in (False, True, False, True):
            kernel.off = timedelta(0)
            kernel.is_synced = synced
            turning.turn()
            kernel.passes(5)
    synced_events = [event for event in told(outbox) if event.event == "clock_synced"]
    assert [event.fields["boot_id"] for event in synced_events] == ["boot-1", "boot-2"]
    for event in synced_events:
        uptime_s = event.fields["uptime_s"]
        assert isinstance(uptime_s, float)
        assert event.at == MAY + timedelta(seconds=uptime_s)


def test_a_step_is_told_with_its_size(outbox: Outbox) -> None:
    """Forward and back, once each; the seconds of a slew are not."""
    kernel = Kernel(is_synced=True)
    turning = Timekeeping(outbox, kernel.timekeeper())
    for off_s in (0.0, 0.4, 0.8, 7200.8, 7200.8, 0.8):
        kernel.off = timedelta(seconds=off_s)
        turning.turn()
        kernel.passes(5)
    steps = [event.fields["by_s"] for event in told(outbox) if event.event == "clock_stepped"]
    assert steps == [7200.0, -7200.0]


@given(st.lists(st.tuples(st.floats(-5e7, 5e7), st.sampled_from(["synced", "holdover", "unset"]))))
def test_what_is_told_adds_up(history: list[tuple[float, Trust]]) -> None:
    """The steps told together are where the clock ended, to a second for each look; the sync comes once."""
    watch = ClockWatch("boot-1")
    moved = 0.0
    syncs = 0
    for number, (off_s, trusted) in enumerate([(0.0, "unset"), *history]):
        uptime_s = float(number)
        for event in watch.seen(MAY + timedelta(seconds=uptime_s + off_s), trusted, uptime_s):
            if event.event == "clock_stepped":
                by_s = event.fields["by_s"]
                assert isinstance(by_s, float)
                moved += by_s
            else:
                syncs += 1
    assert abs(moved - (history[-1][0] if history else 0.0)) <= len(history) * 1.001
    assert syncs == any(trusted == "synced" for _, trusted in history)
