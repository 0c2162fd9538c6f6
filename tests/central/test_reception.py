"""Promises of the reception: what is opened ahead is taken once, in order, and within the room of a group."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.ledger import punches as held
from central.ledger.loads import Load
from central.post import Delivery
from central.reception import GROUP_BYTES, Reception
from tests.edge import making
from tests.edge.making import punch
from wire.codec import encode
from wire.facts import Envelope
from wire.punch import Punch


class Line:
    """Ears that hear what was said into them, and remember how long they were ready to wait."""

    def __init__(self) -> None:
        self.said: list[Delivery] = []
        self.waits: list[float] = []

    def hear(self, wait_s: float) -> list[Delivery]:
        """All that was said since."""
        self.waits.append(wait_s)
        heard, self.said = self.said, []
        return heard

    def wake(self) -> None:
        """Nobody sleeps here."""


def message(edge: str, first_seq: int, facts: int = 1) -> Delivery:
    """An envelope of an edge."""
    punches = tuple(punch(number) for number in range(first_seq, first_seq + facts))
    envelope = Envelope(outbox_id="0" * 32, first_seq=first_seq, settled=0, facts=punches)
    return Delivery(("edge", edge, "facts"), encode(envelope), retained=False, mid=first_seq, connection=1)


@given(steps=st.lists(st.sampled_from(["say", "look", "take"]), max_size=30))
def test_every_message_is_taken_once_in_its_order(steps: list[str]) -> None:
    """Whenever the next is looked at ahead, an edge's facts come as it said them, none twice, none left."""
    line, said, taken = Line(), 0, list[int]()
    reception = Reception(line)
    for step in steps:
        if step == "say":
            said += 1
            line.said.append(message("pune-01", said))
        elif step == "look":
            reception.look_ahead()
        else:
            taken += [one.delivery.mid for one in reception.next_group(0.0)]
    while group := reception.next_group(0.0):
        taken += [one.delivery.mid for one in group]
    assert taken == list(range(1, said + 1))


def test_a_group_with_what_was_opened_ahead_is_no_larger_than_any_other() -> None:
    """What waits for a commit at most is one group, wherever its messages were opened."""
    line = Line()
    reception = Reception(line)
    line.said = [message("pune-01", number, facts=300) for number in range(1, 12_000, 300)]
    largest = max(len(one.payload) for one in line.said)
    reception.look_ahead()
    line.said = [message("surat-02", number, facts=300) for number in range(1, 12_000, 300)]
    sizes = []
    while group := reception.next_group(0.0):
        sizes.append(sum(len(one.delivery.payload) for one in group))
    assert max(sizes) < GROUP_BYTES + largest


def test_nobody_waits_while_something_is_there_already() -> None:
    """What was opened ahead is taken at once; only an empty reception waits."""
    line = Line()
    reception = Reception(line)
    line.said = [message("pune-01", 1)]
    reception.look_ahead()
    assert [type(one.content) for one in reception.next_group(5.0)] == [Load]
    assert not reception.next_group(5.0)
    assert line.waits == [0.0, 0.0, 5.0]


@pytest.mark.parametrize("leaf", ["facts", "birth"])
def test_what_cannot_be_read_is_handed_on(leaf: str) -> None:
    """Of unreadable facts somebody must be told; an unreadable birth is nobody's loss."""
    line = Line()
    line.said = [Delivery(("edge", "pune-01", leaf), b"{", retained=False, mid=1, connection=1)]
    (one,) = Reception(line).next_group(0.0)
    assert (one.content is None) == (leaf == "birth")


def test_a_message_that_cannot_be_made_ready_goes_aside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever nobody foresaw in one message, its facts are kept as they came; the others are taken in."""
    row = held.punch_row

    def refuse(punch: Punch, *rest: int) -> held.Row:
        if punch.punch_id == making.punch(1).punch_id:
            raise OverflowError("nobody foresaw this")
        return row(punch, *rest)

    monkeypatch.setattr(held, "punch_row", refuse)
    line = Line()
    line.said = [message("pune-01", 1), message("surat-02", 2)]
    contents = [one.content for one in Reception(line).next_group(0.0)]
    odd, fine = (one for one in contents if isinstance(one, Load))
    assert [one.reason for one in odd.parcel.unread] == ["it cannot be made ready: nobody foresaw this"]
    assert (len(odd.rows), len(fine.rows), len(fine.parcel.unread)) == (0, 1, 0)
