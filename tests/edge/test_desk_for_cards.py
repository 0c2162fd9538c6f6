"""Promises of the daemon's desk to readers of cards."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.desk import Counter, ReaderDesk
from edge.kernel import Timekeeper
from edge.orders import OrderBook
from edge.readers.card import Seen, Unread
from edge.readers.card_desk import GARBAGE_IN_A_ROW, CardDesk
from edge.readers.debounce import Debounce
from wire.facts import Span
from wire.order import RereadOrder


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ReaderDesk]:
    """The desk of one reader over an outbox on disk."""
    prepare(tmp_path / "outbox.db")
    outbox = Outbox(tmp_path / "outbox.db")
    yield ReaderDesk("gate", outbox, Timekeeper(), OrderBook(), Counter(outbox.mark.newest))
    outbox.close()


@pytest.mark.parametrize(
    ("badges", "found"),
    [
        (None, True),
        (("40:06008E6D5D",), True),
        (("32:008E6D5D", "24:8E6D5D"), True),
        (("06008E6D5D",), True),
        (("32:008E6D5E",), False),
        ((), False),
    ],
)
def test_an_order_names_a_card_in_any_notation(
    desk: ReaderDesk, badges: tuple[str, ...] | None, found: bool
) -> None:
    """A card registered as printed is found among punches of a reader that reads more of it."""
    CardDesk(desk, "gate", "serial", Debounce(3)).take(Seen("06008E6D5D", "40:06008E6D5D"))
    now = desk.moment().utc
    order = RereadOrder(
        order_id="o1",
        expires_at=now + timedelta(hours=1),
        span=Span(first=now.date(), last=now.date()),
        badges=badges,
    )
    assert bool(desk.resend(order)) == found


def test_a_doubt_ends_with_the_next_card(desk: ReaderDesk) -> None:
    """What was wrong with a reader stands on its vital sign until it reads a card again."""
    cards = CardDesk(desk, "gate", "serial", Debounce(3))
    desk.ok()
    for _ in range(GARBAGE_IN_A_ROW):
        cards.take(Unread("the check is wrong"))
    assert (desk.vital.state, desk.vital.reason) == ("ok", "garbage")
    cards.take(Seen("06008E6D5D", "40:06008E6D5D"))
    assert (desk.vital.state, desk.vital.reason, desk.vital.evidence) == ("ok", "", "")
    assert desk.vital.counts["frames_rejected"] == GARBAGE_IN_A_ROW
