"""Promises of stretches: sides that hold the same agree on all of them, and a difference is where it is."""

from datetime import date, timedelta
from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from wire.account import day_of
from wire.stretches import STRETCH_PUNCHES, differing, line, place, stretch, stretches

MAY_11 = date(2026, 5, 11)
_MS_PER_DAY = 86_400_000
CODES = st.none() | st.integers(0, 255)


def punch_id(day: date, number: int = 0) -> bytes:
    """The id of a punch of a day."""
    return ((day - date(1970, 1, 1)).days * _MS_PER_DAY).to_bytes(6, "big") + number.to_bytes(10, "big")


def lines(counts: dict[int, int]) -> list[bytes]:
    """So many lines on each day from 2026-05-11 on."""
    return sorted(
        line(punch_id(MAY_11 + timedelta(days=day), number), 0, 1)
        for day, count in counts.items()
        for number in range(count)
    )


DAYS = st.dictionaries(st.integers(0, 30), st.integers(0, 700), max_size=8).map(lines)


@given(DAYS, st.integers(0, 3000))
def test_who_holds_the_same_punches_finds_no_difference(held: list[bytes], begin: int) -> None:
    """In whatever order a device tells them."""
    known = stretches(held, MAY_11)
    assert differing(known, [*held[begin:], *reversed(held[:begin])]) == []
    assert sum(one.count for one in known) == len(held)


@given(DAYS, st.integers(-3, 40), CODES, CODES)
def test_one_punch_more_differs_in_its_own_stretch_alone(
    held: list[bytes], day: int, direction: int | None, verify: int | None
) -> None:
    """Wherever it lies, before the first day and behind the last, too."""
    known = stretches(held, MAY_11)
    added = punch_id(MAY_11 + timedelta(days=day), 9999)
    assert differing(known, [*held, line(added, direction, verify)]) == [place(known, added)]


@given(st.integers(1, 1200), st.data())
def test_another_code_is_a_difference(count: int, data: st.DataObject) -> None:
    """The same punch with another code does not pass for the same."""
    held = lines({0: count, 3: 5})
    known = stretches(held, MAY_11)
    at = data.draw(st.integers(0, count - 1))
    other = line(held[at][:16], 1, 1)
    assert differing(known, [*held[:at], other, *held[at + 1 :]]) == [0]


def test_stretches_end_with_days_and_cover_the_whole_span() -> None:
    """A busy day stands alone, quiet ones share a stretch, and the last reaches the end of the span."""
    held = lines({0: STRETCH_PUNCHES, 1: 3, 2: STRETCH_PUNCHES - 3, 9: 1})
    known = stretches(held, MAY_11 + timedelta(days=20))
    assert [(one.last - MAY_11, one.count) for one in known] == [
        (timedelta(days=0), STRETCH_PUNCHES),
        (timedelta(days=2), STRETCH_PUNCHES),
        (timedelta(days=20), 1),
    ]
    assert [one.count for one in stretches([], MAY_11)] == [0]


def test_a_stretch_is_a_plain_hash_over_plain_lines() -> None:
    """Anybody can compute it again."""
    ids = [punch_id(MAY_11, number) for number in (1, 2)]
    told = blake2b(ids[0] + b"0/1\n" + ids[1] + b"/\n", digest_size=16).hexdigest()
    assert stretch(MAY_11, [line(ids[1], None, None), line(ids[0], 0, 1)]).hash == told
    assert day_of(ids[0]) == MAY_11
