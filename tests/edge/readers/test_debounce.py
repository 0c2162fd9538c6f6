"""Promises of the debounce: a resting card is one punch, a second visit is another."""

from hypothesis import given
from hypothesis import strategies as st

from edge.readers.debounce import Debounce


def first_sights(window_s: float, sights: list[tuple[float, str]]) -> list[tuple[float, str]]:
    debounce, punches = Debounce(window_s), []
    for at, card in sights:
        if not debounce.rests(card, at):
            punches.append((at, card))
        debounce.saw(card, at)
    return punches


def test_a_resting_card_is_one_punch() -> None:
    """A card that lies on the reader for a minute punches once, far beyond the window."""
    assert first_sights(3.0, [(at * 0.05, "A") for at in range(1200)]) == [(0.0, "A")]


def test_the_window_ends_exactly() -> None:
    """The same card punches again when it was away for the window, not sooner."""
    assert first_sights(3.0, [(0, "A"), (2.75, "A"), (5.75, "A")]) == [(0, "A"), (5.75, "A")]


def test_cards_do_not_hide_each_other() -> None:
    """Two people who present cards in turn punch once each, and are not doubled by the turns."""
    assert first_sights(3.0, [(0, "A"), (1, "B"), (2, "A"), (3, "B")]) == [(0, "A"), (1, "B")]


def test_no_window_suppresses_nothing() -> None:
    """A window of zero turns the debounce off."""
    assert len(first_sights(0.0, [(0, "A"), (0, "A"), (0.01, "A")])) == 3


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from("ABC"))).map(sorted), st.floats(0.1, 10))
def test_a_punch_follows_a_pause_and_a_pause_gives_a_punch(
    sights: list[tuple[float, str]], window: float
) -> None:
    """A sight is a punch exactly if the card was not seen for the window before it."""
    punches = first_sights(window, sights)
    for at, (time, card) in enumerate(sights):
        rested = any(other == card and time - then < window for then, other in sights[:at])
        assert rested or (time, card) in punches
    assert len(punches) <= len(sights)
