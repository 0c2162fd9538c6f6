"""The connection to the broker: paho without its thread, driven by the pump, told as events.

The thread that calls `turn` does everything: it waits, reads, writes, keeps the connection alive and makes a
new one when it is gone (`ground.driven`).
"""

import contextlib
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ground.driven import Driven
from ground.mqtt import KEEPALIVE_S, BrokerOptions, new_client
from wire.codec import MESSAGE_LIMIT, encode
from wire.topics import Topics
from wire.vitals import Status

if TYPE_CHECKING:
    import paho.mqtt.client as paho
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

_TAKEN_OVER = 142
"""The reason code of MQTT 5 for a session that another client of the same id has taken over."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A new connection; `message_limit` is the largest message that this broker takes, in bytes."""

    session: str
    message_limit: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone, or could not be made. The link tries again by itself.

    `taken` tells that the broker gave the session to another client of the same id.
    """

    reason: str
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """Something arrived on a topic of ours."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker answered a publish with an error (MQTT 5 only)."""

    reason: str


Event = Connected | Disconnected | Message | Refused


class Link:
    """One client of the broker under the edge's own name, with its status as last will.

    Built idle. One thread owns it; only `wake` may be called by others.
    """

    def __init__(self, options: BrokerOptions, edge: str) -> None:
        self._options = options
        self._topics = Topics(options.prefix)
        self._edge = edge
        self._events: list[Event] = []
        self._driven = Driven(self._connect, self._lost)
        self.session = ""

    def wake(self) -> None:
        """End the `turn` that waits, or the next one. Any thread may call it."""
        self._driven.wake()

    def turn(self, wait_s: float) -> list[Event]:
        """Wait for the broker or for `wake`, at most so long; what happened since the last turn."""
        self._driven.turn(0.0 if self._events else wait_s)
        events, self._events = self._events, []
        return events

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Write a message to the socket, or drop it while there is none: whoever sent it will know."""
        client = self._driven.client
        if client is not None and client.is_connected():
            client.publish(topic, payload, qos=qos, retain=retain)

    def publish_status(self, *, online: bool, reason: str = "") -> None:
        """Publish the retained status under this connection's session."""
        self.publish(
            self._topics.status(self._edge), encode(self._status(online=online, reason=reason)), retain=True
        )

    def close(self, within_s: float) -> None:
        """Say goodbye, wait until the broker heard it, and disconnect; takes at most about `within_s`.

        What a socket was sent and has not read when it closes makes the broker take it for broken.
        """
        client = self._driven.client
        if client is None or not client.is_connected():
            return
        status = encode(self._status(online=False, reason="stopped"))
        goodbye = client.publish(self._topics.status(self._edge), status, qos=1, retain=True)
        deadline = time.monotonic() + within_s
        with contextlib.suppress(RuntimeError, ValueError):
            while client.is_connected() and not goodbye.is_published():
                if (left := deadline - time.monotonic()) <= 0:
                    break
                self.turn(left)
        client.disconnect()

    def _connect(self) -> "paho.Client":
        """Make a connection: name, port, TLS and login. Waits at most some seconds for each of them."""
        self.session = uuid.uuid4().hex[:16]
        client = new_client(self._options, self._edge)
        will = encode(self._status(online=False, reason="connection lost"))
        client.will_set(self._topics.status(self._edge), will, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.connect(self._options.host, self._options.port, keepalive=KEEPALIVE_S)
        return client

    def _lost(self, reason: str) -> None:
        self._events.append(Disconnected(reason))

    def _status(self, *, online: bool, reason: str = "") -> Status:
        return Status(online=online, session=self.session, at=datetime.now(UTC), reason=reason)

    def _on_connect(
        self,
        client: "paho.Client",
        _u: object,
        _flags: object,
        code: "ReasonCode",
        properties: "Properties | None",
    ) -> None:
        if code.is_failure:
            self._events.append(Disconnected(f"the broker refused the login: {code}"))
            return
        topics = self._topics
        ours = (topics.status(self._edge), topics.receipts(self._edge), topics.orders(self._edge))
        client.subscribe([(topic, 1) for topic in (*ours, topics.central_status)])
        self._driven.settled()
        limit = getattr(properties, "MaximumPacketSize", MESSAGE_LIMIT)
        self._events.append(Connected(self.session, min(int(limit), MESSAGE_LIMIT)))

    def _on_disconnect(
        self,
        _client: "paho.Client",
        _u: object,
        _flags: object,
        code: "ReasonCode",
        _properties: "Properties | None",
    ) -> None:
        self._driven.back_off()
        self._events.append(Disconnected(str(code), taken=code.value == _TAKEN_OVER))

    def _on_message(self, _client: "paho.Client", _u: object, message: "paho.MQTTMessage") -> None:
        self._events.append(Message(message.topic, bytes(message.payload)))

    def _on_publish(
        self,
        _client: "paho.Client",
        _u: object,
        _mid: int,
        code: "ReasonCode",
        _properties: "Properties | None",
    ) -> None:
        if code.is_failure:
            self._events.append(Refused(str(code)))
