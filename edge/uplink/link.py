"""The connection to the broker: paho without its thread, driven by the pump, told as events.

The thread that calls `turn` does everything: it waits, reads, writes, keeps the connection alive and makes a
new one when it is gone. So a fact reaches the socket, and a receipt the outbox, without a change of threads.
"""

import contextlib
import os
import random
import select
import time
import uuid
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ground.mqtt import KEEPALIVE_S, BrokerOptions, new_client
from wire.codec import MESSAGE_LIMIT, encode
from wire.topics import Topics
from wire.vitals import Status

if TYPE_CHECKING:
    import paho.mqtt.client as paho
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
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

    Built idle. One thread owns it; only `wake` may be called by others. Each connection is a client of its
    own: nothing that paho kept of a lost one can go out once more, and renewed certificates are read.
    """

    def __init__(self, options: BrokerOptions, edge: str) -> None:
        self._options = options
        self._topics = Topics(options.prefix)
        self._edge = edge
        self._events: list[Event] = []
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._bell)
        self._rung = False
        self._client: paho.Client | None = None
        self._pause_s = 0.0
        self._connect_at = 0.0
        self.session = ""

    def wake(self) -> None:
        """End the `turn` that waits, or the next one. Any thread may call it."""
        if not self._rung:
            self._rung = True
            os.eventfd_write(self._bell, 1)

    def turn(self, wait_s: float) -> list[Event]:
        """Wait for the broker or for `wake`, at most so long; what happened since the last turn."""
        sock = None if self._client is None else self._client.socket()
        try:
            if self._client is None or sock is None:
                self._away(wait_s)
            else:
                self._drive(self._client, sock, 0.0 if self._events else wait_s)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises at a strange broker's bytes
            self._client = None
            self._lost(f"{type(error).__name__}: {error}")
        events, self._events = self._events, []
        return events

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Write a message to the socket, or drop it while there is none: whoever sent it will know."""
        if self._client is not None and self._client.is_connected():
            self._client.publish(topic, payload, qos=qos, retain=retain)

    def publish_status(self, *, online: bool, reason: str = "") -> None:
        """Publish the retained status under this connection's session."""
        self.publish(
            self._topics.status(self._edge), encode(self._status(online=online, reason=reason)), retain=True
        )

    def close(self, within_s: float) -> None:
        """Say goodbye, wait until the broker heard it, and disconnect; takes at most about `within_s`.

        What a socket was sent and has not read when it closes makes the broker take it for broken.
        """
        client = self._client
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

    def _away(self, wait_s: float) -> None:
        """Wait without a connection, and make one when it is time."""
        self._listen(None, 0, min(wait_s, self._connect_at - time.monotonic()))
        if time.monotonic() >= self._connect_at:
            self._connect()

    def _drive(self, client: "paho.Client", sock: Any, wait_s: float) -> None:
        """Wait, then let paho read, write and keep the connection alive."""
        buffered = getattr(sock, "pending", int)() > 0
        wanted = select.POLLIN | (select.POLLOUT if client.want_write() else 0)
        ready = self._listen(sock, wanted, 0.0 if buffered else wait_s)
        if buffered or ready & ~select.POLLOUT:
            client.loop_read()
        if ready & select.POLLOUT:
            client.loop_write()
        client.loop_misc()

    def _listen(self, sock: Any, wanted: int, wait_s: float) -> int:
        """Wait for the bell and, where there is one, for the socket; what the socket is ready for."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if sock is not None:
            poll.register(sock, wanted)
        ready = dict(poll.poll(max(0.0, wait_s) * 1000))
        if ready.pop(self._bell, 0):
            os.eventfd_read(self._bell)
            self._rung = False  # only now: a bell rung before this would never be heard, nor any later one
        return next(iter(ready.values()), 0)

    def _connect(self) -> None:
        """Make a connection: name, port, TLS and login. Waits at most some seconds for each of them."""
        self._connect_at = time.monotonic() + _SHORTEST_PAUSE_S
        self.session = uuid.uuid4().hex[:16]
        try:
            client = self._client = new_client(self._options, self._edge)
            will = encode(self._status(online=False, reason="connection lost"))
            client.will_set(self._topics.status(self._edge), will, qos=1, retain=True)
            client.on_connect = self._on_connect
            client.on_disconnect = self._on_disconnect
            client.on_message = self._on_message
            client.on_publish = self._on_publish
            client.connect(self._options.host, self._options.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            self._client = None
            self._lost(f"the broker cannot be reached: {error}")

    def _lost(self, reason: str, *, taken: bool = False) -> None:
        """Tell it, and let the next attempt wait; not all edges of a broker that died wait equally long."""
        self._events.append(Disconnected(reason, taken))
        self._pause_s = min(max(2 * self._pause_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)
        self._connect_at = time.monotonic() + self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

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
        self._pause_s = 0.0
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
        self._lost(str(code), taken=code.value == _TAKEN_OVER)

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
