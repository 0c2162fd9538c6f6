"""Promises of the connection that the intake drives itself, at real brokers."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.bus import Wanted
from central.driven_bus import DrivenBus
from central.post import Delivery
from simulators.mosquitto import Mosquitto
from tests.peer import TOPICS, Peer, options_of, peer
from tests.waiting import until
from wire.vitals import Status

FACTS = TOPICS.facts("pune-01")


@pytest.fixture
def bus(broker: Mosquitto) -> Iterator[DrivenBus]:
    """The bus of a central that listens to facts."""
    one = DrivenBus(options_of(broker, "central"), [Wanted(TOPICS.facts("+"))])
    yield one
    one.stop()


def hears(bus: DrivenBus, count: int) -> list[Delivery]:
    """Listen until so many messages came."""
    heard: list[Delivery] = []

    def all_came() -> bool:
        heard.extend(bus.hear(0.1))
        return len(heard) >= count

    until(all_came)
    return heard


def is_online(bus: DrivenBus, watcher: Peer) -> bool:
    """Whether others see central, once it has listened for a moment."""
    bus.hear(0.1)
    status = watcher.last(TOPICS.central_status, Status)
    return status is not None and status.online


def test_what_waits_is_heard_at_once_and_in_order(broker: Mosquitto, bus: DrivenBus) -> None:
    """However many messages wait, one call brings them in the order in which they were sent."""
    with peer(broker, "pune-01") as pune:
        pune.subscribe(TOPICS.central_status)
        until(lambda: is_online(bus, pune))
        for number in range(100):
            pune.publish(FACTS, b"%d" % number)
        heard = hears(bus, 100)
    assert [one.payload for one in heard] == [b"%d" % number for number in range(100)]
    assert {one.levels for one in heard} == {("edge", "pune-01", "facts")}


def test_a_broker_that_restarts_is_found_again(broker: Mosquitto, bus: DrivenBus) -> None:
    """Central says that it is back and hears what is sent then; old numbers acknowledge nothing new."""
    with peer(broker, "pune-01") as pune:
        pune.subscribe(TOPICS.central_status)
        until(lambda: is_online(bus, pune))
        pune.publish(FACTS, b"before")
        (before,) = hears(bus, 1)
    broker.stop()
    until(lambda: not bus.hear(0.1) and not bus.publish("nobody/hears", b""))
    broker.start()
    with peer(broker, "pune-01") as pune:
        pune.subscribe(TOPICS.central_status)
        until(lambda: is_online(bus, pune))
        bus.ack(
            before
        )  # its number is of another connection: nothing of the new one may be acknowledged by it
        pune.publish(FACTS, b"after")
        assert [one.payload for one in hears(bus, 1)] == [b"after"]


def test_waking_ends_the_wait(bus: DrivenBus) -> None:
    """Whoever stops the intake does not wait for a message to come."""
    bus.hear(1.0)
    called = threading.Event()

    def call() -> None:
        called.set()
        bus.wake()

    waker = threading.Timer(0.2, call)
    began = time.monotonic()
    waker.start()
    while not called.is_set():
        bus.hear(20)
    assert time.monotonic() - began < 10
    waker.join()


def test_a_clean_end_is_told(broker: Mosquitto, bus: DrivenBus) -> None:
    """Edges hear that central is offline, and why, before its connection ends."""
    with peer(broker, "pune-01") as pune:
        pune.subscribe(TOPICS.central_status)
        until(lambda: is_online(bus, pune))
        bus.stop("maintenance")
        until(lambda: (status := pune.last(TOPICS.central_status, Status)) is not None and not status.online)
        status = pune.last(TOPICS.central_status, Status)
        assert status is not None
        assert status.reason == "maintenance"


def test_a_broker_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    """Nothing is raised, nothing is heard, and a publish says that it was not tried."""
    broker = Mosquitto(tmp_path / "late", {"central": "c", "pune-01": "e"})
    bus = DrivenBus(options_of(broker, "central"), [Wanted(TOPICS.facts("+"))])
    assert bus.hear(0.1) == []
    assert not bus.publish("a/b", b"")
    broker.start()
    try:
        with peer(broker, "pune-01") as pune:
            pune.subscribe(TOPICS.central_status)
            until(lambda: is_online(bus, pune))
    finally:
        bus.stop()
        broker.stop()
