"""Promises of the figure of uptime: it is what the lives cover, and what is not known does not count."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.availability import STILL, Life, outlived, uptime
from central.watch.lives import WRITE_S, Lives
from wire.vitals import Heartbeat

START = datetime(2026, 5, 11, tzinfo=UTC)
LATER = START + timedelta(days=30)


def at(minute: int) -> datetime:
    """So many minutes after the beginning."""
    return START + timedelta(minutes=minute)


def life(began: int, last: int) -> Life:
    """A life in minutes."""
    return Life(at(began), at(last))


minutes = st.integers(0, 120)
lives = st.lists(st.builds(lambda a, b: life(min(a, b), max(a, b)), minutes, minutes), max_size=6)


@pytest.mark.parametrize(
    ("known", "span", "now", "told"),
    [
        ([], (0, 100), 1000, None),
        ([(0, 100)], (0, 100), 1000, (0, 100, [], 100.0)),
        ([(0, 40), (50, 100)], (0, 100), 1000, (0, 100, [(40, 50)], 90.0)),
        ([(0, 40), (50, 100)], (40, 50), 1000, (40, 50, [(40, 50)], 0.0)),
        ([(20, 100)], (0, 100), 1000, (20, 100, [], 100.0)),
        ([(0, 10), (60, 90)], (30, 100), 1000, (30, 100, [(30, 60), (90, 100)], 42.85)),
        ([(0, 10)], (50, 100), 1000, (50, 100, [(50, 100)], 0.0)),
        ([(200, 300)], (0, 100), 1000, None),
        ([(0, 50)], (100, 200), 60, None),
        ([(0, 78)], (0, 100), 80, (0, 80, [], 100.0)),
        ([(0, 70)], (0, 100), 80, (0, 80, [(70, 80)], 87.5)),
        ([(0, 80), (20, 60)], (0, 100), 1000, (0, 100, [(80, 100)], 80.0)),
        ([(0, 59_999), (60_000, 99_999)], (0, 99_999), 999_999, (0, 99_999, [(59_999, 60_000)], 99.99)),
    ],
)
def test_figures_of_known_lives(
    known: list[tuple[int, int]],
    span: tuple[int, int],
    now: int,
    told: tuple[int, int, list[tuple[int, int]], float] | None,
) -> None:
    """It begins when the edge was first heard of, ends now, and never rounds a gap away."""
    found = uptime([life(*one) for one in known], at(span[0]), at(span[1]), at(now))
    if told is None:
        assert found is None
        return
    since, until, gaps, percent = told
    assert found is not None
    assert (found.since, found.until, found.percent) == (at(since), at(until), percent)
    assert list(found.gaps) == [(at(begin), at(end)) for begin, end in gaps]


@given(known=lives, span=st.tuples(minutes, minutes))
def test_a_minute_is_a_gap_where_no_life_covers_it(known: list[Life], span: tuple[int, int]) -> None:
    """However lives overlap: gaps are in order, apart from each other, and exactly what no life covers."""
    first, last = min(span), max(span)
    found = uptime(known, at(first), at(last), LATER)
    begin = max([first, *[min(_minute(one.began) for one in known)][:1]]) if known else last
    missing = {
        minute
        for minute in range(begin, last)
        if not any(one.began <= at(minute) and at(minute + 1) <= one.last for one in known)
    }
    if found is None:
        assert begin >= last
        return
    told = [range(_minute(gap[0]), _minute(gap[1])) for gap in found.gaps]
    assert all(one.stop < other.start for one, other in pairwise(told))
    assert [minute for gap in told for minute in gap] == sorted(missing)
    assert (found.percent == 100) == (not missing)


def _minute(moment: datetime) -> int:
    return (moment - START) // timedelta(minutes=1)


@given(known=lives, signs=st.lists(minutes, max_size=5), span=st.tuples(minutes, minutes))
def test_a_sign_never_lessens_what_was_up_and_reaches_back_to_the_life_before_it(
    known: list[Life], signs: list[int], span: tuple[int, int]
) -> None:
    """A punch that was read without a network prolongs the last life that had begun, and no other."""
    first, last = min(span), max(span)
    before = uptime(known, at(first), at(last), LATER)
    after = uptime(outlived(known, map(at, signs)), at(first), at(last), LATER)
    assert (before is None) == (after is None)
    if before is None or after is None:
        return
    assert after.down <= before.down
    for sign in signs:
        began = max((one.began for one in known if one.began <= at(sign)), default=None)
        if began is not None:
            assert not any(gap[0] < at(sign) and gap[1] > began for gap in after.gaps if gap[0] >= began)


def test_an_edge_that_was_heard_a_moment_ago_is_up_now() -> None:
    """Between two heartbeats, and before they are written down, there is no gap."""
    now = at(100)
    assert uptime([Life(at(0), now - STILL)], at(0), at(200), now) == uptime(
        [Life(at(0), now)], at(0), now, now
    )


def beat(life: str, running_s: float | None) -> Heartbeat:
    """A heartbeat of a daemon that runs so long."""
    return Heartbeat(
        at=START, session="s", uptime_s=9e6, trust="unset", backlog=0, life=life, running_s=running_s
    )


def test_signs_of_life_are_collected_until_it_is_time_to_write_them() -> None:
    """Nothing is forgotten that could not be written, each edge costs one row, and older edges none."""
    heard = Lives()
    assert not heard.due(0.0)
    heard.heard("pune-01", beat("a", 600.0), at(60))
    heard.heard("pune-01", beat("a", 600.0), None)
    heard.heard("surat-02", beat("", None), at(60))
    first = {("pune-01", "a"): life(50, 60)}
    assert heard.due(0.0) == first
    heard.heard("pune-01", beat("a", 660.0), at(62))
    assert heard.due(0.5) == {("pune-01", "a"): life(50, 62)}
    heard.written(1.0)
    heard.heard("pune-01", beat("a", 780.0), at(63))
    heard.heard("pune-01", beat("b", 60.0), at(65))
    assert not heard.due(WRITE_S)
    assert heard.due(WRITE_S + 1) == {("pune-01", "a"): life(50, 63), ("pune-01", "b"): life(64, 65)}
