"""Promises of the clock of a terminal that pushes: measured by fresh punches, and by nothing else."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.reader import Moment
from edge.readers.zkteco_push.live_clock import SETTLED_S, STANDS_S, LiveClock

POLL_S, GAP_S = 10.0, 35.0
BEGAN = datetime(2026, 5, 11, 3, 30, tzinfo=UTC)


@dataclass
class Branch:
    """A terminal and the Pi that it pushes to. `off_s` is its clock minus UTC; `now_s` the true time."""

    off_s: float = 19_800.0
    now_s: float = 0.0
    pi_off_s: float = 0.0
    clock: LiveClock = field(default_factory=lambda: LiveClock(GAP_S))
    waiting: list[tuple[datetime, float]] = field(default_factory=list)

    def moment(self) -> Moment:
        """The Pi's time."""
        utc = BEGAN + timedelta(seconds=self.now_s + self.pi_off_s)
        return Moment(utc, "synced", "boot", 500.0 + self.now_s)

    def contact(self, seconds: float = SETTLED_S) -> None:
        """The terminal polls without a gap for so long."""
        for _ in range(int(seconds / POLL_S) + 1):
            self.clock.contact(self.moment().uptime_s)
            self.now_s += POLL_S

    def punches(self) -> None:
        """Somebody punches."""
        shown = BEGAN + timedelta(seconds=self.now_s + self.off_s)
        self.waiting.append((shown.replace(tzinfo=None, microsecond=0), self.off_s))

    def uploads(self) -> float | None:
        """What waits goes to the Pi in one body; what the Pi makes of the terminal's clock."""
        self.clock.contact(self.moment().uptime_s)
        body = b"".join(f"7\t{wall:%Y-%m-%d %H:%M:%S}\t0\t1\n".encode() for wall, _ in self.waiting)
        self.waiting.clear()
        return self.clock.measure(body, self.moment())

    def punched(self, count: int = 1) -> float | None:
        """So many people punch at once, and that is uploaded."""
        for _ in range(count):
            self.punches()
        self.now_s += 1.0
        return self.uploads()


def settled() -> Branch:
    """A branch whose terminal has been in contact for long enough."""
    branch = Branch()
    branch.contact()
    return branch


@given(st.integers(-800_000_000, 50_000))
def test_a_live_punch_measures_the_clock_whatever_it_shows(error_s: int) -> None:
    """After ten minutes of contact nothing can have waited: the difference is the clock's own."""
    branch = settled()
    branch.off_s += error_s
    measured = branch.punched()
    assert measured is not None
    assert abs(measured - branch.off_s) <= 2.0


def test_a_record_that_may_have_waited_measures_nothing() -> None:
    """Short contact, a gap, a refusal: no offset is better than a false one."""
    short = Branch()
    short.contact(SETTLED_S - 50)
    assert short.punched() is None
    assert Branch().punched() is None
    gap = settled()
    gap.now_s += GAP_S + 1
    assert gap.punched() is None
    refused = settled()
    refused.clock.broken()
    assert refused.punched() is None


@pytest.mark.parametrize("body", [b"", b"7\tnever\n", b"7\t2026-05-11 09:10:10\t0\t1\n" * 200])
def test_what_is_no_company_of_fresh_punches_measures_nothing(body: bytes) -> None:
    """Nothing, an odd line, and a log that begins anew."""
    branch = settled()
    branch.punched()
    assert branch.clock.measure(body, branch.moment()) is None


def test_punches_that_come_together_have_what_was_measured_before() -> None:
    """Two at once say nothing of the clock; one a little earlier did, for both."""
    branch = settled()
    assert branch.punched(2) is None
    measured = branch.punched()
    branch.contact(60)
    assert branch.punched(3) == measured


def test_the_measured_stands_though_the_pi_is_set() -> None:
    """Measured by a Pi months behind, it is the offset of the right time once the Pi has that."""
    branch = settled()
    branch.pi_off_s = -10_368_000.0
    measured = branch.punched()
    assert measured is not None
    branch.pi_off_s = 0.0
    assert branch.punched(2) == pytest.approx(measured - 10_368_000.0, abs=1)


@pytest.mark.parametrize("spoil", ["old", "gap", "moved"])
def test_the_measured_does_not_stand_for_ever(spoil: str) -> None:
    """An hour, a gap in the contact, or records that deny it end it."""
    branch = settled()
    assert branch.punched() is not None
    if spoil == "old":
        branch.contact(STANDS_S + 60)
    elif spoil == "gap":
        branch.now_s += GAP_S + 1
        branch.contact()
    else:
        branch.off_s -= 60
    assert branch.punched(2) is None


acts = st.one_of(
    st.tuples(st.just("contact"), st.floats(10, 2 * SETTLED_S)),
    st.tuples(st.just("away"), st.floats(GAP_S + 1, 5000)),
    st.tuples(st.just("punch"), st.sampled_from([1, 1, 2, 3])),
    st.tuples(st.just("hoard"), st.just(1)),
    st.tuples(st.just("moved"), st.floats(-9e8, -10) | st.floats(10, 9e7)),
    st.tuples(st.just("pi"), st.floats(-1e7, 1e7)),
)


@given(st.lists(acts, max_size=25))
def test_no_offset_is_false(history: list[tuple[str, float]]) -> None:
    """Whatever contact and clocks go through, an offset is that of each record in its upload, or not told."""
    branch = settled()
    for act, figure in history:
        if act == "contact":
            branch.contact(figure)
        elif act == "away":
            branch.now_s += figure
        elif act == "hoard":
            branch.now_s += GAP_S + 1
            branch.punches()
        elif act == "moved":
            branch.off_s += figure
        elif act == "pi":
            branch.pi_off_s += figure
        else:
            made = [*(off for _, off in branch.waiting), branch.off_s]
            told = branch.punched(int(figure))
            if told is not None:
                assert all(abs(told + branch.pi_off_s - off) <= 2.0 for off in made)
