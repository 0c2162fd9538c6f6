"""What a message of an edge means, and where it stands in its stream."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from central.streams import Parcel, Place, Unread, announced, opened, placed, reopened, set_aside, sort_in
from tests.central.facts import envelope, terminal_punch
from wire.codec import encode
from wire.facts import EdgeEvent, Envelope
from wire.punch import Punch
from wire.vitals import Birth

AT = terminal_punch(1).read_at


@pytest.mark.parametrize(
    ("upto", "first", "last", "settled", "place"),
    [
        (None, 1, 500, 0, Place(500)),
        (500, 501, 900, 500, Place(900)),
        (500, 400, 500, 399, Place(500)),
        (500, 400, 600, 399, Place(600)),
        (500, 502, 502, 500, Place(500, gap=True)),
        (None, 2, 2, 0, Place(0, gap=True)),
        (None, 301, 400, 300, Place(400, lost=(1, 300))),
        (200, 301, 400, 300, Place(400, lost=(201, 300))),
        (200, 303, 400, 300, Place(300, lost=(201, 300), gap=True)),
        (500, 301, 400, 300, Place(500)),
    ],
)
def test_envelope_advances_leaves_a_gap_or_shows_that_central_lost_something(
    upto: int | None, first: int, last: int, settled: int, place: Place
) -> None:
    """A mark moves over what follows it without a hole, and over what the edge knows as confirmed."""
    assert placed(upto, first, last, settled) == place


@given(
    upto=st.none() | st.integers(0, 50),
    first=st.integers(1, 60),
    count=st.integers(1, 20),
    settled=st.integers(0, 60),
)
def test_mark_never_moves_back_nor_over_a_number_that_is_neither_here_nor_asked_for(
    upto: int | None, first: int, count: int, settled: int
) -> None:
    """Whatever an edge sends, a receipt covers only what is stored, in this envelope, or asked for again."""
    place = placed(upto, first, first + count - 1, settled)
    covered = set(range(1, (upto or 0) + 1))
    if place.lost is not None:
        covered |= set(range(place.lost[0], place.lost[1] + 1))
    if not place.gap:
        covered |= set(range(first, first + count))
    assert place.upto >= (upto or 0)
    assert set(range(1, place.upto + 1)) <= covered


def test_overtaking_punch_is_stored_and_confirmed_only_in_its_turn() -> None:
    """A live punch may overtake a backlog: it counts at once, and no receipt covers what it overtook."""
    place = placed(500, 900, 900, 500, ahead=True)
    assert place == Place(500)


def test_unknown_facts_are_set_aside_and_the_others_read() -> None:
    """A fact that only a newer central knows spoils no other, and its number is known."""
    payload = encode(envelope(7, terminal_punch(1), terminal_punch(2), EdgeEvent(event="x", at=AT)))
    payload = payload.replace(b'"edge-event"', b'"from-the-future"')
    parcel = opened("pune-01", payload)
    assert isinstance(parcel, Parcel)
    assert [seq for seq, _ in parcel.punches] == [7, 8]
    assert [(one.seq, one.outbox_id) for one in parcel.unread] == [(9, "outbox-1")]
    assert "from-the-future" in parcel.unread[0].reason
    assert parcel.last_seq == 9


def test_envelope_of_a_newer_version_is_opened_fact_by_fact() -> None:
    """A newer edge is understood as far as its facts are."""
    payload = encode(envelope(1, terminal_punch(1))).replace(b'"v":1}', b'"v":2,"more":[]}')
    parcel = opened("pune-01", payload)
    assert isinstance(parcel, Parcel)
    assert len(parcel.punches) == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"outbox_id":"o","first_seq":1,"settled":0,"facts":[]}',
        b'{"outbox_id":"o","first_seq":0,"settled":0,"facts":[{}]}',
        b'{"outbox_id":"o","first_seq":9223372036854775807,"settled":0,"facts":[{}]}',
        b'{"outbox_id":"o","first_seq":1,"settled":9223372036854775808,"facts":[{}]}',
        b'{"outbox_id":"o\\u0000","first_seq":1,"settled":0,"facts":[{}]}',
        b"[" * 100_000,
        b" " * 200_000,
    ],
    ids=lambda payload: repr(payload[:24]),
)
def test_garbage_is_told_as_unread(payload: bytes) -> None:
    """A message that is no envelope is kept whole with its reason, and raises nothing."""
    unread = opened("pune-01", payload)
    assert isinstance(unread, Unread)
    assert unread.payload == payload
    assert unread.reason


@pytest.mark.parametrize(
    ("field", "value"), [("direction_code", 1 << 40), ("verify_code", -(1 << 40)), ("raw", "a\0b")]
)
def test_fact_that_no_database_can_hold_is_set_aside_alone(field: str, value: object) -> None:
    """One odd number or character must not make the transaction of a whole group fail."""
    odd = msgspec.structs.replace(terminal_punch(2), **{field: value})
    parcel = opened("pune-01", encode(envelope(1, terminal_punch(1), odd, terminal_punch(3))))
    assert isinstance(parcel, Parcel)
    assert [seq for seq, _ in parcel.punches] == [1, 3]
    assert [one.seq for one in parcel.unread] == [2]


def test_text_that_only_looks_like_nul_is_read() -> None:
    """A backslash before u0000 is six harmless characters."""
    odd = msgspec.structs.replace(terminal_punch(2), raw="\\u0000")
    parcel = opened("pune-01", encode(envelope(1, odd)))
    assert isinstance(parcel, Parcel)
    assert not parcel.unread


def test_unread_bytes_open_once_they_can_be_read() -> None:
    """What an older central set aside opens the same way later, as a message or as one fact."""
    sent = envelope(5, terminal_punch(1))
    whole = reopened(Unread("pune-01", encode(sent), "why"))
    fact = reopened(Unread("pune-01", encode(terminal_punch(1)), "why", "outbox-1", 5))
    assert isinstance(whole, Parcel)
    assert isinstance(fact, Parcel)
    for parcel in (whole, fact):
        assert [(seq, encode(one)) for seq, one in parcel.punches] == [(5, encode(terminal_punch(1)))]


def test_refused_message_keeps_every_fact_as_bytes() -> None:
    """A message that the ledger refuses goes into quarantine fact by fact, so that its stream can go on."""
    sent = envelope(5, terminal_punch(1), terminal_punch(2))
    parcel = set_aside("pune-01", encode(sent), "odd")
    assert isinstance(parcel, Parcel)
    assert [(one.seq, msgspec.json.decode(one.payload, type=Punch)) for one in parcel.unread] == [
        (5, terminal_punch(1)),
        (6, terminal_punch(2)),
    ]
    assert isinstance(set_aside("pune-01", b"{", "odd"), Unread)


def test_birth_shows_a_loss_and_gets_the_receipt_that_the_edge_missed() -> None:
    """An edge that has nothing to send still learns what central holds, and central what it lost."""

    def birth(settled: int) -> Parcel:
        return announced(
            "pune-01",
            Birth(
                edge="pune-01",
                version="1",
                config_hash="c",
                boot_id="b",
                outbox_id="outbox-1",
                next_seq=1000,
                settled=settled,
                at=AT,
            ),
        )

    stream = ("pune-01", "outbox-1")
    behind = sort_in({stream: 400}, [birth(300)])
    even = sort_in({stream: 300}, [birth(300)])
    restored = sort_in({stream: 100}, [birth(300)])
    assert (behind.answers, behind.lost) == ({stream: 400}, ())
    assert (even.answers, even.lost, even.moved) == ({}, (), {})
    assert (restored.lost, restored.moved) == (((stream, 101, 300),), {stream: 300})


class LossyLink(RuleBasedStateMachine):
    """An edge, a link that loses, doubles and reorders, and a central that may be restored from a backup."""

    @initialize()
    def begin(self) -> None:
        self.marks: dict[tuple[str, str], int] = {}
        self.stored: set[int] = set()
        self.ordered: set[int] = set()
        self.backup: tuple[dict[tuple[str, str], int], set[int]] = ({}, set())
        self.sent = 0
        self.settled = 0
        self.link: list[Envelope] = []

    @rule(count=st.integers(1, 4))
    def punch_and_send(self, count: int) -> None:
        first = self.sent + 1
        self.sent += count
        self.link.append(
            envelope(first, *map(terminal_punch, range(first, first + count)), settled=self.settled)
        )

    @precondition(lambda self: self.sent > self.settled)
    @rule()
    def go_back(self) -> None:
        numbers = range(self.settled + 1, self.sent + 1)
        self.link.append(envelope(self.settled + 1, *map(terminal_punch, numbers), settled=self.settled))

    @precondition(lambda self: self.link)
    @rule(data=st.data(), keep=st.booleans(), together=st.integers(1, 3))
    def deliver(self, data: st.DataObject, *, keep: bool, together: int) -> None:
        picked = [data.draw(st.sampled_from(self.link)) for _ in range(together)]
        parcels = [opened("pune-01", encode(one)) for one in picked]
        result = sort_in(self.marks, [one for one in parcels if isinstance(one, Parcel)])
        self.stored |= {seq for parcel in result.accepted for seq, _ in parcel.punches}
        for _, first, last in result.lost:
            self.ordered |= set(range(first, last + 1))
        self.marks.update(result.moved)
        for upto in result.answers.values():
            if upto <= self.sent:
                self.settled = max(self.settled, upto)
        if not keep:
            self.link = [one for one in self.link if one not in picked]

    @precondition(lambda self: self.link)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.link.remove(data.draw(st.sampled_from(self.link)))

    @rule()
    def back_up(self) -> None:
        self.backup = dict(self.marks), set(self.stored)

    @rule()
    def restore(self) -> None:
        self.marks, self.stored = dict(self.backup[0]), set(self.backup[1])

    @invariant()
    def receipt_covers_only_what_is_held_or_asked_for_again(self) -> None:
        mark = self.marks.get(("pune-01", "outbox-1"), 0)
        assert set(range(1, mark + 1)) <= self.stored | self.ordered

    @invariant()
    def going_back_settles_everything(self) -> None:
        """From wherever they are, one undisturbed round brings both sides together."""
        if self.sent == self.settled:
            return
        numbers = range(self.settled + 1, self.sent + 1)
        again = envelope(self.settled + 1, *map(terminal_punch, numbers), settled=self.settled)
        parcel = opened("pune-01", encode(again))
        assert isinstance(parcel, Parcel)
        assert sort_in(self.marks, [parcel]).answers == {("pune-01", "outbox-1"): self.sent}


TestLossyLink = LossyLink.TestCase
TestLossyLink.__doc__ = (
    "Over any link, and after any restored backup, receipts stay honest and the stream heals."
)


def test_envelope_behind_a_gap_waits_for_another_central_without_a_word() -> None:
    """Where others take in as well, a gap is answered only when nobody has filled it in time."""
    stream = ("pune-01", "outbox-1")
    behind = Parcel(*stream, 3, 4, 0, ((3, terminal_punch(3)), (4, terminal_punch(4))))
    early = sort_in({stream: 1}, [behind], lambda _: True)
    assert (early.accepted, early.early, early.answers, early.moved) == ((), (behind,), {}, {})
    left = early.early[0].landed()
    assert (left.punches, left.first_seq, left.last_seq) == ((), 3, 4)
    assert sort_in({stream: 2}, [left], lambda _: True).moved == {stream: 4}
    overdue = sort_in({stream: 1}, [left], lambda _: False)
    assert (overdue.early, overdue.answers, overdue.gaps) == ((), {stream: 1}, frozenset({stream}))


class SharedStream(RuleBasedStateMachine):
    """One stream whose messages go to either of two centrals; what is common is the database alone."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[tuple[str, str], int] = {}
        self.stored: set[int] = set()
        self.early: list[list[Parcel]] = [[], []]
        self.sent = 0

    @rule(central=st.sampled_from((0, 1)), count=st.integers(1, 4), arrives=st.booleans())
    def send(self, central: int, count: int, *, arrives: bool) -> None:
        first = self.sent + 1
        self.sent += count
        if arrives:
            self._take_in(central, first)

    @precondition(lambda self: self.sent)
    @rule(central=st.sampled_from((0, 1)), data=st.data())
    def send_again(self, central: int, data: st.DataObject) -> None:
        self._take_in(central, data.draw(st.integers(1, self.sent)))

    @rule(central=st.sampled_from((0, 1)))
    def look_again(self, central: int) -> None:
        self._commit(central, [])

    @rule(central=st.sampled_from((0, 1)))
    def kill(self, central: int) -> None:
        self.early[central].clear()

    def _take_in(self, central: int, first: int) -> None:
        numbers = range(first, self.sent + 1)
        parcel = Parcel("pune-01", "o", first, self.sent, 0, [(n, terminal_punch(n)) for n in numbers])
        self.stored.update(numbers)
        self._commit(central, [parcel])

    def _commit(self, central: int, parcels: list[Parcel]) -> None:
        done = sort_in(self.marks, [*parcels, *self.early[central]], lambda _: True)
        self.early[central] = [parcel.landed() for parcel in done.early]
        self.marks.update(done.moved)

    @invariant()
    def mark_covers_only_what_is_stored(self) -> None:
        mark = self.marks.get(("pune-01", "o"), 0)
        assert set(range(1, mark + 1)) <= self.stored

    @invariant()
    def nothing_that_could_be_confirmed_waits_after_both_have_looked(self) -> None:
        marks, early = dict(self.marks), [list(parcels) for parcels in self.early]
        for _ in range(2):
            for central in (0, 1):
                done = sort_in(marks, early[central], lambda _: True)
                marks.update(done.moved)
                early[central] = list(done.early)
        mark = marks.get(("pune-01", "o"), 0)
        assert all(parcel.first_seq > mark + 1 for parcels in early for parcel in parcels)


TestSharedStream = SharedStream.TestCase
TestSharedStream.__doc__ = (
    "However messages are dealt to two centrals that die at will, receipts stay honest."
)
