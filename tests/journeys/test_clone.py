"""A second Pi with a copy of the edge's card: seen, counted, and no punch lost between the two."""

from collections import Counter

from tests.torture.arena import Arena
from tests.torture.branch import Branch
from tests.waiting import until


def taken(arena: Arena) -> int:
    """How often the board says that the edge's session was taken; 0 while it tells of nothing like it."""
    line = arena.witness.board.get("")
    if line is None or line.reason != "session-taken":
        return 0
    return int(line.evidence.split("session ")[1].split()[0])


def drained(arena: Arena, branch: Branch) -> None:
    """Let one of the two be alone until central has confirmed all that it holds."""
    until(lambda: branch.waits() == 0, 60, every_s=0.1)
    accepted = branch.accepted()
    assert Counter(accepted.values()) == Counter(branch.offered)
    assert accepted.items() <= arena.landed_cards().items()


def test_two_edges_with_copies_of_one_card_are_seen_and_lose_nothing(arena: Arena) -> None:
    """The board counts how often they throw each other off; each gets a stream of its own for its punches."""
    twin = arena.twin()
    twin.offered += arena.branch.offered
    twin.unit.start()
    until(lambda: taken(arena) >= 2, 60)
    assert arena.witness.board[""].color == "red"
    for _ in range(4):
        until(arena.branch.card)
        until(twin.card)
        arena.punch(3)
    arena.branch.unit.stop()
    drained(arena, twin)
    twin.unit.stop()
    arena.branch.unit.start()
    drained(arena, arena.branch)
    until(lambda: arena.held() == arena.landed(), 60)
    cards = Counter(arena.landed_cards().values())
    assert cards == Counter({*arena.branch.offered, *twin.offered})
