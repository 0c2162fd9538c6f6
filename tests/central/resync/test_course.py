"""Promises of a resync's course."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.resync.course import (
    FINAL,
    TRANSITIONS,
    Event,
    Heard,
    Part,
    State,
    advance,
    job_state,
    latest,
    step,
)
from wire.facts import OrderOutcome, RereadReport

BEGAN = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
LATER = BEGAN + timedelta(minutes=1)
EXPIRY = BEGAN + timedelta(hours=1)
PART = Part("pune-01", "front-gate", "ordered")
DOCS = Path(__file__).parents[3] / "docs" / "resync.md"
REPORT = RereadReport(order_id="o1", reader="front-gate", outcome="read", at=LATER, differ=())
FAILED = RereadReport(
    order_id="o1",
    reader="front-gate",
    outcome="failed",
    at=LATER,
    reason="wrong-comm-key",
    evidence="refused at 08:00",
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


@pytest.mark.parametrize("ended", [True, False])
def test_found_punches_are_reading_and_the_report_behind_them_ends_it(ended: bool) -> None:
    """The report travels behind what was found; whether the order's own end is there makes no difference."""
    reading = advance(PART, Heard(found=3), LATER, EXPIRY)
    assert reading.state == "reading"
    heard = Heard(3, REPORT, _outcome("done") if ended else None)
    assert advance(reading, heard, LATER, EXPIRY).state == "reported"


def test_a_report_of_more_than_could_be_read_is_none() -> None:
    """Compared without what is in quarantine it would accuse a terminal; it may still come."""
    report = msgspec.structs.replace(REPORT, found=3)
    waiting = advance(PART, Heard(2, report), LATER, EXPIRY)
    assert waiting.state == "reading"
    assert advance(waiting, Heard(3, report), LATER, EXPIRY).state == "reported"
    ended = advance(waiting, Heard(2, report, _outcome("done")), LATER, EXPIRY)
    assert (ended.state, ended.reason) == ("failed", "facts-unread")
    assert ended.evidence == "of 3 punches that the edge told, 2 could be read"


def test_whoever_answers_was_asked() -> None:
    """A word that was lost, that the order was handed over, does no harm."""
    assert advance(Part("pune-01", "front-gate"), Heard(report=REPORT), LATER, EXPIRY).state == "reported"


def test_what_was_read_last_counts_and_a_failure_behind_it_does_not() -> None:
    """An edge that lost its memory reads again; if the device is away by then, what was read stands."""
    again = RereadReport(order_id="o1", reader="front-gate", outcome="read", at=EXPIRY, total=9, differ=())
    assert latest([]) is None
    assert latest([REPORT, again]) == again
    assert latest([REPORT, FAILED]) == REPORT
    assert latest([FAILED, REPORT]) == REPORT


def test_a_device_that_did_not_answer_is_unreachable_with_its_reason() -> None:
    """The reader's own reason and evidence stand in the answer."""
    part = advance(PART, Heard(report=FAILED), LATER, EXPIRY)
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
    part = advance(PART, Heard(outcome=outcome), LATER, EXPIRY)
    assert (part.state, part.reason) == (state, reason)


def test_the_deadline_spares_what_arrived_in_time() -> None:
    """At the deadline a part that still waits expires; one that has reported does not."""
    assert advance(PART, Heard(), EXPIRY - timedelta(microseconds=1), EXPIRY) == PART
    assert advance(PART, Heard(), EXPIRY, EXPIRY).state == "expired"
    assert advance(PART, Heard(found=1), EXPIRY, EXPIRY).state == "expired"
    assert advance(PART, Heard(report=REPORT), EXPIRY, EXPIRY).state == "reported"
    landing = Part("pune-01", "front-gate", "landing")
    assert advance(landing, Heard(report=REPORT), EXPIRY, EXPIRY) == landing


_states = st.sampled_from(get_args(State))


@given(st.lists(_states, min_size=1, max_size=8))
def test_a_job_has_ended_when_all_its_parts_have(states: list[State]) -> None:
    """The job is final exactly when every part is, and reconciled only if every part is."""
    state = job_state([Part("e", f"r{number}", state) for number, state in enumerate(states)])
    assert state in states
    assert (state in FINAL) == all(each in FINAL for each in states)
    assert (state == "reconciled") == (set(states) == {"reconciled"})
