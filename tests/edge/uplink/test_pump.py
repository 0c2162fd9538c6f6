"""Promises of the uplink on a real broker, with a peer that speaks central's part of the wire."""

import queue
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.uplink.pump import Pump
from edge.uplink.window import FIRST
from ground.mqtt import BrokerOptions, new_client
from simulators.mosquitto import Mosquitto
from tests.edge.making import AT, punch
from tests.waiting import until
from wire.codec import MESSAGE_LIMIT, decode, encode
from wire.facts import EdgeEvent, Envelope, Span
from wire.order import Order, RereadOrder
from wire.punch import Punch
from wire.receipt import Receipt
from wire.topics import Topics
from wire.vitals import Birth, Heartbeat, Status

TOPICS = Topics()


class Peer:
    """Central's part: takes envelopes in order, gives receipts, and can be told to be absent or deaf."""

    def __init__(self, broker: Mosquitto, ca: Path | None = None) -> None:
        secret = broker.password_file("central")
        options = BrokerOptions(
            host="127.0.0.1", port=broker.port, user="central", password_file=secret, ca=ca
        )
        self.client = new_client(options, "central")
        self.deaf = False
        self.upto = 0
        self.received: list[Envelope] = []
        self.heard: dict[str, bytes] = {}
        self.client.on_connect = self._connected
        self.client.on_message = self._message
        self.client.connect(options.host, options.port)
        self.client.loop_start()

    def _connected(self, client: paho.Client, *_: object) -> None:
        client.subscribe("punchwire/v1/edge/#", 1)

    def _message(self, _client: paho.Client, _u: object, message: paho.MQTTMessage) -> None:
        self.heard[message.topic] = bytes(message.payload)
        if not message.topic.endswith("/facts"):
            return
        envelope = decode(bytes(message.payload), Envelope)
        self.received.append(envelope)
        if self.deaf:
            return
        if envelope.ahead:
            return
        last = envelope.first_seq + len(envelope.facts) - 1
        gap = envelope.first_seq > self.upto + 1
        if not gap:
            self.upto = max(self.upto, last)
        self.receipt(envelope.outbox_id, self.upto, gap=gap)

    def receipt(self, outbox_id: str, upto: int, *, gap: bool = False) -> None:
        payload = encode(Receipt(outbox_id=outbox_id, upto_seq=upto, gap=gap))
        self.client.publish(TOPICS.receipts("pune-01"), payload, qos=1, retain=True)

    def online(self, *, online: bool) -> None:
        status = Status(online=online, session="s", at=datetime.now(UTC))
        self.client.publish(TOPICS.central_status, encode(status), qos=1, retain=True).wait_for_publish(5)

    def status(self) -> Status | None:
        payload = self.heard.get(TOPICS.status("pune-01"))
        return None if payload is None else decode(payload, Status)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Branch:
    """A pump on an outbox, and what the daemon would say for it."""

    def __init__(self, broker: Mosquitto, folder: Path, ca: Path | None = None) -> None:
        prepare(folder / "outbox.db")
        self.outbox = Outbox(folder / "outbox.db")
        self.orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        secret = broker.password_file("pune-01")
        options = BrokerOptions(
            host="127.0.0.1", port=broker.port, user="pune-01", password_file=secret, ca=ca
        )
        self.pump = Pump(options, "pune-01", self.outbox, self)
        self.outbox.appended = self.pump.wake
        self.pump.start()

    def birth(self) -> Birth:
        mark = self.outbox.mark
        return Birth(
            edge="pune-01",
            version="0",
            config_hash="h",
            boot_id="b",
            outbox_id=mark.outbox_id,
            next_seq=mark.newest + 1,
            settled=mark.settled,
            at=AT,
        )

    def heartbeat(self, session: str, unconfirmed_s: float) -> Heartbeat:
        return Heartbeat(
            at=AT,
            session=session,
            uptime_s=unconfirmed_s,
            trust="synced",
            backlog=self.outbox.mark.backlog,
        )

    def order(self, order: Order) -> None:
        self.orders.put(order)

    def settled(self, upto: int) -> bool:
        return self.outbox.mark.settled == upto

    def close(self) -> None:
        self.pump.stop(2.0)
        self.outbox.close()


@pytest.fixture
def peer(broker: Mosquitto) -> Iterator[Peer]:
    made = Peer(broker)
    yield made
    made.close()


@pytest.fixture
def branch(broker: Mosquitto, tmp_path: Path) -> Iterator[Branch]:
    made = Branch(broker, tmp_path)
    yield made
    made.close()


def test_punches_wait_until_central_is_there(peer: Peer, branch: Branch) -> None:
    """A broker without central gets no facts; with central, all of them go out and are settled."""
    branch.outbox.append("gate", [punch(n) for n in range(1200)])
    until(lambda: peer.status() is not None)
    assert peer.received == []
    peer.online(online=True)
    until(lambda: branch.settled(1200))
    assert [fact for envelope in peer.received for fact in envelope.facts] == [punch(n) for n in range(1200)]
    assert max(len(envelope.facts) for envelope in peer.received) > 200


def test_the_edge_introduces_itself(peer: Peer, branch: Branch) -> None:
    """Status, birth and heartbeat stand on the broker as soon as the edge is there."""
    until(lambda: {TOPICS.birth("pune-01"), TOPICS.heartbeat("pune-01")} <= set(peer.heard))
    status = peer.status()
    assert status is not None
    assert status.online
    assert decode(peer.heard[TOPICS.birth("pune-01")], Birth).outbox_id == branch.outbox.mark.outbox_id
    assert decode(peer.heard[TOPICS.heartbeat("pune-01")], Heartbeat).session == status.session


def test_a_clean_stop_says_so_itself(peer: Peer, broker: Mosquitto, tmp_path: Path) -> None:
    """An edge that is stopped publishes offline; nobody waits for a time-out."""
    branch = Branch(broker, tmp_path / "other")
    until(lambda: (status := peer.status()) is not None and status.online)
    branch.close()
    until(lambda: (status := peer.status()) is not None and not status.online)
    status = peer.status()
    assert status is not None
    assert status.reason == "stopped"


def test_what_central_did_not_confirm_goes_out_again(peer: Peer, branch: Branch) -> None:
    """The broker's acknowledgement settles nothing; after a repeated receipt the window goes back."""
    peer.deaf = True
    peer.online(online=True)
    branch.outbox.append("gate", [punch(1)])
    until(lambda: peer.received)
    assert not branch.settled(1)
    peer.deaf = False

    def nudge() -> bool:
        peer.receipt(branch.outbox.mark.outbox_id, peer.upto, gap=True)
        return branch.settled(1)

    until(nudge, every_s=0.3)
    assert len(peer.received) >= 2


def test_a_broker_that_dies_and_returns_loses_nothing(peer: Peer, branch: Branch, broker: Mosquitto) -> None:
    """Killed without persistence, the broker forgets all; the edge does not."""
    peer.online(online=True)
    branch.outbox.append("gate", [punch(1)])
    until(lambda: branch.settled(1))
    broker.kill()
    branch.outbox.append("gate", [punch(n) for n in range(2, 50)])
    broker.start()
    until(peer.client.is_connected)
    peer.online(online=True)
    until(lambda: branch.settled(49))
    ids = [fact.punch_id for envelope in peer.received for fact in envelope.facts if isinstance(fact, Punch)]
    assert set(ids) == {punch(n).punch_id for n in range(1, 50)}


def test_orders_reach_the_daemon_and_garbage_does_not(peer: Peer, branch: Branch) -> None:
    """An unreadable order is told in the journal and harms nothing."""
    until(lambda: peer.status() is not None)
    order = RereadOrder(
        order_id="o-1", expires_at=AT + timedelta(days=1), span=Span(first=AT.date(), last=AT.date())
    )
    for payload in (b"{", b'{"order":"dance"}', encode(order)):
        peer.client.publish(TOPICS.orders("pune-01"), payload, qos=1)
    assert branch.orders.get(timeout=10) == order
    assert branch.pump.healthy


def test_a_receipt_beyond_the_stream_starts_a_new_one(peer: Peer, branch: Branch) -> None:
    """The outbox was restored from an old copy: its numbers mean other facts now, so all is sent anew."""
    branch.outbox.append("gate", [punch(n) for n in range(3)])
    before = branch.outbox.mark.outbox_id
    peer.upto = 900
    peer.receipt(before, 900)
    until(lambda: branch.outbox.mark.outbox_id != before)
    peer.upto = 0
    peer.online(online=True)
    until(lambda: branch.settled(3))
    assert {envelope.outbox_id for envelope in peer.received} == {branch.outbox.mark.outbox_id}


def test_a_live_punch_overtakes_a_backlog(peer: Peer, branch: Branch) -> None:
    """While the window is full of old punches, a fresh one is at central at once, and again in its turn."""
    peer.deaf = True
    branch.outbox.append("gate", [punch(n) for n in range(3000)])
    peer.online(online=True)
    until(lambda: sum(len(envelope.facts) for envelope in peer.received) >= FIRST)
    branch.outbox.append("gate", [punch(9000, "live")])
    until(lambda: peer.received[-1].ahead)
    assert peer.received[-1].facts == (punch(9000, "live"),)
    assert peer.received[-1].first_seq == 3001
    branch.outbox.append("gate", [punch(n) for n in range(4000, 4500)])
    branch.outbox.append("gate", [punch(9001, "catch-up")])
    peer.deaf = False

    def nudge() -> bool:
        peer.receipt(branch.outbox.mark.outbox_id, peer.upto, gap=True)
        return branch.settled(3502)

    until(nudge, every_s=0.5)
    assert sum(envelope.ahead for envelope in peer.received) == 1, "bulk and old punches wait their turn"


def test_a_live_punch_overtakes_the_log_that_is_read_beside_it(peer: Peer, branch: Branch) -> None:
    """That thousands of old punches are appended at the same moment keeps no fresh one behind."""
    peer.deaf = True
    branch.outbox.append("gate", [punch(n) for n in range(2000)])
    peer.online(online=True)
    until(lambda: sum(len(envelope.facts) for envelope in peer.received) >= FIRST)
    branch.outbox.appended = lambda: None
    branch.outbox.append("gate", [punch(n) for n in range(2000, 2500)])
    branch.outbox.append("door", [punch(9000, "live")])
    branch.outbox.append("gate", [punch(n) for n in range(2500, 3000)])
    branch.pump.wake()
    until(lambda: peer.received[-1].ahead)
    assert peer.received[-1].facts == (punch(9000, "live"),)
    assert peer.received[-1].first_seq == 2501


def test_large_facts_are_cut_into_small_messages(peer: Peer, branch: Branch) -> None:
    """No message is over the limit, whatever the facts weigh."""
    events = [EdgeEvent(event="odd", at=AT, fields={"bytes": "f" * 20_000}) for _ in range(20)]
    branch.outbox.append("gate", events)
    peer.online(online=True)
    until(lambda: branch.settled(20))
    assert all(len(encode(envelope)) <= MESSAGE_LIMIT for envelope in peer.received)
    assert len(peer.received) >= 4


def test_a_broker_with_a_smaller_limit_is_respected(tmp_path: Path) -> None:
    """What this broker will never take is set aside with its place kept, and the line moves on."""
    small = Mosquitto(tmp_path / "small", {"central": "c", "pune-01": "e"}, extra="max_packet_size 9000\n")
    small.start()
    peer, branch = Peer(small), Branch(small, tmp_path)
    try:
        branch.outbox.append(
            "gate", [punch(1), EdgeEvent(event="odd", at=AT, fields={"bytes": "f" * 20_000}), punch(2)]
        )
        peer.online(online=True)
        until(lambda: branch.settled(3))
        facts = [fact for envelope in peer.received for fact in envelope.facts]
        assert [facts[0], facts[2]] == [punch(1), punch(2)]
        assert isinstance(facts[1], EdgeEvent)
        assert facts[1].event == "fact_set_aside"
    finally:
        branch.close()
        peer.close()
        small.stop()


def test_the_last_will_speaks_for_an_edge_that_died(broker: Mosquitto, peer: Peer, tmp_path: Path) -> None:
    """A connection that breaks without goodbye leaves offline under its own session."""
    branch = Branch(broker, tmp_path / "other")
    until(lambda: (status := peer.status()) is not None and status.online)
    alive = peer.status()
    stopped = threading.Event()
    clone = new_client(
        BrokerOptions(
            host="127.0.0.1", port=broker.port, user="pune-01", password_file=broker.password_file("pune-01")
        ),
        "pune-01",
    )
    clone.on_connect = lambda *_: stopped.set()
    branch.pump._link._driven._pause_s = 20  # noqa: SLF001 - stays away
    clone.connect("127.0.0.1", broker.port)
    clone.loop_start()
    assert stopped.wait(10)
    until(lambda: (status := peer.status()) is not None and not status.online)
    dead = peer.status()
    assert alive is not None
    assert dead is not None
    assert dead.session == alive.session
    clone.disconnect()
    clone.loop_stop()
    branch.close()
