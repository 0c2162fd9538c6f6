"""Who is in, from the punches of a day."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.directory.presence import Move, presence

EIGHT = datetime(2026, 5, 11, 8, 0)  # noqa: DTZ001 - wall time


def day(*moves: tuple[int, int | None]) -> list[Move]:
    """Punches at minutes after eight, each with the device's code."""
    return [Move(EIGHT + timedelta(minutes=minutes), code) for minutes, code in moves]


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        (day(), None),
        (day((0, 0)), "in"),
        (day((0, 0), (500, 1)), "out"),
        (day((0, 0), (240, 2), (300, 3)), "in"),
        (day((500, 1)), "out"),
        (day((0, 255)), "in"),
        (day((0, 255), (500, 255)), "out"),
        (day((0, 255), (240, 255), (300, 255)), "in"),
        (day((0, None), (240, None)), "out"),
        (day((0, 0), (500, 0)), "out"),
        (day((0, 0), (240, 255)), "out"),
        (day((0, 0), (240, 1), (300, 255)), "in"),
        (day((0, 255), (1, 255)), "in"),
        (day((0, 255), (1, 255), (2, 255)), "out"),
    ],
)
def test_direction_counts_where_it_is_told_and_alternates_where_not(
    moves: list[Move], state: str | None
) -> None:
    """Codes are believed unless all are the same; what is unknown alternates; within a minute it is one."""
    assert presence(moves) == state


@given(
    st.lists(
        st.tuples(st.integers(0, 1000), st.sampled_from([0, 1, 255, None])), unique_by=lambda one: one[0]
    )
)
def test_order_of_arrival_does_not_change_who_is_in(moves: list[tuple[int, int | None]]) -> None:
    """Punches may arrive in any order."""
    assert presence(day(*moves)) == presence(day(*reversed(moves)))
