"""The connection to the broker: paho's callbacks become events in the pump's inbox, nothing more."""

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ground.mqtt import KEEPALIVE_S, BrokerOptions, new_client
from wire.codec import MESSAGE_LIMIT, encode
from wire.topics import Topics
from wire.vitals import Status

_LONGEST_PAUSE_S = 30


@dataclass(frozen=True, slots=True)
class Connected:
    """A new connection; `message_limit` is the largest message that this broker takes, in bytes."""

    session: str
    message_limit: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone, or could not be made. paho tries again by itself."""

    reason: str


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
    """One client of the broker under the edge's own name, with its status as last will."""

    def __init__(self, options: BrokerOptions, edge: str, deliver: Callable[[Event], None]) -> None:
        self._options = options
        self._topics = Topics(options.prefix)
        self._edge = edge
        self._deliver = deliver
        self._client: paho.Client | None = None
        self.session = ""

    def start(self) -> None:
        """Begin connecting in paho's own thread, and go on for as long as it takes."""
        client = self._client = new_client(self._options, self._edge)
        client.on_pre_connect = self._before_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = lambda *_: self._deliver(Disconnected("the broker cannot be reached"))
        client.on_disconnect = self._on_disconnect
        client.on_message = lambda _c, _u, message: self._deliver(
            Message(message.topic, bytes(message.payload))
        )
        client.on_publish = self._on_publish
        client.reconnect_delay_set(1, _LONGEST_PAUSE_S)
        client.connect_async(self._options.host, self._options.port, keepalive=KEEPALIVE_S)
        client.loop_start()

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> paho.MQTTMessageInfo:
        """Hand a message to paho. Only call it while connected: paho would keep it in memory."""
        assert self._client is not None
        return self._client.publish(topic, payload, qos=qos, retain=retain)

    def publish_status(self, *, online: bool, reason: str = "") -> paho.MQTTMessageInfo:
        """Publish the retained status under this connection's session."""
        status = self._status(online=online, reason=reason)
        return self.publish(self._topics.status(self._edge), encode(status), retain=True)

    def stop(self, within_s: float) -> None:
        """Say goodbye and disconnect; takes at most about `within_s` seconds."""
        client = self._client
        if client is None:
            return
        if client.is_connected():
            goodbye = self.publish_status(online=False, reason="stopped")
            with contextlib.suppress(RuntimeError, ValueError):
                goodbye.wait_for_publish(within_s)
        client.disconnect()
        client.loop_stop()

    def _status(self, *, online: bool, reason: str) -> Status:
        return Status(online=online, session=self.session, at=datetime.now(UTC), reason=reason)

    def _before_connect(self, client: paho.Client, _userdata: object) -> None:
        self.session = uuid.uuid4().hex[:16]
        will = encode(self._status(online=False, reason="connection lost"))
        client.will_set(self._topics.status(self._edge), will, qos=1, retain=True)

    def _on_connect(
        self, client: paho.Client, _u: object, _flags: object, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            self._deliver(Disconnected(f"the broker refused the login: {code}"))
            return
        topics = self._topics
        client.subscribe(
            [(topics.receipts(self._edge), 1), (topics.orders(self._edge), 1), (topics.central_status, 1)]
        )
        limit = getattr(properties, "MaximumPacketSize", MESSAGE_LIMIT)
        self._deliver(Connected(self.session, min(int(limit), MESSAGE_LIMIT)))

    def _on_disconnect(
        self,
        _client: paho.Client,
        _u: object,
        _flags: object,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._deliver(Disconnected(str(code)))

    def _on_publish(
        self, _client: paho.Client, _u: object, _mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.packetType == PacketTypes.PUBACK and code.is_failure:
            self._deliver(Refused(str(code)))
