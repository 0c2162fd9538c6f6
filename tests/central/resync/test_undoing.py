"""Promises of the course of an undoing, and of what is left of a person's standing."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from central.resync.undoing import Days, Standing, Undo, without

AT = datetime(2026, 5, 18, tzinfo=UTC)


def test_an_undoing_goes_through_all_steps_once() -> None:
    """Each begins at its beginning, and a piece that was done forgets the faults before it."""
    undo = Undo(by="anna", request_id="q", since=AT, punches=3, days=1, faults=2, fault="odd", again_at=AT)
    undo = undo.moved(("E1", 4))
    assert (undo.step, undo.after, undo.faults, undo.fault, undo.again_at) == (
        "sorting",
        ("E1", 4),
        0,
        "",
        None,
    )
    seen = []
    while undo.step is not None:
        seen.append(undo.step)
        undo = undo.moved(None, withdrawn=1)
        assert undo.after == ("", -1)
    assert seen == ["sorting", "withdrawing", "standings", "days", "marking"]
    assert undo.figures == {"withdrawn": 5, "restored": 0, "computed_again": 0}


def covered(days: Days | None) -> Standing:
    """Somebody of whom so many days are covered, who used nothing."""
    return Standing(days, ())


def _spans() -> st.SearchStrategy[Days]:
    return st.tuples(st.integers(0, 50), st.integers(50, 99))


@given(_spans(), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_each_end_of_a_coverage_goes_back_by_itself(was: Days, back: int, on: int, later: int) -> None:
    """What others moved since stays moved; with nothing moved it is all as it was."""
    became = was[0] - back, was[1] + on
    assert without(covered(was), covered(became), covered(became)) == covered(was)
    assert without(covered(None), covered(became), covered(became)) == covered(None)
    if later:
        now = became[0], became[1] + later
        assert without(covered(was), covered(became), covered(now)) == covered((was[0], now[1]))
        assert without(covered(None), covered(became), covered(now)) == covered((became[1] + 1, now[1]))
        now = became[0] - later, became[1]
        assert without(covered(was), covered(became), covered(now)) == covered((now[0], was[1]))
        assert without(covered(None), covered(became), covered(now)) == covered((now[0], became[0] - 1))


def test_a_use_of_a_reader_goes_back_unless_it_was_used_since() -> None:
    """Each reader by itself: one that the person had not used before is not used any more."""
    was = Standing(None, (("pune-01", "gate", 5), ("pune-01", "roof", 5)))
    became = Standing(None, (("pune-01", "door", 7), ("pune-01", "gate", 7), ("pune-01", "roof", 7)))
    now = Standing(None, (("pune-01", "door", 7), ("pune-01", "gate", 7), ("pune-01", "roof", 9)))
    assert without(was, became, now).uses == (("pune-01", "gate", 5), ("pune-01", "roof", 9))
