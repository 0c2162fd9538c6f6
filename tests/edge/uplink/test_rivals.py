"""Promises about other clients of the same id: seen where they show, never invented, told for an hour."""

from edge.uplink.rivals import TOLD_S, Rivals
from tests.edge.making import AT


def test_what_stands_there_when_a_life_begins_is_nobodys_fault() -> None:
    """The status of the life before, whose session nobody remembers, is no rival."""
    rivals = Rivals()
    rivals.connected("s1")
    assert not rivals.wrote("of the life before")


def test_a_strange_status_between_two_connections_is_a_rival() -> None:
    """Nobody but this edge writes there; the same rival is counted once for each time he was there."""
    rivals = Rivals()
    rivals.connected("s1")
    rivals.lost()
    rivals.connected("s2")
    assert not rivals.wrote("s1"), "our own last will"
    assert rivals.wrote("x")
    rivals.took(AT, 10.0)
    assert not rivals.wrote("x"), "his last will comes right behind"
    rivals.lost()
    rivals.connected("s3")
    assert rivals.wrote("y")


def test_a_takeover_is_told_for_an_hour() -> None:
    """The board has it as long as somebody may still come to look, and the count of all of them."""
    rivals = Rivals()
    assert rivals.lately(0.0) is None
    rivals.took(AT, 10.0)
    rivals.took(AT, 20.0)
    assert rivals.lately(20.0 + TOLD_S - 1) == (2, AT)
    assert rivals.lately(20.0 + TOLD_S) is None
