"""Owns central's connections to the broker. Their callbacks only enqueue; paho owns the reconnecting."""

import contextlib
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from central.post import Delivery
from ground.journal import Journal
from ground.mqtt import KEEPALIVE_S, BrokerOptions, new_client
from wire.codec import WireError, decode, encode
from wire.topics import Topics
from wire.vitals import Status

AT_ONCE = 400
"""Messages that the broker may hand over before the first is acknowledged: three of each of a hundred edges.

Told by MQTT 5; a broker left to itself may stop at 20, and then who drains stands before who punches.
"""
_LONGEST_PAUSE_S = 30
GOODBYE_S = 0.5

journal = Journal("bus")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription. `others` leaves out what this connection publishes itself."""

    topic: str
    qos: int = 1
    others: bool = False


class Bus:
    """One client of the broker. Constructed without effects.

    It subscribes to what is `wanted`. Every message goes to `route`, and every new connection, once its
    subscriptions stand, is told to `connected`. Both are called on paho's thread and may only take a note.
    Facts wait for `ack`; everything else is acknowledged when it was noted, since it is said again or asked
    again if lost.

    The client id is the account's name, behind it `share`, the name of this central among several, and `name`
    for a connection beside the main one. That one, without a name, says whether central is there, with its
    status as last will, and contradicts whoever says otherwise: another central that went, or an old will.
    """

    def __init__(
        self,
        options: BrokerOptions,
        wanted: Sequence[Wanted],
        route: Callable[[Delivery], None],
        connected: Callable[[], None] = lambda: None,
        *,
        share: str | None = None,
        name: str = "",
    ) -> None:
        self._options = options
        self._topics = Topics(options.prefix)
        self._wanted = wanted
        self._route = route
        self._connected = connected
        self._client_id = "-".join(filter(None, (options.user or "central", share, name)))
        self._speaks = not name
        self._client: paho.Client | None = None
        self._connection = 0
        self._session = ""
        self._thread: threading.Thread | None = None
        self._away = self._stopping = False

    def start(self) -> None:
        """Begin connecting, and go on for as long as it takes."""
        client = self._client = self._made()
        client.on_connect_fail = lambda *_: self._tell_away("the broker cannot be reached")
        client.reconnect_delay_set(1, _LONGEST_PAUSE_S)
        client.connect_async(**self._address())
        client.loop_start()

    def _made(self) -> paho.Client:
        """A client with everything but a connection."""
        client = new_client(self._options, self._client_id, manual_ack=True)
        client.on_pre_connect = self._before_connect
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _address(self) -> dict[str, Any]:
        """Where and how to connect, as paho's functions take it."""
        at_once = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
        at_once.ReceiveMaximum = AT_ONCE
        options = self._options
        return {
            "host": options.host,
            "port": options.port,
            "keepalive": KEEPALIVE_S,
            "properties": at_once,
        }

    def stop(self, reason: str = "stopped") -> None:
        """Say that central is offline, if that is ours to say, and disconnect; takes a second at the most."""
        client = self._client
        if client is None:
            return
        self._stopping = self._away = True
        if self._speaks and client.is_connected():
            goodbye = self._publish_status(client, online=False, reason=reason)
            with contextlib.suppress(RuntimeError, ValueError):
                goodbye.wait_for_publish(GOODBYE_S)
        client.disconnect()
        # paho's own wait has no end while the broker's address swallows a connection attempt.
        ending = threading.Thread(target=client.loop_stop, daemon=True)
        ending.start()
        ending.join(GOODBYE_S)

    @property
    def alive(self) -> bool:
        """Whether the thread of the connection lives. Being away from the broker is healthy."""
        return self._thread is None or self._thread.is_alive()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
    ) -> bool:
        """Send a message (`central.post.Publish`). Nothing is kept for later: what matters is repeated."""
        client = self._client
        if client is None or not client.is_connected():
            return False
        properties = None
        if correlation is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's own
            properties.CorrelationData = correlation
        client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        return True

    def ack(self, delivery: Delivery) -> None:
        """Acknowledge a message to the broker, unless its connection is gone, and with it its number."""
        if self._client is not None and delivery.connection == self._connection:
            self._client.ack(delivery.mid, 1)

    def _before_connect(self, client: paho.Client, _userdata: object) -> None:
        self._thread = threading.current_thread()
        self._connection += 1
        self._session = uuid.uuid4().hex[:16]
        if not self._speaks:
            return
        will = encode(self._status(online=False, reason="connection lost"))
        client.will_set(self._topics.central_status, will, qos=1, retain=True)

    def _on_connect(
        self, client: paho.Client, _u: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        if code.is_failure:
            self._tell_away(f"the broker refused the login: {code}")
            return
        wanted = list(self._wanted)
        if self._speaks:
            wanted.append(Wanted(self._topics.central_status, others=True))
        client.subscribe([(one.topic, SubscribeOptions(qos=one.qos, noLocal=one.others)) for one in wanted])

    def _on_subscribe(
        self,
        client: paho.Client,
        _u: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        """Say online only now: edges begin to send at once, and what nobody subscribes to is lost."""
        denied = [str(code) for code in codes if code.is_failure]
        if denied:
            journal.error("subscription_denied", reason=", ".join(denied))
            return
        if self._speaks:
            self._publish_status(client, online=True)
        journal.info("broker_connected", session=self._session, client=self._client_id)
        self._away = False
        self._connected()

    def _on_disconnect(
        self, _client: paho.Client, _u: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        self._tell_away(str(code))

    def _on_message(self, client: paho.Client, _u: object, message: paho.MQTTMessage) -> None:
        try:
            levels = self._topics.parse(message.topic)
        except ValueError as error:
            journal.warning("message_ignored", reason=error)
            levels = ()
        wanted = message.properties
        delivery = Delivery(
            levels,
            bytes(message.payload),
            message.retain,
            message.mid,
            self._connection,
            getattr(wanted, "ResponseTopic", ""),
            getattr(wanted, "CorrelationData", None),
        )
        if levels == ("central", "status"):
            self._contradict(client, delivery)
        elif levels:
            self._route(delivery)
        if message.qos and levels[-1:] != ("facts",):
            client.ack(message.mid, message.qos)

    def _contradict(self, client: paho.Client, delivery: Delivery) -> None:
        if delivery.retained or self._stopping:
            return
        with contextlib.suppress(WireError):
            if not decode(delivery.payload, Status).online:
                self._publish_status(client, online=True)

    def _publish_status(self, client: paho.Client, *, online: bool, reason: str = "") -> paho.MQTTMessageInfo:
        status = encode(self._status(online=online, reason=reason))
        return client.publish(self._topics.central_status, status, qos=1, retain=True)

    def _status(self, *, online: bool, reason: str = "") -> Status:
        return Status(online=online, session=self._session, at=datetime.now(UTC), reason=reason)

    def _tell_away(self, reason: str) -> None:
        tell: Callable[..., Any] = journal.debug if self._away else journal.warning
        tell("broker_lost", reason=reason, client=self._client_id)
        self._away = True
