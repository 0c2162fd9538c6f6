"""Promises of the link at real brokers, at none, and at one that talks nonsense."""

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.uplink.link import Connected, Disconnected, Event, Link
from ground.mqtt import BrokerOptions
from simulators.mosquitto import Mosquitto, free_port
from tests.edge.doctor.authority import Authority
from tests.edge.making import punch
from tests.edge.uplink.test_pump import Branch, Peer
from tests.waiting import until


def until_event(link: Link, wanted: Callable[[Event], bool], within_s: float = 30.0) -> Event:
    """Turn until such an event came."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for event in link.turn(1.0):
            if wanted(event):
                return event
    raise AssertionError("it did not come")


def is_lost(event: Event) -> bool:
    return isinstance(event, Disconnected)


def test_thousands_of_facts_travel_through_tls(tmp_path: Path) -> None:
    """Large messages one way and many receipts the other lose nothing in the layers of TLS."""
    authority = Authority(tmp_path / "authority")
    pem, key = authority.certificate("broker")
    extra = f"cafile {authority.pem}\ncertfile {pem}\nkeyfile {key}\n"
    broker = Mosquitto(tmp_path / "broker", {"central": "c", "pune-01": "e"}, extra=extra)
    broker.start()
    peer, branch = Peer(broker, authority.pem), Branch(broker, tmp_path, authority.pem)
    try:
        branch.outbox.append("gate", [punch(n) for n in range(3000)])
        peer.online(online=True)
        until(lambda: branch.settled(3000))
        assert sum(len(envelope.facts) for envelope in peer.received) == 3000
    finally:
        branch.close()
        peer.close()
        broker.stop()


def test_a_broker_that_comes_late_is_found(tmp_path: Path) -> None:
    """The link goes on trying, tells each failure, and then tells the connection."""
    broker = Mosquitto(tmp_path, {"pune-01": "e"})
    options = BrokerOptions(
        host="127.0.0.1", port=broker.port, user="pune-01", password_file=tmp_path / "pune-01.password"
    )
    link = Link(options, "pune-01")
    assert "password" in str(until_event(link, is_lost))
    broker.start()
    try:
        assert isinstance(until_event(link, lambda event: isinstance(event, Connected)), Connected)
    finally:
        link.close(1.0)
        broker.stop()


def test_waking_while_the_bell_is_being_answered_silences_no_later_one(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of readers that punch at the same instant none leaves the others' punches waiting for the next turn."""
    password = tmp_path / "broker" / "pune-01.password"
    options = BrokerOptions(host="127.0.0.1", port=broker.port, user="pune-01", password_file=password)
    link = Link(options, "pune-01")
    until_event(link, lambda event: isinstance(event, Connected))
    read = os.eventfd_read

    def answered(bell: int) -> int:
        link.wake()
        return read(bell)

    try:
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(os, "eventfd_read", answered)
            link.wake()
            for _ in range(20):
                link.turn(0.05)
        link.wake()
        began = time.monotonic()
        link.turn(20)
        assert time.monotonic() - began < 10
    finally:
        link.close(1.0)


def test_a_name_that_cannot_be_looked_up_is_a_failure_like_any_other() -> None:
    """Whatever is wrong with the broker's name ends no thread."""
    link = Link(BrokerOptions(host="x" * 70 + ".invalid"), "pune-01")
    assert "cannot be reached" in str(until_event(link, is_lost))


@pytest.mark.parametrize(
    "answer", [b"\x20\x03\x00\x00", b"\xff" * 64, b"HTTP/1.1 400 Bad Request\r\n\r\n", b""]
)
def test_a_stranger_on_the_port_is_a_lost_connection(answer: bytes) -> None:
    """Bytes that are no MQTT end the connection, and the link comes again."""
    port, stop = free_port(), threading.Event()
    listener = socket.create_server(("127.0.0.1", port))
    listener.settimeout(0.1)

    def talk() -> None:
        while not stop.is_set():
            try:
                visitor, _ = listener.accept()
            except TimeoutError:
                continue
            with visitor:
                visitor.recv(1000)
                visitor.sendall(answer)

    stranger = threading.Thread(target=talk)
    stranger.start()
    link = Link(BrokerOptions(host="127.0.0.1", port=port), "pune-01")
    try:
        until_event(link, is_lost)
        until_event(link, is_lost)
    finally:
        stop.set()
        stranger.join()
        listener.close()


def test_a_call_from_another_thread_ends_the_wait() -> None:
    """Whoever has something new does not wait for the link to come round by itself."""
    link = Link(BrokerOptions(host="127.0.0.1", port=1), "pune-01")
    until_event(link, is_lost)
    link._driven._connect_at = time.monotonic() + 60  # noqa: SLF001 - nothing else may end the wait
    caller = threading.Timer(0.1, link.wake)
    caller.start()
    began = time.monotonic()
    link.turn(30.0)
    assert time.monotonic() - began < 20
    caller.join()
