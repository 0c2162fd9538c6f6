"""Promises of a resync's course and of the comparison at its end."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.resync import (
    FINAL,
    TRANSITIONS,
    Event,
    LedgerRow,
    Part,
    State,
    Told,
    advance,
    compare,
    gather,
    job_state,
    step,
)
from wire.facts import OrderOutcome, RereadReport

BEGAN = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
LATER = BEGAN + timedelta(minutes=1)
EXPIRY = BEGAN + timedelta(hours=1)
PART = Part("pune-01", "front-gate", "ordered")
DOCS = Path(__file__).parents[2] / "docs" / "resync.md"


def _report(*ids: str, part: int = 1, parts: int = 1, total: int | None = None) -> RereadReport:
    return RereadReport(
        order_id="o1",
        reader="front-gate",
        outcome="read",
        at=LATER,
        part=part,
        parts=parts,
        total=len(ids) if total is None else total,
        punch_ids=ids,
    )


def _outcome(outcome: Literal["done", "refused", "expired", "failed"], reason: str = "") -> OrderOutcome:
    return OrderOutcome(order_id="o1", outcome=outcome, at=LATER, reason=reason, evidence="as seen")


def test_the_diagram_is_the_table() -> None:
    """The picture in the docs has exactly the transitions of the code."""
    drawn = re.findall(r"^    (\w+) --> (\w+): (\w+)$", DOCS.read_text(), re.MULTILINE)
    assert {(state, event): after for state, after, event in drawn} == TRANSITIONS
    assert len(drawn) == len(TRANSITIONS)


def test_every_state_is_reached_and_every_end_is_an_end() -> None:
    """Each state but the first is reached by a transition; no transition leads out of a final one."""
    assert {"requested", *TRANSITIONS.values()} == set(get_args(State))
    assert {state for state, _event in TRANSITIONS} == set(get_args(State)) - FINAL
    for state in get_args(State):
        assert re.search(rf"^\| {state} \|", DOCS.read_text(), re.MULTILINE)


@given(st.lists(st.sampled_from(get_args(Event)), max_size=20))
def test_an_ended_part_never_changes_again(events: list[Event]) -> None:
    """Whatever comes later, and however often, the outcome of a part is final."""
    part = Part("pune-01", "front-gate")
    for event in events:
        before = part
        part = step(part, event, "no-answer", "seen")
        if before.state in FINAL:
            assert part == before
        else:
            assert part == before or part.state == TRANSITIONS[before.state, event]


def test_a_report_in_parts_is_complete_with_its_last_part() -> None:
    """A part of a report means reading; the missing one, in any order, makes it reported."""
    second, first = _report("b" * 32, part=2, parts=2, total=2), _report("a" * 32, part=1, parts=2, total=2)
    reading = advance(PART, gather([second])["front-gate"], None, LATER, EXPIRY)
    assert reading.state == "reading"
    told = gather([second, first])["front-gate"]
    assert advance(reading, told, None, LATER, EXPIRY).state == "reported"
    assert told.punch_ids == {"a" * 32, "b" * 32}


def test_a_second_reading_replaces_the_first() -> None:
    """An edge that lost its memory and reads again is believed with its newer report alone."""
    old = _report("a" * 32, part=1, parts=2, total=2)
    new = _report("c" * 32)
    assert gather([old, new]) == {"front-gate": Told(complete=True, punch_ids=frozenset({"c" * 32}))}


def test_a_report_repeated_changes_nothing() -> None:
    """The same part twice is the same part."""
    report = _report("a" * 32)
    assert gather([report, report]) == gather([report])


def test_a_device_that_did_not_answer_is_unreachable_with_its_reason() -> None:
    """The reader's own reason and evidence stand in the answer."""
    failed = RereadReport(
        order_id="o1",
        reader="front-gate",
        outcome="failed",
        at=LATER,
        reason="wrong-comm-key",
        evidence="refused at 08:00",
    )
    part = advance(PART, gather([failed])["front-gate"], None, LATER, EXPIRY)
    assert part == Part("pune-01", "front-gate", "unreachable", "wrong-comm-key", "refused at 08:00")


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (_outcome("done"), "refused", "unknown-reader"),
        (_outcome("refused", "unknown-reader"), "refused", "unknown-reader"),
        (_outcome("expired", "expired"), "expired", "expired"),
        (_outcome("failed", "fault"), "unreachable", "fault"),
    ],
)
def test_an_order_that_ends_without_a_report_ends_the_part(
    outcome: OrderOutcome, state: State, reason: str
) -> None:
    """The outcome travels behind every report: what it leaves without one has ended too."""
    part = advance(PART, None, outcome, LATER, EXPIRY)
    assert (part.state, part.reason) == (state, reason)


def test_the_outcome_behind_a_report_takes_nothing_back() -> None:
    """A reported reader stays reported when the order's outcome follows."""
    told = gather([_report("a" * 32)])["front-gate"]
    assert advance(PART, told, _outcome("done"), LATER, EXPIRY).state == "reported"


def test_the_deadline_spares_what_arrived_in_time() -> None:
    """At the deadline a part that still waits expires; one whose report is whole does not."""
    assert advance(PART, None, None, EXPIRY - timedelta(microseconds=1), EXPIRY) == PART
    assert advance(PART, None, None, EXPIRY, EXPIRY).state == "expired"
    told = gather([_report("a" * 32)])["front-gate"]
    assert advance(PART, told, None, EXPIRY, EXPIRY).state == "reported"


_states = st.sampled_from(get_args(State))


@given(st.lists(_states, min_size=1, max_size=8))
def test_a_job_has_ended_when_all_its_parts_have(states: list[State]) -> None:
    """The job is final exactly when every part is, and reconciled only if every part is."""
    state = job_state([Part("e", f"r{number}", state) for number, state in enumerate(states)])
    assert state in states
    assert (state in FINAL) == all(each in FINAL for each in states)
    assert (state == "reconciled") == (set(states) == {"reconciled"})


_ids = st.integers(0, 30).map(lambda number: f"{number:032x}")
_rows = st.lists(
    st.builds(
        LedgerRow,
        _ids,
        st.sampled_from(["live", "catch-up", "reread", "push"]),
        st.integers(-5, 5).map(lambda minutes: BEGAN + timedelta(minutes=minutes)),
        st.booleans(),
    ),
    unique_by=lambda row: row.punch_id,
)


@given(st.frozensets(_ids), _rows)
def test_every_punch_is_counted_once(reported: frozenset[str], rows: list[LedgerRow]) -> None:
    """The five figures are a partition of all ids of device and ledger, late rows aside."""
    told = compare(step(step(PART, "part"), "complete"), reported, rows, BEGAN)
    held = {row.punch_id for row in rows}
    late = {row.punch_id for row in rows if row.received_at >= BEGAN} - reported
    assert told.state == "reconciled"
    assert told.matched + told.added + told.in_conflict == len(reported & held)
    assert set(told.ids_only_on_device) == reported - held
    assert set(told.ids_only_in_ledger) == held - reported - late
    total = told.matched + told.added + told.in_conflict + told.only_on_device + told.only_in_ledger
    assert total == len((reported | held) - late)


@given(st.frozensets(_ids), _rows, st.randoms())
def test_the_order_of_rows_changes_nothing(
    reported: frozenset[str], rows: list[LedgerRow], random: Random
) -> None:
    """However the database returns its rows, the comparison is the same."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert compare(PART, sorted(reported), rows, BEGAN) == compare(PART, reported, shuffled, BEGAN)


@pytest.mark.parametrize(
    ("row", "figure"),
    [
        (LedgerRow("a" * 32, "live", BEGAN - timedelta(days=1)), "matched"),
        (LedgerRow("a" * 32, "live", LATER), "matched"),
        (LedgerRow("a" * 32, "reread", BEGAN - timedelta(days=1)), "matched"),
        (LedgerRow("a" * 32, "reread", BEGAN), "added"),
        (LedgerRow("a" * 32, "live", BEGAN - timedelta(days=1), conflict=True), "in_conflict"),
        (LedgerRow("b" * 32, "live", BEGAN - timedelta(days=1)), "only_in_ledger"),
        (None, "only_on_device"),
    ],
)
def test_each_figure_means_what_the_docs_say(row: LedgerRow | None, figure: str) -> None:
    """Added is what first came by a re-read since the job began; the rest follows the table."""
    told = compare(PART, {"a" * 32}, [row] if row else [], BEGAN)
    assert getattr(told, figure) == 1


def test_a_punch_made_while_the_device_was_read_is_no_loss() -> None:
    """A row that came in after the job began and that the report cannot know is not only in the ledger."""
    told = compare(PART, {"a" * 32}, [LedgerRow("b" * 32, "live", LATER)], BEGAN)
    assert told.only_in_ledger == 0


def test_long_lists_are_cut_but_counted_whole() -> None:
    """The answer stays small: 500 ids at the most, the figure beside them is the truth."""
    told = compare(PART, {f"{number:032x}" for number in range(700)}, [], BEGAN)
    assert (told.only_on_device, len(told.ids_only_on_device)) == (700, 500)
