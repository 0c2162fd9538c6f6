"""Promises of the accountant: each day is told once it is over, again when it changed, and to who asks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from edge import accountant
from edge.accountant import Accountant
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.census import Census
from edge.orders import OrderBook
from edge.readers.reader import Moment
from tests.edge.making import AT, punch
from tests.waiting import until
from wire.account import EMPTY, Tally, tally
from wire.codec import decode_fact
from wire.facts import Account, Fact, HeldIds, OrderOutcome, Span
from wire.order import AccountOrder
from wire.punch import Punch, Trust

DAY = AT.date()
MORNING = datetime(2026, 5, 12, 7, tzinfo=UTC)


@dataclass
class Branch:
    """An outbox with its accountant, at a time of its own; `front-gate` is a terminal, `desk` is none."""

    folder: Path
    utc: datetime = AT
    trust: Trust = "synced"
    every_s: float = 3600
    book: OrderBook = field(default_factory=OrderBook)

    def start(self) -> None:
        """Begin, or begin again."""
        self.outbox = Outbox(self.folder / "outbox.db")
        self.accountant = Accountant(
            self.outbox,
            self.book,
            lambda: Moment(self.utc, self.trust, "boot", 1.0),
            {"front-gate": True, "desk": False},
            every_s=self.every_s,
            quiet_s=0,
        )
        self.accountant.start()

    def stop(self) -> None:
        """End."""
        self.accountant.stop(10.0)
        self.outbox.close()

    def facts(self) -> list[Fact]:
        """All that is in the outbox."""
        return [decode_fact(one.body) for one in self.outbox.waiting(0, 100_000, 10**9)]

    def seqs(self, *numbers: int) -> tuple[int, ...]:
        """Under which numbers the outbox keeps the punches of these numbers."""
        ids = [punch(number).punch_id for number in numbers]
        facts = [(one.seq, decode_fact(one.body)) for one in self.outbox.waiting(0, 100_000, 10**9)]
        return tuple(seq for seq, fact in facts if isinstance(fact, Punch) and fact.punch_id in ids)

    def accounts(self, reader: str = "front-gate") -> list[Account]:
        """What was told of a reader."""
        return [it for it in self.facts() if isinstance(it, Account) and it.reader == reader]

    def tells(self, *told: tuple[date, Tally, Tally | None], reader: str = "front-gate") -> None:
        """Wait until exactly this was told of these days: the tallies of edge and device."""
        days = {day for day, _, _ in told}

        def stand() -> list[tuple[date, Tally, Tally | None]]:
            found = [(it.span.first, it.edge, it.device) for it in self.accounts(reader)]
            return [one for one in found if one[0] in days]

        until(lambda: stand() == list(told))

    def census(self, shown: datetime, days: dict[date, Tally]) -> None:
        """Let the terminal's log be counted."""
        wall = shown.replace(tzinfo=None)
        since = DAY - timedelta(days=3)
        self.accountant.counted("front-gate", Census("CJ7F1", self.utc, wall, 9, None, wall, since, days))


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Branch]:
    monkeypatch.setattr(accountant, "TURN_S", 0.02)
    prepare(tmp_path / "outbox.db")
    branch = Branch(tmp_path)
    branch.start()
    yield branch
    branch.stop()


def of(*numbers: int) -> Tally:
    """The tally of the punches of these numbers."""
    return tally(sorted(bytes.fromhex(punch(number).punch_id) for number in numbers))


def test_a_day_is_told_when_it_is_over(branch: Branch) -> None:
    """With what the edge took and what the terminal's log held, and the running day not yet."""
    branch.outbox.append("front-gate", [punch(number) for number in range(5)])
    branch.census(AT, {})
    until(
        lambda: (DAY - timedelta(days=1), EMPTY) in [(it.span.first, it.device) for it in branch.accounts()]
    )
    assert all(it.span.first < DAY for it in branch.accounts())
    branch.utc = MORNING
    branch.census(MORNING, {DAY: of(*range(5))})
    branch.tells((DAY, of(*range(5)), of(*range(5))))


def test_a_day_is_told_again_when_it_changed(branch: Branch) -> None:
    """A late punch, or another log, makes another account; the same once more does not."""
    branch.stop()
    branch.every_s = 0
    branch.start()
    branch.outbox.append("front-gate", [punch(1)])
    branch.utc = MORNING
    branch.census(MORNING, {DAY: of(1)})
    branch.tells((DAY, of(1), of(1)))
    branch.census(MORNING, {DAY: of(1)})
    branch.outbox.append("front-gate", [punch(1)])
    branch.outbox.append("front-gate", [punch(2)])
    branch.tells((DAY, of(1), of(1)), (DAY, of(1, 2), of(1)))
    branch.census(MORNING, {DAY: of(1, 2)})
    branch.tells((DAY, of(1), of(1)), (DAY, of(1, 2), of(1)), (DAY, of(1, 2), of(1, 2)))


def test_a_log_that_changes_with_every_punch_is_told_once_a_cycle(branch: Branch) -> None:
    """A full log loses its oldest record each time; the outbox is not filled with that."""
    until(lambda: branch.accounts("desk"))
    branch.outbox.append("front-gate", [punch(number) for number in range(9)])
    branch.outbox.append("desk", [punch(98, reader="desk")])
    branch.utc = MORNING
    branch.tells((DAY, of(98), None), reader="desk")
    branch.census(MORNING, {DAY: of(*range(9))})
    branch.tells((DAY, of(*range(9)), of(*range(9))))
    for first in range(1, 9):
        branch.census(MORNING, {DAY: of(*range(first, 9))})
    branch.outbox.append("desk", [punch(99, reader="desk")])
    branch.tells((DAY, of(98), None), (DAY, of(98, 99), None), reader="desk")
    branch.tells((DAY, of(*range(9)), of(*range(9))))


def test_a_reader_without_a_log_closes_in_utc(branch: Branch) -> None:
    """It is told as soon as the date in UTC is over, with nothing from a device."""
    branch.outbox.append("desk", [punch(1, reader="desk")])
    until(lambda: DAY - timedelta(days=1) in [it.span.first for it in branch.accounts("desk")])
    assert all(it.span.first < DAY for it in branch.accounts("desk"))
    branch.utc = datetime(2026, 5, 12, tzinfo=UTC)
    branch.tells((DAY, of(1), None), reader="desk")


def test_a_terminal_out_of_reach_is_waited_for_and_then_told_without(branch: Branch) -> None:
    """The edge's own count does not wait for ever for a device that is gone."""
    branch.outbox.append("front-gate", [punch(1)])
    branch.outbox.append("desk", [punch(2, reader="desk")])
    branch.utc = datetime(2026, 5, 12, 23, 59, tzinfo=UTC)
    branch.tells((DAY, of(2), None), reader="desk")
    assert all(it.span.first < DAY for it in branch.accounts())
    branch.utc = datetime(2026, 5, 13, tzinfo=UTC)
    branch.tells((DAY, of(1), None))
    branch.census(MORNING, {DAY: of(1)})
    branch.tells((DAY, of(1), None), (DAY, of(1), of(1)))


def test_a_restart_tells_nothing_twice(branch: Branch) -> None:
    """And what was not told before is told behind it."""
    branch.outbox.append("front-gate", [punch(1)])
    branch.utc = MORNING
    branch.census(MORNING, {DAY: of(1)})
    branch.tells((DAY, of(1), of(1)))
    branch.stop()
    branch.start()
    branch.census(MORNING, {DAY: of(1)})
    branch.utc = MORNING + timedelta(days=1)
    branch.census(branch.utc, {DAY: of(1)})
    branch.tells((DAY, of(1), of(1)), (DAY + timedelta(days=1), EMPTY, EMPTY))


def test_what_was_taken_out_is_found_by_counting_again(branch: Branch) -> None:
    """A row that somebody deletes is missing in the next account of its day, though nothing was appended."""
    branch.stop()
    branch.every_s = 0
    branch.start()
    branch.outbox.append("front-gate", [punch(1), punch(2)])
    branch.outbox.append("front-gate", [punch(3)])
    branch.utc = MORNING
    branch.census(MORNING, {DAY: of(1, 2, 3)})
    branch.tells((DAY, of(1, 2, 3), of(1, 2, 3)))
    with branch.outbox._store.transaction() as db:  # noqa: SLF001 - as a stranger would
        db.execute("DELETE FROM facts WHERE seq = ?", branch.seqs(3))
    until(lambda: branch.accounts()[-1].edge == of(1, 2))


def test_what_was_read_before_the_clock_was_set_has_its_day_too(branch: Branch) -> None:
    """It is the day of its ids, told once that is over; nothing is told of the years in between."""
    branch.stop()
    branch.trust, branch.utc = "unset", datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    branch.start()
    seconds = (datetime(1970, 1, 1, 9) - datetime(2026, 5, 11, 9)).total_seconds()  # noqa: DTZ001 - walls
    branch.outbox.append("desk", [punch(int(seconds), reader="desk")])
    branch.accountant.counted("desk", order=order("span"))
    until(lambda: any(it.order_id for it in branch.accounts("desk")))
    assert [it.order_id for it in branch.accounts("desk")] == ["o-1"]
    branch.trust, branch.utc = "synced", MORNING
    epoch = date(1970, 1, 1)
    until(lambda: {it.span.first for it in branch.accounts("desk")} >= {epoch, DAY})
    assert {it.span.first for it in branch.accounts("desk")} <= {epoch, DAY - timedelta(days=1), DAY}


def order(detail: str) -> AccountOrder:
    """An order for the day."""
    expires = MORNING + timedelta(days=1)
    span = Span(first=DAY, last=DAY)
    return AccountOrder(order_id="o-1", expires_at=expires, span=span, detail=detail)  # type: ignore[arg-type]


def test_an_order_is_answered_by_each_reader_and_then_ended(branch: Branch) -> None:
    """The outcome travels behind all answers, so whoever has it has them."""
    branch.outbox.append("front-gate", [punch(1), punch(2)])
    branch.outbox.settle(1)
    branch.book.opened("o-1", ["front-gate", "desk"])
    log = Census(
        "CJ7F1", AT, MORNING.replace(tzinfo=None), 9, None, None, DAY, {}, (bytes.fromhex(punch(1).punch_id),)
    )
    branch.accountant.counted("front-gate", log, order("ids"))
    branch.accountant.counted("desk", order=order("ids"))
    until(lambda: any(isinstance(it, OrderOutcome) for it in branch.facts()))
    found = [it for it in branch.facts() if getattr(it, "order_id", None) == "o-1"]
    gate, edge, device, desk, outcome = found
    assert isinstance(gate, Account)
    assert (gate.edge, gate.device) == (of(1, 2), of(1))
    assert isinstance(edge, HeldIds)
    assert (edge.side, edge.punch_ids) == ("edge", (punch(1).punch_id, punch(2).punch_id))
    assert edge.seqs == branch.seqs(1, 2)
    assert isinstance(device, HeldIds)
    assert (device.side, device.punch_ids) == ("device", (punch(1).punch_id,))
    assert isinstance(desk, Account)
    assert desk.edge == EMPTY
    assert isinstance(outcome, OrderOutcome)
    assert branch.outbox.order_known("o-1")
