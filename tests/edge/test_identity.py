"""Promises of punch ids."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.readers.identity import memoryless_punch_id, terminal_punch_id

walls = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2130, 1, 1))  # noqa: DTZ001
users = st.text(min_size=1, max_size=24)


def test_the_id_is_a_contract() -> None:
    """The id of a known record never changes from version to version: ledgers are keyed by it."""
    wall = datetime(2026, 5, 11, 9, 0, 0)  # noqa: DTZ001
    assert terminal_punch_id("CJ7F1", "1042", wall) == "019e1643c2801f501803441344fb5ce3"


@given(walls, users)
def test_microseconds_and_transport_do_not_matter(wall: datetime, user: str) -> None:
    """A device has whole seconds; the id sees nothing finer."""
    assert terminal_punch_id("S", user, wall) == terminal_punch_id("S", user, wall.replace(microsecond=0))


@given(walls, users, users, st.integers(1, 3), st.integers(1, 3))
def test_different_facts_give_different_ids(wall: datetime, a: str, b: str, m: int, n: int) -> None:
    """User, serial, second and occurrence each make a different punch."""
    if a != b:
        assert terminal_punch_id("S", a, wall) != terminal_punch_id("S", b, wall)
    if m != n:
        assert terminal_punch_id("S", a, wall, m) != terminal_punch_id("S", a, wall, n)
    assert terminal_punch_id("S", a, wall) != terminal_punch_id("T", a, wall)
    assert terminal_punch_id("S", a, wall) != terminal_punch_id("S", a, wall + timedelta(seconds=1))


@given(walls, walls, users)
def test_ids_sort_by_time(first: datetime, second: datetime, user: str) -> None:
    """A ledger keyed by ids grows at its end."""
    if abs(first - second) >= timedelta(seconds=1):
        ids = terminal_punch_id("S", user, first), terminal_punch_id("S", user, second)
        assert (ids[0] < ids[1]) == (first < second)


def test_a_reader_without_memory_counts() -> None:
    """Two presentations of a card in the same millisecond are two punches."""
    at = datetime(2026, 5, 11, tzinfo=UTC)
    assert memoryless_punch_id("box", 1, at) != memoryless_punch_id("box", 2, at)
