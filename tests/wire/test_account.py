"""Promises of the tally: everybody who holds the same punches gets the same one, and nobody else."""

from datetime import UTC, date, datetime
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.identity import memoryless_punch_id, terminal_punch_id
from wire.account import EMPTY, by_day, day_of, ids_between, tally

IDS = st.lists(st.binary(min_size=16, max_size=16), unique=True).map(sorted)
DAYS = st.dates(date(1970, 1, 1), date.max)
DAY = date(2026, 5, 11)


def test_a_tally_is_the_number_and_the_hash_of_the_ids() -> None:
    """Anybody can compute it again with a plain BLAKE2b."""
    ids = [bytes.fromhex(f"{number:032x}") for number in (3, 5, 8)]
    assert tally(ids).count == 3
    assert tally(ids).hash == blake2b(b"".join(ids), digest_size=16).hexdigest()


@given(IDS, IDS)
def test_tallies_agree_exactly_when_the_ids_do(ours: list[bytes], theirs: list[bytes]) -> None:
    """One punch more, fewer or other is another tally."""
    assert (tally(ours) == tally(theirs)) == (ours == theirs)


@given(IDS.filter(bool))
def test_ids_out_of_order_or_twice_are_refused(ids: list[bytes]) -> None:
    """A tally over a list that was not sorted would agree with nobody's."""
    with pytest.raises(ValueError, match="comes behind"):
        tally([*ids, ids[-1]])


@given(IDS)
def test_days_take_the_ids_apart(ids: list[bytes]) -> None:
    """Each id belongs to one day, each day's tally is that of its own ids, and empty days have none."""
    days = dict(by_day(ids))
    assert sum(one.count for one in days.values()) == len(ids)
    assert all(one == tally(it for it in ids if day_of(it) == day) != EMPTY for day, one in days.items())


@given(IDS, DAYS, DAYS)
def test_the_ids_of_days_are_one_range(ids: list[bytes], one: date, other: date) -> None:
    """Who looks ids up by range finds those of the days asked for, and no others."""
    first, last = sorted((one, other))
    low, high = ids_between(first, last)
    assert [it for it in ids if low <= it < high] == [it for it in ids if first <= day_of(it) <= last]


@given(st.datetimes(min_value=datetime(1970, 1, 1)))  # noqa: DTZ001 - wall time
def test_a_terminals_day_is_the_date_that_its_clock_printed(wall: datetime) -> None:
    """No zone is needed: the log's own date is the day, whatever time the Pi has."""
    assert day_of(bytes.fromhex(terminal_punch_id("CJ7F1", "1042", wall))) == wall.date()


def test_a_card_readers_day_is_the_date_in_utc_at_which_it_was_read() -> None:
    """Edge and centre agree on it, though they may lie in different zones."""
    for at in (datetime(2026, 5, 11, tzinfo=UTC), datetime(2026, 5, 11, 23, 59, 59, 999999, tzinfo=UTC)):
        assert day_of(bytes.fromhex(memoryless_punch_id("outbox-1", 1, at))) == DAY
