"""What arrives stands in the ledger once, on both databases."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from central.ledger import landing, orders, queries
from central.ledger.database import Ledger
from central.ledger.landing import Brought
from central.ledger.loads import Load
from central.ledger.punches import punch_rows
from central.ledger.schema import arrivals, conflicts, edge_facts, punches, streams
from central.streams import Parcel, opened
from tests.central.conftest import NOW
from tests.central.facts import START, card_punch, envelope, terminal_punch
from wire.codec import encode
from wire.facts import EdgeEvent, Envelope, OrderOutcome, RereadReport
from wire.order import ResendOrder
from wire.punch import Punch

READER = ("pune-01", "front-gate")


def parcel(sent: Envelope, edge: str = "pune-01") -> Parcel:
    """An envelope as central opens it."""
    unpacked = opened(edge, encode(sent))
    assert isinstance(unpacked, Parcel)
    return unpacked


def land(ledger: Ledger, *sent: Envelope, after_s: float = 0, edge: str = "pune-01") -> Brought:
    """Envelopes of one group in one transaction."""
    with ledger.write() as connection:
        return landing.land(connection, [parcel(one, edge) for one in sent], NOW + timedelta(seconds=after_s))


def test_punch_stands_once_however_often_it_arrives(ledger: Ledger) -> None:
    """A punch may travel any number of times; the ledger holds it once and knows which arrival was new."""
    sent = envelope(1, *map(terminal_punch, range(250)))
    first = land(ledger, sent, sent)
    again = land(ledger, envelope(251, terminal_punch(5), terminal_punch(900)))
    with ledger.read() as connection:
        held = queries.counts(connection)
        new = connection.execute(select(arrivals.c.new).order_by(arrivals.c.arrival_id)).scalars().all()
    assert (first.new, again.new, held) == (250, 1, {READER: 251})
    assert new == [250, 0, 1]


def test_punch_is_stored_as_it_was_seen(ledger: Ledger) -> None:
    """Every field of a punch comes back from its row, exactly."""
    sent = [terminal_punch(1), card_punch(2, "40:06008E6D5D"), terminal_punch(3, direction=None)]
    land(ledger, envelope(1, *sent))
    with ledger.read() as connection:
        rows = connection.execute(select(punches).order_by(punches.c.seq)).mappings().all()
    for row, punch in zip(rows, sent, strict=True):
        plain = msgspec.structs.asdict(punch)
        nested = (plain.pop("badge"), plain.pop("clock"))
        assert row["punch_id"].hex() == plain.pop("punch_id")
        assert {name: row[name] for name in plain} == plain
        assert (row["badge_form"], row["badge_raw"], row["badge_canon"]) == (
            nested[0].form,
            nested[0].raw,
            nested[0].canon,
        )
        assert (row["clock_trust"], row["clock_offset_s"], row["boot_id"], row["uptime_s"]) == (
            nested[1].trust,
            nested[1].offset_s,
            nested[1].boot_id,
            nested[1].uptime_s,
        )


def test_other_version_of_a_punch_is_kept_beside_the_first(ledger: Ledger) -> None:
    """The same punch with another code is in conflict: the first stays, each other version is kept once."""
    land(ledger, envelope(1, terminal_punch(1, direction=0), terminal_punch(2)))
    other = terminal_punch(1, direction=1, how="reread")
    for _ in range(2):
        land(ledger, envelope(3, other, terminal_punch(2, how="catch-up")))
    with ledger.read() as connection:
        kept = connection.execute(select(conflicts.c.fact)).scalars().all()
        held = connection.execute(select(punches.c.direction_code)).scalars().all()
        named = queries.in_conflict(connection, [terminal_punch(n).punch_id for n in range(5)])
    assert [msgspec.json.decode(fact, type=Punch) for fact in kept] == [other]
    assert held == [0, 0]
    assert named == {other.punch_id}


def test_versions_within_one_group_are_told_apart(ledger: Ledger) -> None:
    """The first of two versions in one transaction counts, the other is kept beside it."""
    brought = land(
        ledger, envelope(1, terminal_punch(1, direction=0)), envelope(2, terminal_punch(1, direction=1))
    )
    with ledger.read() as connection:
        assert len(connection.execute(select(conflicts)).all()) == 1
        assert connection.execute(select(punches.c.direction_code)).scalars().all() == [0]
    assert brought.new == 1


def test_last_arrival_of_a_reader_counts_new_punches_that_were_not_reread(ledger: Ledger) -> None:
    """A reader is as alive as its last new punch; a resync or a repeat is no sign of life."""
    land(ledger, envelope(1, terminal_punch(1)))
    land(ledger, envelope(2, terminal_punch(1)), after_s=60)
    brought = land(ledger, envelope(3, terminal_punch(2, how="reread")), after_s=120)
    with ledger.read() as connection:
        assert queries.last_new(connection) == {READER: NOW}
    assert (brought.new, brought.readers) == (1, frozenset())
    assert land(ledger, envelope(4, terminal_punch(3)), after_s=180).readers == {READER}
    with ledger.read() as connection:
        assert queries.last_new(connection) == {READER: NOW + timedelta(seconds=180)}


def test_reader_that_was_only_reread_is_known_without_a_sign_of_life(ledger: Ledger) -> None:
    """Punches of a resync are counted, and their reader stays as never heard."""
    land(ledger, envelope(1, terminal_punch(1, how="reread")))
    with ledger.read() as connection:
        assert queries.counts(connection) == {READER: 1}
        assert queries.last_new(connection) == {}


def test_outcome_closes_the_order_of_its_own_edge(ledger: Ledger) -> None:
    """An order stays open until the edge that it was given to tells its end; another edge cannot."""
    order = ResendOrder(
        order_id="o-1", expires_at=NOW + timedelta(days=7), outbox_id="outbox-1", first_seq=1, last_seq=9
    )
    with ledger.write() as connection:
        assert orders.give(connection, "pune-01", order, NOW)
        assert not orders.give(connection, "pune-01", order, NOW)
    outcome = envelope(1, OrderOutcome(order_id="o-1", outcome="done", at=START))
    assert land(ledger, outcome, edge="surat-02").orders == {"o-1"}
    with ledger.read() as connection:
        assert orders.open_orders(connection, "pune-01", NOW) == [encode(order)]
        assert orders.open_orders(connection, "pune-01", NOW + timedelta(days=8)) == []
        assert orders.open_orders(connection, "surat-02", NOW) == []
    land(ledger, outcome)
    with ledger.read() as connection:
        assert orders.open_orders(connection, "pune-01", NOW) == []
        assert {edge for edge, _ in queries.outcomes(connection, {"o-1"})} == {"pune-01", "surat-02"}


def test_facts_that_are_no_punches_are_kept_once(ledger: Ledger) -> None:
    """Reports and events stay readable; the same fact of the same number stands once, another beside it."""
    report = RereadReport(
        order_id="o-1",
        reader="front-gate",
        outcome="read",
        at=START,
        total=1,
        punch_ids=(terminal_punch(1).punch_id,),
    )
    event = EdgeEvent(event="record_odd", at=START, reader="front-gate", fields={"raw": "ff"})
    for _ in range(2):
        land(ledger, envelope(1, report, event))
    land(ledger, envelope(1, event))
    with ledger.read() as connection:
        assert queries.reports(connection, {"o-1"}) == [("pune-01", report)]
        assert len(connection.execute(select(edge_facts)).all()) == 3


def test_marks_move_forward_alone(ledger: Ledger) -> None:
    """A stream's mark is stored as it grows; a late, smaller one changes nothing."""
    one, other = ("pune-01", "a"), ("surat-02", "a")
    for upto in (5, 9, 7):
        with ledger.write() as connection:
            landing.move_marks(connection, {one: upto, other: 1}, NOW)
    with ledger.write() as connection:
        assert landing.marks(connection, [one, other, ("pune-01", "b")]) == {one: 9, other: 1}
        assert len(connection.execute(select(streams)).all()) == 2


def test_origin_tells_how_a_punch_came_first(ledger: Ledger) -> None:
    """A resync can tell what it added from what was there."""
    land(ledger, envelope(1, terminal_punch(1)))
    land(ledger, envelope(2, terminal_punch(1, how="reread"), terminal_punch(2, how="reread")), after_s=5)
    ids = [terminal_punch(n).punch_id for n in (1, 2, 3)]
    with ledger.read() as connection:
        found = queries.origins(connection, ids)
    assert {punch_id: (one.how, one.received_at) for punch_id, one in found.items()} == {
        ids[0]: ("live", NOW),
        ids[1]: ("reread", NOW + timedelta(seconds=5)),
    }


GROUPS = st.lists(
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=6), min_size=1, max_size=3), max_size=5
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=GROUPS)
def test_new_is_told_exactly_for_any_grouping(ledger: Ledger, groups: Iterable[Iterable[list[int]]]) -> None:
    """However punches are cut into envelopes and transactions, each is told as new exactly once."""
    with ledger.write() as connection:
        connection.execute(delete(punch_rows))
    seen: set[int] = set()
    for group in groups:
        sent = [envelope(1, *map(terminal_punch, numbers)) for numbers in group]
        fresh = {number for numbers in group for number in numbers} - seen
        seen |= fresh
        assert land(ledger, *sent).new == len(fresh)


@given(st.sampled_from(["terminal", "card"]), st.integers(0, 3), st.booleans())
def test_a_row_tells_its_punch(kind: str, number: int, measured: bool) -> None:
    """What came again is compared with what it was, so a row gives back each field of its punch."""
    one = terminal_punch(number) if kind == "terminal" else card_punch(number, "40:06008E6D5D")
    if measured:
        clock = msgspec.structs.replace(one.clock, offset_s=1.25, offset_before_s=-0.5)
        one = msgspec.structs.replace(one, clock=clock)
    load = Load.of(parcel(envelope(1, one)))
    assert [encode(load.punch(row)) for row in load.rows] == [encode(one)]
