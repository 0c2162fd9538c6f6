"""A peer on the broker for tests: it speaks the wire as an edge, a person or central would, by hand."""

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ground.mqtt import BrokerOptions, new_client
from simulators.mosquitto import Mosquitto
from tests.waiting import until
from wire.codec import decode, encode
from wire.topics import Topics

T = TypeVar("T")
TOPICS = Topics()


def options_of(broker: Mosquitto, user: str) -> BrokerOptions:
    """How `user` connects to the test's broker."""
    return BrokerOptions(
        host="127.0.0.1", port=broker.port, user=user, password_file=broker.password_file(user)
    )


class Peer:
    """One connected account. `heard` has the payloads of every topic that it subscribed, in order.

    `carried` has the correlation data of the last message of each.
    """

    def __init__(self, client: paho.Client) -> None:
        self.heard: dict[str, list[bytes]] = defaultdict(list)
        self.carried: dict[str, bytes | None] = {}
        self._client = client
        self._on: dict[str, Callable[[bytes], None]] = {}
        client.on_message = self._message

    def _message(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        self.heard[message.topic].append(bytes(message.payload))
        self.carried[message.topic] = getattr(message.properties, "CorrelationData", None)
        for topic, react in self._on.items():
            if paho.topic_matches_sub(topic, message.topic):
                react(bytes(message.payload))

    def subscribe(self, topic: str, react: Callable[[bytes], None] | None = None) -> None:
        """Listen to a topic; returns when the broker has confirmed. `react` runs on paho's thread."""
        done = threading.Event()
        if react is not None:
            self._on[topic] = react
        self._client.on_subscribe = lambda *_: done.set()
        self._client.subscribe(topic, 1)
        assert done.wait(30)

    def ask(self, topic: str, message: msgspec.Struct, answer_at: str, correlation: bytes) -> None:
        """Send a request that says where it wants its answers, and what they are to carry."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's own
        properties.ResponseTopic, properties.CorrelationData = answer_at, correlation
        told = self._client.publish(topic, encode(message), qos=1, properties=properties)
        until(told.is_published)

    def publish(self, topic: str, message: msgspec.Struct | bytes, *, retain: bool = False) -> None:
        """Send a message without waiting."""
        payload = message if isinstance(message, bytes) else encode(message)
        self._client.publish(topic, payload, qos=1, retain=retain)

    def send(self, topic: str, message: msgspec.Struct | bytes, *, retain: bool = False) -> None:
        """Send a message and wait until the broker has it. Not from `react`."""
        payload = message if isinstance(message, bytes) else encode(message)
        told = self._client.publish(topic, payload, qos=1, retain=retain)
        until(told.is_published)

    def last(self, topic: str, kind: type[T]) -> T | None:
        """The latest message of a topic, None if there was none or it was cleared."""
        heard = self.heard.get(topic)
        return decode(heard[-1], kind) if heard and heard[-1] else None

    def all(self, topic: str, kind: type[T]) -> list[T]:
        """Every message of a topic."""
        return [decode(payload, kind) for payload in self.heard.get(topic, []) if payload]


@contextmanager
def peer(broker: Mosquitto, user: str) -> Iterator[Peer]:
    """Connect an account, and disconnect it at the end."""
    options = options_of(broker, user)
    client = new_client(options, f"{user}-{secrets.token_hex(4)}")
    up = threading.Event()
    client.on_connect = lambda *_: up.set()
    one = Peer(client)
    client.connect(options.host, options.port)
    client.loop_start()
    assert up.wait(30)
    try:
        yield one
    finally:
        client.disconnect()
        client.loop_stop()
        client.on_message = None  # the client closes its own pipe when it goes, and a circle would keep it
