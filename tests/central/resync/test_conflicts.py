"""Promises of the precedence between versions: a row of the table in docs/resync.md for each case."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from central.resync.conflicts import (
    Census,
    Conflict,
    Counts,
    NotOnDevice,
    OtherCodes,
    OtherTime,
    Reassigned,
    TwoReaders,
    Word,
    rule,
)

DOCS = Path(__file__).parents[3] / "docs" / "resync.md"
NINE = datetime(2026, 5, 11, 9)  # noqa: DTZ001 - a terminal's wall clock
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
IST = 19_800.0


def census(records: int | None = 100, capacity: int | None = 1000, **more: object) -> Census:
    """A log of terminal S1 from a day before nine to a day behind it."""
    told = {"serial": "S1", "begins": NINE - DAY, "ends": NINE + DAY, **more}
    return Census(records=records, capacity=capacity, **told)  # type: ignore[arg-type]


CASES: list[tuple[Conflict, Word, Counts]] = [
    (TwoReaders("pune-01/gate", "pune-01/door"), "same-event", "earlier"),
    (TwoReaders("pune-01/gate", "surat-02/gate"), "same-event", "earlier"),
    (OtherCodes("live", "reread"), "codes-of-the-log", "device"),
    (OtherCodes("push", "catch-up"), "codes-of-the-log", "device"),
    (OtherCodes("catch-up", "reread"), "other-codes", "ledger"),
    (OtherCodes("reread", "reread"), "other-codes", "ledger"),
    (OtherCodes("live", "live"), "other-codes", "ledger"),
    (OtherTime(NINE, NINE + HOUR, IST, IST + 3600), "clock-moved", "ledger"),
    (OtherTime(NINE, NINE - HOUR, IST, IST - 3601.5), "clock-moved", "ledger"),
    (NotOnDevice(None, None, Census()), "outbox-pruned", "ledger"),
    (NotOnDevice("S0", NINE, census()), "terminal-replaced", "ledger"),
    (NotOnDevice("S1", NINE, census(begins=NINE + HOUR, records=1000)), "log-overwritten", "ledger"),
    (NotOnDevice("S1", NINE, census(begins=NINE + HOUR)), "log-cleared", "ledger"),
    (NotOnDevice("S1", NINE, census(0, begins=None, ends=None)), "log-cleared", "ledger"),
    (NotOnDevice("S1", NINE, census(begins=NINE + HOUR, capacity=None)), "log-cleared", "ledger"),
    (NotOnDevice("S1", NINE, census()), "log-tampered", "ledger"),
    (NotOnDevice("S1", NINE, census(records=1000)), "log-tampered", "ledger"),
    (NotOnDevice("S1", NINE, census(ends=NINE - HOUR)), "log-tampered", "ledger"),
    (NotOnDevice("S1", NINE, census(None, None, begins=None, ends=None)), "log-untold", "ledger"),
    (Reassigned(NINE, NINE + HOUR), "badge-reassigned", "holder-then"),
]


@pytest.mark.parametrize(("conflict", "word", "counts"), CASES)
def test_each_case_is_decided_as_the_table_says(conflict: Conflict, word: Word, counts: Counts) -> None:
    """The word and who counts, and a sentence for a person."""
    ruling = rule(conflict)
    assert ruling is not None
    assert (ruling.word, ruling.counts) == (word, counts)
    assert re.search(rf"^\| [^|]+ \| {counts} \| `{word}` \|", DOCS.read_text(), re.MULTILINE)
    assert len(ruling.why) > 20


def test_every_word_is_in_the_table_and_tried() -> None:
    """No case stands in the code alone."""
    assert {word for _, word, _ in CASES} == set(get_args(Word))


@pytest.mark.parametrize(
    "conflict",
    [
        TwoReaders("pune-01/gate", "pune-01/gate"),
        Reassigned(NINE, NINE),
        Reassigned(NINE, NINE - HOUR),
        OtherTime(NINE, NINE + HOUR, None, IST),
        OtherTime(NINE, NINE + HOUR, IST, None),
        OtherTime(NINE, NINE + HOUR, IST, IST),
        OtherTime(NINE, NINE + HOUR, IST, IST + 3610),
        OtherTime(NINE, NINE + timedelta(seconds=40), IST, IST + 40),
    ],
)
def test_two_times_are_two_events_unless_the_clock_was_moved_by_just_as_much(conflict: Conflict) -> None:
    """Without measurements, or by a drift, nothing passes for the same."""
    assert rule(conflict) is None
