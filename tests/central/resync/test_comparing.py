"""Promises of the comparison: each punch is counted once, under the verdict that the docs give it."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.resync.comparing import Version, compare
from central.resync.conflicts import Census
from central.resync.noticing import notices

NINE = datetime(2026, 5, 11, 9)  # noqa: DTZ001 - a terminal's wall clock
CENSUS = Census("S1", 100, 1000, NINE - timedelta(days=9), NINE + timedelta(days=9))
PUNCH = Version("a" * 32, "E1", "1", NINE, (0, 1), "catch-up", "S1", 19_800.0)


def verdicts(
    found: list[Version], held: list[Version], *, restores: bool = True
) -> list[tuple[str, str, str]]:
    """What is said of each punch: its id, the verdict, the word."""
    told = compare(
        {it.punch_id: it for it in found}, {it.punch_id: it for it in held}, CENSUS, restores=restores
    )
    return [(it.punch.punch_id, it.what, it.word) for it in told]


@pytest.mark.parametrize(
    ("found", "held", "what", "word"),
    [
        (PUNCH, PUNCH, "matched", ""),
        (PUNCH, None, "to-add", ""),
        (None, PUNCH, "only-in-ledger", "log-tampered"),
        (replace(PUNCH, how="reread", codes=(1, 1)), PUNCH, "in-conflict", "other-codes"),
        (replace(PUNCH, codes=(1, 1)), replace(PUNCH, how="live"), "to-change", "codes-of-the-log"),
        (replace(PUNCH, how="reread"), replace(PUNCH, how="live"), "matched", ""),
        (PUNCH, replace(PUNCH, withdrawn=True), "to-add", ""),
    ],
)
def test_each_verdict_means_what_the_docs_say(
    found: Version | None, held: Version | None, what: str, word: str
) -> None:
    """One punch, on one side or both."""
    told = verdicts([found] if found else [], [held] if held else [])
    assert told == [(PUNCH.punch_id, what, word)]


def test_what_a_person_took_back_stays_out_unless_a_person_asks() -> None:
    """A scheduled resync finds it, says so, and leaves it."""
    back = replace(PUNCH, withdrawn=True)
    assert verdicts([PUNCH], [back], restores=False) == [(PUNCH.punch_id, "only-on-device", "withdrawn")]
    assert verdicts([], [back]) == []


def test_a_log_whose_times_moved_is_not_taken_in_twice() -> None:
    """The same events under a clock put forward by an hour stay out, each beside the ledger's punch."""
    before = [replace(PUNCH, punch_id=f"{n:032x}", wall=NINE + timedelta(minutes=n)) for n in range(3)]
    now = [
        replace(
            it, punch_id=f"{n + 9:032x}", wall=it.wall and it.wall + timedelta(hours=1), offset_s=23_400.4
        )
        for n, it in enumerate(before)
    ]
    other = replace(PUNCH, punch_id="f" * 32, wall=NINE + timedelta(hours=5), offset_s=23_400.4)
    told = list(
        compare(
            {it.punch_id: it for it in [*now, other]},
            {it.punch_id: it for it in before},
            CENSUS,
            restores=True,
        )
    )
    assert [(it.what, it.word, it.beside) for it in told[:3]] == [
        ("only-on-device", "clock-moved", it.punch_id) for it in before
    ]
    assert [(it.what, it.punch.punch_id) for it in told[3:]] == [("to-add", other.punch_id)]


def test_two_events_of_one_moment_by_the_measured_clock_are_paired_one_to_one() -> None:
    """Two punches of a hurry, whose clock was measured a little differently: neither is taken in again."""
    before = [
        replace(PUNCH, punch_id=f"{n:032x}", wall=NINE + timedelta(seconds=n), offset_s=19_800.0 + n)
        for n in (1, 2)
    ]
    now = [
        replace(
            it, punch_id=f"{n:032x}", wall=NINE + timedelta(hours=1, seconds=n - 8), offset_s=23_400.0 + n - 8
        )
        for n, it in enumerate(before, 9)
    ]
    held = {it.punch_id: it for it in before}
    told = list(compare({it.punch_id: it for it in now}, held, CENSUS, restores=True))
    assert [(it.what, it.word) for it in told] == [("only-on-device", "clock-moved")] * 2
    assert {it.beside for it in told} == set(held)


_versions = st.lists(
    st.builds(
        Version,
        st.integers(0, 12).map(lambda number: f"{number:032x}"),
        st.sampled_from(["E1", "E2", None]),
        st.sampled_from("12"),
        st.none() | st.integers(0, 7200).map(lambda s: NINE + timedelta(seconds=s)),
        st.tuples(st.sampled_from([0, 255]), st.just(1)),
        st.sampled_from(["live", "catch-up", "reread", "push"]),
        st.sampled_from(["S1", None]),
        st.sampled_from([19_800.0, 23_400.0, None]),
        st.booleans(),
    ),
    unique_by=lambda it: it.punch_id,
)


@given(_versions, _versions, st.booleans())
def test_every_punch_has_one_verdict(found: list[Version], held: list[Version], restores: bool) -> None:
    """Nothing is left out but what was taken back, and of a moved pair the device's stands for both."""
    told = list(
        compare(
            {it.punch_id: it for it in found}, {it.punch_id: it for it in held}, CENSUS, restores=restores
        )
    )
    ours, theirs = {it.punch_id for it in held}, {it.punch_id for it in found}
    counted = Counter(it.punch.punch_id for it in told)
    moved = {it.beside for it in told if it.word == "clock-moved"}
    out = {it.punch_id for it in held if it.withdrawn} - theirs
    assert set(counted) == (ours | theirs) - moved - out
    assert set(counted.values()) <= {1}
    assert moved <= ours - theirs
    for it in told:
        both = it.punch.punch_id in ours and it.punch.punch_id in theirs
        assert both or it.what in ("to-add", "only-on-device", "only-in-ledger")


def test_a_replaced_terminal_and_a_cleared_log_are_noticed() -> None:
    """Each in a sentence with its number, the gravest first."""
    told = list(notices(CENSUS, "S0", ["log-cleared", "log-tampered", "log-cleared", "clock-moved", ""]))
    assert [sentence.split()[0] for sentence in told] == ["terminal", "1", "2", "1"]
    assert "was it replaced?" in told[0]
    assert "cleared" in told[2]
    assert list(notices(CENSUS, "S1", ["", "other-codes"])) == []
