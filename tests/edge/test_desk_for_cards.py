"""Promises of the daemon's desk to readers of cards."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.desk import Counter, ReaderDesk
from edge.kernel import Timekeeper
from edge.orders import OrderBook
from edge.readers.card import Seen, Unread
from edge.readers.card_desk import GARBAGE_IN_A_ROW, CardDesk
from edge.readers.debounce import Debounce
from tests.edge import making
from wire.codec import decode_fact
from wire.facts import Fact, RereadReport, Span
from wire.order import RereadOrder
from wire.punch import Badge
from wire.stretches import line_of, stretches


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ReaderDesk]:
    """The desk of one reader over an outbox on disk."""
    prepare(tmp_path / "outbox.db")
    outbox = Outbox(tmp_path / "outbox.db")
    yield ReaderDesk("gate", outbox, Timekeeper(), OrderBook(), Counter())
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


def test_the_desk_tells_what_the_outbox_took_of_an_order(desk: ReaderDesk) -> None:
    """Of everybody all that it ever took; of badges what the device holds, too, and what rows still tell."""
    ours = [making.punch(n, reader="gate") for n in range(3)]
    other = replace(making.punch(3, reader="gate"), badge=Badge(raw="7", form="user-id"))
    desk.emit([*ours, other])
    ids = sorted(bytes.fromhex(one.punch_id) for one in (*ours, other))
    order = RereadOrder(
        order_id="o1",
        expires_at=making.AT + timedelta(days=1),
        span=Span(first=making.AT.date(), last=making.AT.date()),
    )
    never = bytes.fromhex(making.punch(9).punch_id)
    assert list(desk.taken(order, frozenset({never}))) == ids
    his = replace(order, badges=("7",))
    seven = bytes.fromhex(other.punch_id)
    assert list(desk.taken(his, frozenset())) == [seven]
    assert list(desk.taken(his, frozenset({never, ids[0]}))) == sorted({ids[0], seven})
    day_before = making.AT.date() - timedelta(days=1)
    assert list(desk.taken(replace(order, span=Span(first=day_before, last=day_before)), frozenset())) == []


@pytest.mark.parametrize("source", ["device", "outbox"])
def test_an_order_that_says_what_central_holds_is_told_the_rest(
    desk: ReaderDesk, source: Literal["device", "outbox"]
) -> None:
    """The outbox tells a card that central misses, once, however often it was sent again."""
    cards = CardDesk(desk, "gate", "serial", Debounce(3))
    cards.take(Seen("06008E6D5D", "40:06008E6D5D"))
    (punch,) = desk.kept(_order(desk))
    cards.take(Seen("0600000001", "40:0600000001"))
    order = replace(
        _order(desk), known=tuple(stretches([line_of(punch)], punch.read_at.date())), source=source
    )
    desk.give(order)
    cards.attend()
    facts = [decode_fact(it.body) for it in desk._outbox.waiting(0, 100, 1 << 20)]  # noqa: SLF001 - ours
    assert [type(fact).__name__ for fact in facts] == [
        "Punch",
        "Punch",
        "FoundPunch",
        "FoundPunch",
        "RereadReport",
    ]
    report = facts[-1]
    assert isinstance(report, RereadReport)
    assert (report.total, report.differ, report.found) == (2, (0,), 2)


def test_a_terminals_punches_are_known_by_the_date_that_they_print(desk: ReaderDesk) -> None:
    """Asked for what the outbox keeps, a terminal's record counts for its own date, whenever it was read."""
    old = making.punch(1)
    late = replace(old, read_at=old.read_at + timedelta(days=40))
    desk.emit([late, making.punch(86_400)])
    span = Span(first=old.read_at.date(), last=old.read_at.date())
    order = replace(_order(desk), span=span, source="outbox", badges=("1042",))
    assert [punch.punch_id for punch in desk.kept(order)] == [old.punch_id]


def _order(desk: ReaderDesk) -> RereadOrder:
    now = desk.moment().utc
    span = Span(first=now.date(), last=now.date())
    return RereadOrder(order_id="o1", expires_at=now + timedelta(hours=1), span=span)


@contextmanager
def refusing(desk: ReaderDesk) -> Iterator[None]:
    """The outbox takes nothing, as on a card that has turned read-only."""
    database = desk._outbox._store.db  # noqa: SLF001 - ours
    database.execute("PRAGMA query_only=1")
    yield
    database.execute("PRAGMA query_only=0")


def test_cards_are_read_at_their_own_time_while_the_outbox_refuses(desk: ReaderDesk) -> None:
    """The reader is not held up: what it reads meanwhile keeps its time, and is stored afterwards."""
    cards = CardDesk(desk, "gate", "serial", Debounce(3))
    began = desk.moment().utc
    with refusing(desk):
        for card in ("06008E6D5D", "0600000001"):
            cards.take(Seen(card, f"40:{card}"))
        ended = desk.moment().utc
        assert (desk.stored, desk.vital.reason, desk.vital.last_punch) == (False, "outbox-failed", None)
        assert desk.vital.evidence.startswith("2 facts are held in memory")
    cards.attend()
    kept = list(desk.kept(_order(desk)))
    assert [punch.badge.raw for punch in kept] == ["06008E6D5D", "0600000001"]
    assert all(began <= punch.read_at <= ended for punch in kept)
    assert (desk.stored, desk.vital.reason) == (True, "")


def test_a_card_that_rests_through_a_slow_commit_is_one_punch(desk: ReaderDesk) -> None:
    """What a resting card said during a commit longer than the window is read after it: no new punch."""
    window_s, offer = 0.2, desk.offer

    def slowly(facts: Sequence[Fact]) -> bool:
        time.sleep(2 * window_s)
        return offer(facts)

    desk.offer = slowly  # type: ignore[method-assign] # a disk that takes its time
    cards = CardDesk(desk, "gate", "serial", Debounce(window_s))
    for _ in range(3):
        cards.take(Seen("06008E6D5D", "40:06008E6D5D"))
    assert len(list(desk.kept(_order(desk)))) == 1
    assert desk.vital.counts["repeats_suppressed"] == 2


def test_a_session_ends_when_its_cards_are_stored(desk: ReaderDesk) -> None:
    """A session that ends with cards in memory, because the device was unplugged, has them stored."""
    with CardDesk(desk, "gate", "serial", Debounce(3)) as cards, refusing(desk):
        cards.take(Seen("06008E6D5D", "40:06008E6D5D"))
    assert [punch.badge.raw for punch in desk.kept(_order(desk))] == ["06008E6D5D"]


def test_two_pis_from_one_card_never_give_the_same_id(tmp_path: Path) -> None:
    """Whoever presents a card at either of them in the same millisecond, both punches are kept."""
    prepare(tmp_path / "outbox.db")
    outbox = Outbox(tmp_path / "outbox.db")
    at = Timekeeper().now().utc
    twins = [ReaderDesk("gate", outbox, Timekeeper(), OrderBook(), Counter()) for _ in range(2)]
    ids = [desk.local_id(at) for desk in twins for _ in range(3)]
    outbox.close()
    assert len(set(ids)) == 6


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
