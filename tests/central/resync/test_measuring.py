"""Promises of the measure of a piece: never so much that others wait long, never nothing."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.resync import measuring
from central.resync.measuring import DAYS, people, punches, spans


@dataclass(frozen=True)
class Punch:
    """A punch that is missing."""

    employee_id: str
    day: int


COVERED = {"E1": (20_000, 20_010), "E2": (20_000, 20_010)}


@pytest.mark.parametrize(
    ("days", "landed"),
    [
        ([20_005] * 3000, 3000),
        ([*range(18_000, 18_900)], 1),
        ([*range(19_990, 22_600)], 1987),
        ([0, 20_001], 1),
    ],
    ids=["one day", "far before the covered ones", "around them", "all at once"],
)
def test_a_piece_lands_what_few_workdays_may_come_of(days: list[int], landed: int) -> None:
    """A day counts once, and what lies between a punch and the days that are covered counts, too."""
    waiting = [Punch("E1", day) for day in days]
    assert len(punches(waiting, COVERED)) == landed


def test_nobodys_punches_cost_no_workday() -> None:
    """They belong into nobody's day."""
    waiting = [Punch("", day) for day in range(3000)]
    assert punches(waiting, {}) == waiting


def test_people_are_tried_with_all_of_their_punches() -> None:
    """Somebody with very many alone, others together; nobody else's are looked for."""
    many = ("E1", [Punch("E1", day) for day in range(20_000, 23_000)])
    few = [(who, [Punch(who, 20_001)]) for who in ("E2", "E3")]
    waiting = iter([many, *few])
    assert people(waiting, COVERED) == [many]
    assert list(waiting) == few
    assert people([*few, many], COVERED) == few


def test_a_long_span_is_computed_of_few_people_at_a_time() -> None:
    """With the days up to those that are covered, where the span lies before them."""
    waiting = [f"E{number}" for number in range(1, 51)]
    assert spans(waiting, 20_000, 20_006, COVERED) == waiting
    assert len(spans(waiting, 20_000, 20_999, COVERED)) == 2
    assert len(spans(waiting, 18_500, 18_500, dict.fromkeys(waiting, (20_000, 20_010)))) == 1
    assert len(spans(waiting, 0, 3700, COVERED)) == 1


@given(
    st.lists(
        st.builds(Punch, st.sampled_from(["", "E1", "E2", "E3"]), st.integers(19_000, 21_000)), max_size=80
    )
)
def test_pieces_make_up_the_whole(waiting: list[Punch]) -> None:
    """One after the other they land everything, and none but a single punch's is longer than it may be."""
    landed = 0
    while landed < len(waiting):
        piece = punches(waiting[landed:], COVERED)
        assert piece
        measure = measuring.Measure(COVERED)
        assert len(piece) == 1 or max(map(measure.land, piece)) <= DAYS
        landed += len(piece)
