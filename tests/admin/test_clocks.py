"""Promises of `punchwire clock`: what a person reads."""

from datetime import UTC, datetime

import msgspec
import pytest

from admin.clocks import lines
from wire.clocks import ClockAnswer
from wire.reasons import NEXT_STEP

SHOWN = ClockAnswer(
    edge="pune-01",
    reader="front-gate",
    zone="Asia/Kolkata",
    state="shown",
    device="CJ7F1",
    measured_at=datetime(2026, 5, 11, 3, 30, tzinfo=UTC),
    trust="synced",
)


@pytest.mark.parametrize(
    ("ahead_s", "says"),
    [
        (0.4, "right to the second"),
        (-0.9, "right to the second"),
        (27.0, "27 s ahead"),
        (-119.0, "119 s behind"),
        (-127.0, "2 min behind"),
        (3720.0, "1 h 2 min ahead"),
        (-820_454_400.0, "9496 d behind"),
    ],
)
def test_a_clock_is_told_as_people_say_it(ahead_s: float, says: str) -> None:
    """Seconds where they matter, days where they do not; and when, and by which wall clock."""
    head, told = lines(msgspec.structs.replace(SHOWN, ahead_s=ahead_s))
    assert head == "pune-01/front-gate, terminal CJ7F1"
    assert told == f"{says} by the wall clock of Asia/Kolkata, measured 2026-05-11 03:30:00 UTC"


def test_a_measurement_by_a_pi_without_the_time_is_told_as_such() -> None:
    """A terminal is not blamed for the Pi's own clock."""
    told = lines(msgspec.structs.replace(SHOWN, ahead_s=10_368_000.0, trust="unset"))
    assert told[1].endswith("the Pi's own clock was never synchronised, so that says little")


def test_what_was_never_measured_is_not_made_up() -> None:
    """A card reader has no clock; a terminal that never answered is not known."""
    told = lines(msgspec.structs.replace(SHOWN, measured_at=None))
    assert told[1].startswith("its clock was not measured")


def test_a_clock_that_was_set_is_shown_before_and_after() -> None:
    """Whoever set it sees what that changed."""
    told = lines(msgspec.structs.replace(SHOWN, state="done", before_s=-10_800.0, after_s=0.3))
    assert told[1] == "set: it was 3 h behind; read back, it is right to the second"


def test_a_clock_that_was_not_set_says_why_and_what_to_do() -> None:
    """The word, what was seen, and the next step, as on the board."""
    told = lines(
        msgspec.structs.replace(
            SHOWN, state="refused", reason="clock-unsynced", evidence="the Pi's own clock is not synchronised"
        )
    )
    assert told[1:] == [
        "not set, refused: clock-unsynced, the Pi's own clock is not synchronised",
        NEXT_STEP["clock-unsynced"],
    ]
