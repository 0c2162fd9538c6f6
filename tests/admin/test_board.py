"""Promises of the board in words and on a terminal."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from admin.board import COLUMNS, age, changed, in_order, key, lines, plain, rows, sentence, worst
from admin.screen import table
from wire.board import BoardEntry

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
GATE = BoardEntry(
    edge="pune-01",
    reader="front-gate",
    color="red",
    since=NOW,
    online=False,
    reason="wrong-comm-key",
    evidence="refused at 07:59",
    next_step="Set comm_key in the [[reader]] section.",
    last_punch=NOW - timedelta(days=2, hours=3),
    backlog=12,
)
EDGE = BoardEntry(edge="pune-01", color="red", since=NOW, online=True, reason="wrong-comm-key")
CANTEEN = BoardEntry(edge="pune-01", reader="canteen", color="green", since=NOW, online=True, last_punch=NOW)
BOARD = {key(entry): entry for entry in (GATE, CANTEEN, EDGE)}


def test_a_branch_stands_before_its_readers() -> None:
    """The board is read from branch to reader, by name."""
    assert in_order(BOARD) == [EDGE, CANTEEN, GATE]


def test_plain_lines_are_aligned_and_whole() -> None:
    """Without a terminal every column stands under its heading and nothing is cut."""
    printed = lines(COLUMNS, rows(in_order(BOARD), NOW))
    gate = printed[3]
    for heading, cell in zip(COLUMNS, rows([GATE], NOW)[0], strict=True):
        assert gate[printed[0].index(heading) :].startswith(cell)


def test_a_terminal_shows_the_same_words_in_colour() -> None:
    """The table for a terminal says what the plain lines say, and colours the colour."""
    console = Console(width=200, force_terminal=True, color_system="256", record=True)
    with console.capture() as capture:
        console.print(table(in_order(BOARD), NOW, "08:00:00"))
    printed = capture.get()
    for words in (
        "front-gate",
        "wrong-comm-key, refused at 07:59",
        "Set comm_key in the [[reader]] section.",
        "2 d 3 h ago",
    ):
        assert words in printed
    assert "\x1b[1;31mred" in printed


@given(st.text(max_size=80))
def test_words_from_far_away_cannot_move_the_cursor(words: str) -> None:
    """Evidence comes from devices; whatever it holds, it stays on its line."""
    assert plain(words).isprintable()
    assert len(plain(words)) == len(words)


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (None, "never"),
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=30), "30 min ago"),
        (timedelta(hours=23, minutes=59), "23 h 59 min ago"),
        (timedelta(hours=24), "1 d 0 h ago"),
    ],
)
def test_an_age_is_told_in_its_largest_units(since: timedelta | None, told: str) -> None:
    """A glance says how long ago it was."""
    assert age(None if since is None else NOW - since, NOW) == told


def test_a_sentence_says_where_what_and_why() -> None:
    """A change reads as one sentence."""
    assert sentence(GATE) == "pune-01/front-gate is red, not live: wrong-comm-key, refused at 07:59"
    assert sentence(CANTEEN) == "pune-01/canteen is green"


def test_running_figures_are_no_news() -> None:
    """A line is printed for a colour, a reason or liveness, not for every punch."""
    busier = BoardEntry(edge="pune-01", reader="canteen", color="green", since=NOW, online=True, backlog=3)
    assert not changed(CANTEEN, busier)
    assert changed(None, CANTEEN)
    assert changed(CANTEEN, BoardEntry(edge="pune-01", color="green", since=NOW, online=False))


def test_the_worst_colour_decides() -> None:
    """One red line makes the whole board red; an empty board has no colour."""
    assert worst([CANTEEN, GATE]) == "red"
    assert worst([CANTEEN]) == "green"
    assert worst([]) is None
