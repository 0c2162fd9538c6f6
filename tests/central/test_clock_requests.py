"""Promises to administrators who ask for terminals' clocks, and have them set."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from central.access.roles import User
from central.ledger import audit
from simulators.mosquitto import Mosquitto
from tests.central.centre import Centre, Clock, HandEdge, centre, hand_edge, utc_now
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.clocks import ClockAnswer, ClockRequest
from wire.facts import OrderOutcome
from wire.order import ClockOrder
from wire.request import Answer
from wire.vitals import ReaderVital

AT = datetime(2026, 5, 11, 3, 30, tzinfo=UTC)
KOLKATA_S = 19_800.0


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A ledger in a file."""
    return str(tmp_path / "ledger.db")


@pytest.fixture
def anna(broker: Mosquitto) -> Iterator[Peer]:
    """An administrator on the broker."""
    with peer(broker, "anna") as one:
        one.subscribe(TOPICS.answers("anna"))
        yield one


@pytest.fixture
def edge(broker: Mosquitto) -> Iterator[HandEdge]:
    """The edge pune-01, spoken by hand."""
    with hand_edge(broker) as one:
        yield one


def measured(offset_s: float | None) -> ReaderVital:
    """A terminal whose clock shows UTC plus so much."""
    return ReaderVital(
        reader="front-gate",
        state="ok",
        since=AT,
        device="CJ7F1",
        clock_offset_s=offset_s,
        clock_at=None if offset_s is None else AT,
    )


def ready(one: Centre, edge: HandEdge, vital: ReaderVital) -> None:
    """Wait until central has heard of the edge and of its terminal's clock."""
    edge.status()
    edge.birth("front-gate")
    edge.beat(vital)
    until(
        lambda: one.watch.readers().get("pune-01") == ("front-gate",) and "pune-01" in one.watch.heartbeats()
    )


def asked(anna: Peer, request_id: str, **fields: object) -> list[Answer]:
    """Ask, and wait for the first word."""
    told = {"request_id": request_id, "edge": "pune-01", "reader": "front-gate", **fields}
    anna.send(TOPICS.request("anna", "clock"), msgspec.convert(told, ClockRequest))
    topic = TOPICS.answer("anna", request_id)
    until(lambda: bool(anna.all(topic, Answer)))
    return anna.all(topic, Answer)


def last(anna: Peer, request_id: str) -> ClockAnswer:
    """The last answer once it is there."""
    topic = TOPICS.answer("anna", request_id)
    until(lambda: anna.all(topic, Answer)[-1].status == "done")
    return msgspec.convert(anna.all(topic, Answer)[-1].body, ClockAnswer)


def order(edge: HandEdge) -> ClockOrder:
    """The order that the edge got."""
    until(edge.orders)
    (told,) = {order.order_id: order for order in edge.orders()}.values()
    assert isinstance(told, ClockOrder)
    return told


@pytest.mark.parametrize(
    ("offset_s", "ahead_s"), [(KOLKATA_S - 127, -127.0), (KOLKATA_S + 3600, 3600.0), (None, None)]
)
def test_a_clock_is_shown_against_the_branch(
    broker: Mosquitto,
    database: str,
    anna: Peer,
    edge: HandEdge,
    offset_s: float | None,
    ahead_s: float | None,
) -> None:
    """How far ahead of the branch's wall clock it was when measured last; by whole hours, too."""
    with centre(broker, database) as one:
        ready(one, edge, measured(offset_s))
        asked(anna, "c-1")
        told = last(anna, "c-1")
        assert edge.orders() == []
    assert (told.state, told.ahead_s, told.device, told.trust) == ("shown", ahead_s, "CJ7F1", "synced")
    assert (told.zone, told.measured_at) == ("Asia/Kolkata", None if offset_s is None else AT)


def test_a_clock_is_set_by_an_order_and_read_back(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """The order has the branch's zone; its outcome goes back to who asked, and all of it into the audit."""
    with centre(broker, database) as one:
        ready(one, edge, measured(KOLKATA_S - 127))
        (first,) = asked(anna, "c-1", do="set")
        assert (first.status, first.body["state"], first.body["ahead_s"]) == ("progress", "ordered", -127.0)
        given = order(edge)
        assert (given.reader, given.zone) == ("front-gate", "Asia/Kolkata")
        figures = {"before_s": -127.0, "after_s": 0.4}
        edge.tell(OrderOutcome(order_id=given.order_id, outcome="done", at=utc_now(), figures=figures))
        told = last(anna, "c-1")
        with one.ledger.read() as connection:
            lines = audit.entries(connection)
    assert (told.state, told.before_s, told.after_s) == ("done", -127.0, 0.4)
    told_of = [(it.actor, it.verb, it.detail["outcome"]) for it in lines if it.verb in ("clock", "order")]
    assert told_of[::-1] == [
        ("anna", "clock", "accepted"),
        ("central", "order", "given"),
        ("pune-01", "order", "done"),
    ]


def test_a_refusal_of_the_edge_is_told(broker: Mosquitto, database: str, anna: Peer, edge: HandEdge) -> None:
    """Why a clock was not set is for the person who wanted it."""
    with centre(broker, database) as one:
        ready(one, edge, measured(None))
        asked(anna, "c-1", do="set")
        given = order(edge)
        edge.tell(
            OrderOutcome(order_id=given.order_id, outcome="refused", at=utc_now(), reason="clock-unsynced")
        )
        told = last(anna, "c-1")
    assert (told.state, told.reason) == ("refused", "clock-unsynced")


def test_an_edge_that_never_answers_ends_the_waiting(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """When the order has expired nobody waits any more."""
    clock = Clock()
    with centre(broker, database, clock=clock) as one:
        ready(one, edge, measured(None))
        asked(anna, "c-1", do="set", expires_in_s=60)
        order(edge)
        clock.ahead = timedelta(seconds=61)
        told = last(anna, "c-1")
    assert (told.state, told.reason) == ("expired", "expired")


def test_the_same_request_orders_once_and_hears_its_outcome_after_a_restart(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """A command that asks again, because central was away, starts nothing anew and learns the end."""
    with centre(broker, database) as one:
        ready(one, edge, measured(None))
        asked(anna, "c-1", do="set")
        given = order(edge)
    with centre(broker, database) as one:
        ready(one, edge, measured(None))
        asked(anna, "c-1", do="set")
        edge.tell(OrderOutcome(order_id=given.order_id, outcome="done", at=utc_now()))
        assert last(anna, "c-1").state == "done"
        assert order(edge).order_id == given.order_id
        asked(anna, "c-1", do="set")
        until(lambda: len(anna.all(TOPICS.answer("anna", "c-1"), Answer)) >= 5)
        assert last(anna, "c-1").state == "done"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"edge": "surat-02"}, "there is no edge surat-02; there is pune-01"),
        ({"reader": "back-gate"}, "pune-01 has no reader back-gate; it has front-gate"),
        ({"do": "set", "reader": "back-gate"}, "pune-01 has no reader back-gate"),
    ],
)
def test_what_is_not_there_is_named(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge, fields: dict[str, object], says: str
) -> None:
    """A misspelt name is told with those that there are, and nothing is ordered."""
    with centre(broker, database) as one:
        ready(one, edge, measured(None))
        (told,) = asked(anna, "c-1", **fields)
        assert edge.orders() == []
    assert told.status == "refused"
    assert told.reason.startswith(says)


def test_only_administrators_set_clocks(broker: Mosquitto, database: str, anna: Peer, edge: HandEdge) -> None:
    """HR may see everybody's punches, and move nobody's time."""
    with centre(broker, database, users=[User("anna", "hr")]) as one:
        ready(one, edge, measured(None))
        (told,) = asked(anna, "c-1", do="set")
        assert edge.orders() == []
    assert (told.status, told.reason) == ("refused", "anna is with HR, and clock is for administrators")
