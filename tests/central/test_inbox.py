"""Promises of the inbox: nobody starves, and who punches just now is not behind who drains."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from central.inbox import LITTLE_BYTES, Inbox
from central.post import Delivery

BULK = 100_000


def message(edge: str, size: int, number: int = 0) -> Delivery:
    """A message of an edge."""
    return Delivery(("edge", edge, "facts"), bytes(size), retained=False, mid=number, connection=1)


def edges(taken: list[Delivery]) -> list[str]:
    """Whose messages these are."""
    return [one.levels[1] for one in taken]


def test_a_fresh_punch_goes_before_all_backlogs() -> None:
    """However much others have sent, an edge that says little is in the next group."""
    inbox = Inbox()
    for number in range(30):
        inbox.add(message(f"e{number % 10}", BULK, number))
    inbox.add(message("pune-01", 400))
    assert edges(inbox.take(BULK))[0] == "pune-01"


def test_draining_edges_take_turns_whatever_each_has_waiting() -> None:
    """One that filled the inbox before the others came gets one message for each of theirs."""
    inbox = Inbox()
    for _ in range(20):
        inbox.add(message("first", BULK))
    for edge in ("second", "third"):
        for _ in range(3):
            inbox.add(message(edge, BULK))
    assert edges(inbox.take(9 * BULK)) == ["first", "second", "third"] * 3


def test_turn_goes_on_where_the_last_group_ended() -> None:
    """With room for one message a group, all edges are served before one is served twice."""
    inbox = Inbox()
    for number in range(12):
        inbox.add(message(f"e{number % 4}", BULK))
    assert [edges(inbox.take(1))[0] for _ in range(8)] == ["e0", "e1", "e2", "e3"] * 2


def test_the_tail_of_a_backlog_stays_behind_it() -> None:
    """A little message of an edge that drains is no fresh punch: its stream would have a gap."""
    inbox = Inbox()
    inbox.add(message("e0", BULK, 1))
    inbox.add(message("e0", 100, 2))
    assert [one.mid for one in inbox.take(10 * BULK)] == [1, 2]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from((1, LITTLE_BYTES, LITTLE_BYTES + 1, BULK)))
        | st.integers(1, 3 * BULK),
        max_size=40,
    )
)
def test_every_message_is_taken_once_and_each_edge_in_its_order(steps: list[tuple[str, int] | int]) -> None:
    """Whatever comes and however much room there is, nothing is lost, doubled, or overtakes its own edge."""
    inbox, added, taken = Inbox(), defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)

    def take(room: int) -> None:
        group = inbox.take(room)
        assert bool(group) or not len(inbox)
        for one in group:
            taken[one.levels[1]].append(one.mid)

    for number, step in enumerate(steps):
        if isinstance(step, int):
            take(step)
        else:
            inbox.add(message(*step, number))
            added[step[0]].append(number)
    while len(inbox):
        take(BULK)
    assert taken == added
