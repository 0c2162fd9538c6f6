"""Promises of the books: what they say is held is held, and what left by retention is not cried after."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.buffer.seen import RECENT
from tests.edge.making import AT, punch
from wire.account import EMPTY, tally
from wire.facts import Account, Span

DAY = AT.date()
TODAY = Span(first=DAY, last=DAY)
EVER = Span(first=date.min, last=date.max)
MANY = 3 * RECENT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "outbox.db")
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path)
    yield opened
    opened.close()


def ids(*numbers: int) -> list[bytes]:
    """The ids of the punches of these numbers, ascending."""
    return sorted(bytes.fromhex(punch(number).punch_id) for number in numbers)


def held(outbox: Outbox, span: Span = TODAY, reader: str = "front-gate") -> list[bytes]:
    """What the books say that the outbox holds."""
    with outbox.books() as books:
        return [one.punch_id for one in books.held(span, reader)]


def kept(outbox: Outbox) -> list[int]:
    """The numbers of the rows, 0 for those that left by retention."""
    with outbox.books() as books:
        return [one.seq for one in books.held(EVER)]


def hurt(path: Path, statement: str) -> int:
    """Change the file behind the daemon's back; returns of how many rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        return db.execute(statement).rowcount


def test_each_punch_is_held_once_at_its_reader(outbox: Outbox) -> None:
    """Whether its id is in memory still or in the table, whatever came again."""
    outbox.append("gate", [punch(number) for number in range(MANY)])
    outbox.append("gate", [punch(MANY), punch(MANY + 1, reader="canteen")])
    outbox.append("gate", [punch(0), punch(MANY)])
    assert held(outbox) == ids(*range(MANY + 1))
    assert held(outbox, reader="canteen") == ids(MANY + 1)
    assert held(outbox, Span(first=DAY + timedelta(days=1), last=date.max)) == []


def test_what_is_held_is_known_after_a_restart(path: Path) -> None:
    """Also of the ids that a power cut took from memory."""
    first = Outbox(path)
    first.append("gate", [punch(number) for number in range(MANY + 7)])
    again = Outbox(path)
    assert held(again) == ids(*range(MANY + 7))
    first.close()
    again.close()


def test_retention_takes_rows_and_not_the_account(outbox: Outbox) -> None:
    """A day counts the same before and after its rows were settled and left."""
    for number in range(MANY):
        outbox.append("gate", [punch(number)])
    outbox.settle(MANY)
    outbox.keep()
    assert outbox.prune(MANY, most=MANY // 2) == MANY // 2
    assert held(outbox) == ids(*range(MANY))
    assert kept(outbox) == [0] * (MANY // 2) + list(range(MANY // 2 + 1, MANY + 1))


@pytest.mark.parametrize("taking", ["DELETE FROM facts WHERE seq = 9", "DELETE FROM seen WHERE seq = 9"])
def test_a_row_that_is_taken_out_is_held_no_more(path: Path, taking: str) -> None:
    """Neither the fact itself nor the memory of its id can go unseen."""
    outbox = Outbox(path)
    for number in range(MANY):
        outbox.append("gate", [punch(number)])
    outbox.settle(MANY)
    outbox.keep()
    assert hurt(path, taking) == 1
    assert held(outbox) == [it for it in ids(*range(MANY)) if it not in ids(8)]
    outbox.close()


def test_a_reread_holds_the_punch_again(path: Path) -> None:
    """What was taken out and is read again from the device stands in the books under its new number."""
    outbox = Outbox(path)
    for number in range(3):
        outbox.append("gate", [punch(number)])
    outbox.settle(3)
    hurt(path, "DELETE FROM facts WHERE seq = 2")
    outbox.append("gate", [punch(1, "reread")])
    assert held(outbox) == ids(0, 1, 2)
    assert sorted(kept(outbox)) == [1, 3, 4]
    outbox.close()


def test_one_look_does_not_move_while_others_append(outbox: Outbox) -> None:
    """A tally is of one instant."""
    outbox.append("gate", [punch(0)])
    with outbox.books() as books:
        outbox.append("gate", [punch(number) for number in range(1, MANY)])
        assert [one.punch_id for one in books.held(TODAY)] == ids(0)
    assert held(outbox) == ids(*range(MANY))


def test_the_days_that_got_a_punch_are_told_once(outbox: Outbox) -> None:
    """So that only they need counting again."""
    outbox.append("gate", [punch(1), punch(2, reader="canteen"), punch(86_400)])
    tomorrow = DAY + timedelta(days=1)
    assert outbox.touched() == {("front-gate", DAY), ("canteen", DAY), ("front-gate", tomorrow)}
    outbox.append("gate", [punch(1)])
    assert outbox.touched() == set()


def test_what_was_told_of_a_day_is_remembered_with_it(outbox: Outbox) -> None:
    """A restart tells no day twice; the answer to an order is not what was told of the day."""
    account = Account(reader="front-gate", span=TODAY, at=AT, edge=tally(ids(1)))
    outbox.append("@accounts", [account])
    outbox.append("@accounts", [Account(reader="gate", span=EVER, at=AT, edge=EMPTY, order_id="o-1")])
    with outbox.books() as books:
        assert books.told("front-gate", EVER) == {DAY.toordinal(): f"{tally(ids(1)).hash} - -"}
        assert books.last_told("front-gate") == DAY
        assert books.last_told("gate") is None
        assert books.told("gate", EVER) == {}


def test_an_older_file_learns_whose_its_punches_are(tmp_path: Path) -> None:
    """The upgrade takes the readers from the rows that are kept."""
    path = tmp_path / "outbox.db"
    prepare(path)
    outbox = Outbox(path)
    outbox.append("gate", [punch(number) for number in range(MANY)])
    outbox.append("front-gate", [punch(number) for number in range(MANY, 2 * MANY)])
    outbox.close()
    for statement in (
        "ALTER TABLE seen DROP COLUMN reader",
        "ALTER TABLE stream DROP COLUMN pruned",
        "DROP TABLE readers",
        "DROP TABLE accounts",
        "DELETE FROM _sqlite_migrations WHERE name = 'ids_know_their_reader'",
    ):
        hurt(path, statement)
    prepare(path)
    upgraded = Outbox(path)
    assert held(upgraded) == ids(*range(MANY, 2 * MANY))
    assert held(upgraded, reader="gate") == ids(*range(MANY))
    upgraded.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["append", "reread", "settle", "keep", "prune", "reopen"]), st.integers(0, 400)
        ),
        max_size=30,
    )
)
def test_whatever_happens_by_itself_the_books_hold_every_punch(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Appending, settling, pruning, restarting: nothing of it looks like a loss."""
    path = tmp_path_factory.mktemp("books") / "outbox.db"
    prepare(path)
    outbox = Outbox(path)
    taken: set[int] = set()
    for step, number in steps:
        if step in ("append", "reread"):
            some = range(number, number + number % 97 + 1)
            outbox.append("gate", [punch(it, "reread" if step == "reread" else "live") for it in some])
            taken.update(some)
        elif step == "settle":
            outbox.settle(min(number, outbox.mark.newest))
        elif step == "keep":
            outbox.keep()
        elif step == "prune":
            outbox.prune(outbox.mark.newest if number % 2 else number, most=number)
        else:
            outbox.close()
            outbox = Outbox(path)
        assert held(outbox, EVER) == ids(*taken)
    outbox.close()
