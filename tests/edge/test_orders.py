"""Promises of how the edge takes orders."""

from datetime import timedelta

import pytest

from edge.orders import Accept, Decision, Ignore, OrderBook, Refuse, decide
from tests.edge.making import AT
from wire.facts import Span
from wire.order import ClockOrder, RereadOrder, ResendOrder

SPAN = Span(first=AT.date(), last=AT.date())
LATER = AT + timedelta(hours=1)


def reread(*readers: str) -> RereadOrder:
    return RereadOrder(order_id="o-1", expires_at=LATER, span=SPAN, readers=readers or None)


RESEND = ResendOrder(order_id="o-2", expires_at=LATER, outbox_id="x", first_seq=1, last_seq=5)


@pytest.mark.parametrize(
    ("order", "seconds_early", "known", "decision"),
    [
        (reread(), 1, False, Accept(("door", "gate"))),
        (reread("gate"), 1, False, Accept(("gate",))),
        (reread("gate"), 1, True, Ignore()),
        (RESEND, 1, False, Accept(())),
        (RESEND, 1, True, Ignore()),
    ],
)
def test_a_good_order_is_taken_once(
    order: RereadOrder | ResendOrder, seconds_early: int, known: bool, decision: Decision
) -> None:
    """An order goes to the readers that it names, all of them if it names none, and never twice."""
    now = LATER - timedelta(seconds=seconds_early)
    assert decide(order, now, ["gate", "door"], known=known) == decision


@pytest.mark.parametrize(
    ("order", "late_s", "readers", "reason"),
    [
        (reread(), 0, ["gate"], "expired"),
        (RESEND, 1, [], "expired"),
        (reread("roof"), -1, ["gate"], "unknown-reader"),
        (reread("gate", "roof"), -1, ["gate"], "unknown-reader"),
        (reread(), -1, [], "unknown-reader"),
    ],
)
def test_an_order_that_cannot_be_done_is_answered(
    order: RereadOrder | ResendOrder, late_s: int, readers: list[str], reason: str
) -> None:
    """Last week's order does not fire, and an order for a reader that is not here says so."""
    decision = decide(order, LATER + timedelta(seconds=late_s), readers, known=False)
    assert isinstance(decision, Refuse)
    assert decision.reason == reason


def test_the_outcome_comes_when_the_last_reader_reported() -> None:
    """An order is done when nobody owes a report any more, and is then forgotten."""
    book = OrderBook()
    book.opened("o-1", ["gate", "door"])
    assert book.is_open("o-1")
    assert book.reported("o-1", "gate", AT) is None
    assert book.reported("o-1", "gate", AT) is None, "a repeated report closes nothing"
    outcome = book.reported("o-1", "door", AT)
    assert outcome is not None
    assert outcome.outcome == "done"
    assert not book.is_open("o-1")
    assert book.reported("o-1", "door", AT) is None


@pytest.mark.parametrize(
    ("reader", "reason"), [("gate", None), ("desk", "clock-not-settable"), ("attic", "unknown-reader")]
)
def test_a_clock_is_set_only_by_a_reader_that_can(reader: str, reason: str | None) -> None:
    """An order for a card reader, or for one that is not there, is answered at once."""
    order = ClockOrder(order_id="c-1", expires_at=LATER, reader=reader, zone="Asia/Kolkata")
    decision = decide(order, AT, ["gate", "desk"], known=False, clocks=["gate"])
    assert decision == Accept(("gate",)) if reason is None else getattr(decision, "reason", None) == reason
