"""Central as a process: facts in over a real broker, receipts out, whatever is killed in between."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from central.ledger import landing, orders, quarantine, queries
from central.ledger.database import Ledger
from simulators.mosquitto import Mosquitto
from tests.central.facts import envelope, terminal_punch
from tests.central.postgres import Postgres
from tests.central.program import Program
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.codec import decode_order, encode
from wire.facts import EdgeEvent, Envelope, OrderOutcome
from wire.order import ResendOrder
from wire.receipt import Receipt
from wire.vitals import Birth, Status

EDGE = "pune-01"
STREAM = (EDGE, "outbox-1")


@pytest.fixture
def central(tmp_path: Path, broker: Mosquitto, database: str) -> Iterator[Program]:
    """A central that has not been started yet."""
    program = Program(tmp_path, broker, database)
    yield program
    program.kill()


@pytest.fixture
def edge(broker: Mosquitto) -> Iterator[Peer]:
    """An edge, spoken by hand."""
    with peer(broker, EDGE) as one:
        for topic in (TOPICS.receipts(EDGE), TOPICS.orders(EDGE), TOPICS.central_status):
            one.subscribe(topic)
        yield one


def online(edge: Peer) -> bool:
    """Whether central says that it is there."""
    status = edge.last(TOPICS.central_status, Status)
    return status is not None and status.online


def receipt(edge: Peer) -> int:
    """How far the last receipt goes, 0 without any."""
    last = edge.last(TOPICS.receipts(EDGE), Receipt)
    return 0 if last is None else last.upto_seq


def punches(first: int, last: int, settled: int = 0) -> Envelope:
    """Punches with the numbers `first` to `last`."""
    return envelope(first, *map(terminal_punch, range(first, last + 1)), settled=settled)


def birth(settled: int) -> Birth:
    """What an edge says when it comes."""
    return Birth(
        edge=EDGE,
        version="1",
        config_hash="c",
        boot_id="b",
        outbox_id="outbox-1",
        next_seq=settled + 1,
        settled=settled,
        at=datetime.now(UTC),
    )


def held(database: str) -> int:
    """How many punches the ledger holds."""
    ledger = Ledger(database)
    try:
        with ledger.read() as connection:
            return sum(queries.counts(connection).values())
    finally:
        ledger.close()


def test_facts_are_stored_once_and_confirmed(central: Program, edge: Peer, database: str) -> None:
    """Punches, repeats, gaps, unknown facts, garbage: each punch stands once and no receipt lies."""
    central.start()
    until(lambda: online(edge))
    facts = TOPICS.facts(EDGE)
    edge.send(facts, punches(1, 50))
    until(lambda: receipt(edge) == 50)
    edge.send(facts, punches(41, 60))
    until(lambda: receipt(edge) == 60)
    edge.send(facts, punches(63, 70))
    edge.send(facts, b"garbage")
    until(lambda: len(edge.heard[TOPICS.receipts(EDGE)]) >= 3)
    assert receipt(edge) == 60
    unknown = EdgeEvent(event="x", at=datetime.now(UTC))
    mixed = encode(envelope(61, terminal_punch(61), unknown, *map(terminal_punch, range(63, 71))))
    edge.send(facts, mixed.replace(b'"edge-event"', b'"from-the-future"'))
    until(lambda: receipt(edge) == 70)
    assert held(database) == 69
    ledger = Ledger(database)
    with ledger.read() as connection:
        kept = {one.unread.seq for one in quarantine.waiting(connection)}
    ledger.close()
    assert kept == {None, 62}


def test_receipt_waits_for_an_edge_that_comes_later(central: Program, edge: Peer, broker: Mosquitto) -> None:
    """Receipts are retained: an edge that was away settles as soon as it is back."""
    central.start()
    until(lambda: online(edge))
    edge.send(TOPICS.facts(EDGE), punches(1, 5))
    until(lambda: receipt(edge) == 5)
    with peer(broker, EDGE) as late:
        late.subscribe(TOPICS.receipts(EDGE))
        until(lambda: receipt(late) == 5)


@pytest.mark.parametrize("pause_s", [0.0, 0.002, 0.005, 0.01, 0.02])
def test_kill_between_commit_and_acknowledgement_loses_and_doubles_nothing(
    central: Program, edge: Peer, database: str, pause_s: float
) -> None:
    """Killed at any instant, central comes back with all that it confirmed, and repeats count once."""
    central.start()
    until(lambda: online(edge))
    facts = TOPICS.facts(EDGE)
    for first in range(1, 2001, 50):
        edge.publish(facts, punches(first, first + 49))
    until(lambda: receipt(edge) > 0, every_s=0.0005)
    time.sleep(pause_s)
    central.kill()
    confirmed = receipt(edge)
    until(lambda: not online(edge))
    assert held(database) >= confirmed
    central.start()
    until(lambda: online(edge))
    for first in range(confirmed + 1, 2001, 100):
        edge.publish(facts, punches(first, min(first + 99, 2000), settled=confirmed))
    until(lambda: receipt(edge) == 2000)
    assert held(database) == 2000


def test_central_stops_within_two_seconds_and_says_goodbye(
    central: Program, edge: Peer, database: str
) -> None:
    """SIGTERM ends it with status 0, its status says offline, and what it confirmed is stored."""
    central.start()
    until(lambda: online(edge))
    edge.send(TOPICS.facts(EDGE), punches(1, 100))
    until(lambda: receipt(edge) == 100)
    began = time.monotonic()
    assert central.stop() == 0
    took_s = time.monotonic() - began
    until(lambda: not online(edge))
    last = edge.last(TOPICS.central_status, Status)
    assert last is not None
    assert last.reason == "stopped"
    assert held(database) == 100
    assert took_s < 5, central.log.read_text()


def test_lost_punches_are_asked_for_again(central: Program, edge: Peer, database: str) -> None:
    """A central restored from a backup orders what it once confirmed, until the edge tells the outcome."""
    ledger = Ledger(database)
    ledger.migrate(datetime.now(UTC))
    with ledger.write() as connection:
        landing.move_marks(connection, {STREAM: 30}, datetime.now(UTC))
    central.start()
    until(lambda: online(edge))
    edge.send(TOPICS.facts(EDGE), punches(81, 90, settled=80))
    until(lambda: receipt(edge) == 90)
    until(lambda: edge.heard[TOPICS.orders(EDGE)])
    order = decode_order(edge.heard[TOPICS.orders(EDGE)][0])
    assert isinstance(order, ResendOrder)
    assert (order.outbox_id, order.first_seq, order.last_seq) == ("outbox-1", 31, 80)
    status = Status(online=True, session="s1", at=datetime.now(UTC))
    edge.send(TOPICS.status(EDGE), status, retain=True)
    until(lambda: len(edge.heard[TOPICS.orders(EDGE)]) == 2)
    assert edge.heard[TOPICS.orders(EDGE)][1] == encode(order)
    outcome = OrderOutcome(order_id=order.order_id, outcome="done", at=datetime.now(UTC))
    edge.send(TOPICS.facts(EDGE), envelope(91, outcome, settled=90))
    until(lambda: receipt(edge) == 91)
    with ledger.read() as connection:
        assert orders.open_orders(connection, EDGE, datetime.now(UTC)) == []
    ledger.close()


def test_silent_edge_shows_what_a_restored_central_lost(central: Program, edge: Peer) -> None:
    """The loss is found from the edge's birth alone, before anybody punches again."""
    edge.send(TOPICS.birth(EDGE), birth(settled=80), retain=True)
    central.start()
    until(lambda: edge.heard[TOPICS.orders(EDGE)])
    order = decode_order(edge.heard[TOPICS.orders(EDGE)][0])
    assert isinstance(order, ResendOrder)
    assert (order.first_seq, order.last_seq) == (1, 80)


def test_order_that_is_over_is_not_given_again(central: Program, edge: Peer, database: str) -> None:
    """An expired order does not fire when an edge returns after weeks."""
    now = datetime.now(UTC)
    ledger = Ledger(database)
    ledger.migrate(now)
    with ledger.write() as connection:
        for name, expires_at in (("old", now - timedelta(days=1)), ("new", now + timedelta(days=1))):
            order = ResendOrder(order_id=name, expires_at=expires_at, outbox_id="o", first_seq=1, last_seq=2)
            orders.give(connection, EDGE, order, now - timedelta(days=8))
    ledger.close()
    edge.send(TOPICS.status(EDGE), Status(online=True, session="s1", at=now), retain=True)
    central.start()
    until(lambda: edge.heard[TOPICS.orders(EDGE)])
    assert [decode_order(one).order_id for one in edge.heard[TOPICS.orders(EDGE)]] == ["new"]


def test_broker_that_restarts_without_memory_is_served_again(central: Program, broker: Mosquitto) -> None:
    """After the broker lost everything, central is online again and confirms again."""
    central.start()
    until(lambda: central.said("broker_connected"))
    broker.kill()
    until(lambda: central.said("broker_lost"))
    broker.start()
    with peer(broker, EDGE) as edge:
        edge.subscribe(TOPICS.central_status)
        edge.subscribe(TOPICS.receipts(EDGE))
        until(lambda: online(edge))
        edge.send(TOPICS.facts(EDGE), punches(1, 5))
        until(lambda: receipt(edge) == 5)


def test_systemd_is_told_when_central_is_ready_alive_and_stopping(central: Program, tmp_path: Path) -> None:
    """The unit waits for READY, the watchdog is fed, and a stop is announced."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        central.start(NOTIFY_SOCKET=str(tmp_path / "notify"))
        heard = [listener.recv(100), listener.recv(100)]
        assert central.stop() == 0
        heard.append(listener.recv(100))
    assert heard == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_ledger_that_is_away_confirms_nothing_and_loses_nothing(
    tmp_path: Path, broker: Mosquitto, edge: Peer, postgres: Postgres
) -> None:
    """While PostgreSQL is gone nothing is acknowledged or confirmed; when it is back all of it is stored."""
    database = postgres.create("away")
    central = Program(tmp_path, broker, database)
    central.start()
    try:
        until(lambda: online(edge))
        edge.send(TOPICS.facts(EDGE), punches(1, 5))
        until(lambda: receipt(edge) == 5)
        postgres.stop()
        edge.send(TOPICS.facts(EDGE), punches(6, 9, settled=5))
        until(lambda: central.said("ledger_unavailable"))
        assert receipt(edge) == 5
        postgres.start_again()
        until(lambda: receipt(edge) == 9)
        until(lambda: central.said("ledger_back"))
        assert held(database) == 9
    finally:
        central.kill()


def test_wrong_password_is_told_in_the_log(tmp_path: Path, broker: Mosquitto) -> None:
    """A refused login is a line with its reason; central goes on trying."""
    central = Program(tmp_path, broker, str(tmp_path / "ledger.db"))
    (tmp_path / "wrong").write_text("wrong\n")
    central.config.write_text(
        central.config.read_text().replace(str(broker.password_file("central")), str(tmp_path / "wrong"))
    )
    central.start()
    try:
        until(lambda: central.said("the broker refused the login"))
        assert central.ended is None
    finally:
        central.kill()
