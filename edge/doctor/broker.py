"""Logs in at the broker beside the running edge and tries what its account may do.

It uses a client id of its own, since the broker throws off a client when another one comes with the same
id. It publishes on one topic that nobody listens to, and leaves nothing behind.
"""

import queue
import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.findings import Finding, alarm, good, warning
from ground.mqtt import KEEPALIVE_S, BrokerOptions, new_client
from wire.codec import WireError, decode
from wire.topics import Topics
from wire.vitals import Status

_LOGIN_S = 10.0
_ANSWER_S = 10.0
_ECHO_S = 2.0
"""A message that the broker took comes back within moments, or never."""

_A = TypeVar("_A")


class Visitor:
    """One connection of the doctor's."""

    def __init__(self, options: BrokerOptions, edge: str) -> None:
        self._options = options
        self._topics = Topics(options.prefix)
        self._edge = edge
        self._logins: queue.SimpleQueue[ReasonCode | str] = queue.SimpleQueue()
        self._subscribed: queue.SimpleQueue[list[ReasonCode]] = queue.SimpleQueue()
        self._published: queue.SimpleQueue[ReasonCode] = queue.SimpleQueue()
        self._echoes: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._statuses: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def findings(self) -> Iterator[Finding]:
        """Login, then what the account may hear and say, then central."""
        client = self._client()
        try:
            client.connect(self._options.host, self._options.port, keepalive=KEEPALIVE_S)
            client.loop_start()
            for step in (self._login(), self._hearing(client), self._saying(client), self._central()):
                for finding in step:
                    yield finding
                    if finding.level == "alarm":
                        return
        except OSError as error:
            yield alarm("login", "broker-silent", str(error))
        finally:
            client.disconnect()
            client.loop_stop()

    def _client(self) -> paho.Client:
        client = new_client(self._options, f"{self._edge}-doctor-{secrets.token_hex(4)}")
        client.on_connect = self._on_connect
        client.on_disconnect = lambda *_: self._logins.put("the broker closed the connection")
        client.on_subscribe = lambda _c, _u, _mid, codes, _properties: self._subscribed.put(codes)
        client.on_publish = lambda _c, _u, _mid, code, _properties: self._published.put(code)
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, _client: paho.Client, _u: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        self._logins.put(code)

    def _on_message(self, _client: paho.Client, _u: object, message: paho.MQTTMessage) -> None:
        if message.topic == self._topics.trial(self._edge):
            self._echoes.put(bytes(message.payload))
        elif message.topic == self._topics.central_status:
            self._statuses.put(bytes(message.payload))

    def _login(self) -> Iterator[Finding]:
        user = self._options.user
        tried = f"login as {user}" if user is not None else "login without an account"
        answer = _within(self._logins, _LOGIN_S)
        if answer is None or isinstance(answer, str):
            yield alarm(tried, "broker-silent", answer or f"no answer in {_LOGIN_S:g} s")
        elif answer.is_failure:
            yield alarm(tried, "login-refused", f"the broker says: {answer}")
        else:
            yield good(tried, "welcome")

    def _hearing(self, client: paho.Client) -> Iterator[Finding]:
        topics = self._topics
        wanted = [
            topics.trial(self._edge),
            topics.receipts(self._edge),
            topics.orders(self._edge),
            topics.central_status,
        ]
        client.subscribe([(topic, 1) for topic in wanted])
        codes = _within(self._subscribed, _ANSWER_S)
        if codes is None:
            yield alarm("subscribing", "broker-silent", f"no answer in {_ANSWER_S:g} s")
            return
        denied = [f"{topic}: {code}" for topic, code in zip(wanted, codes, strict=False) if code.is_failure]
        if denied:
            yield alarm("subscribing", "subscribe-denied", "; ".join(denied))

    def _saying(self, client: paho.Client) -> Iterator[Finding]:
        topic = self._topics.trial(self._edge)
        tried = f"publishing and hearing {topic}"
        client.publish(topic, b"", qos=1)
        code = _within(self._published, _ANSWER_S)
        if code is None:
            yield alarm(tried, "broker-silent", f"no acknowledgement in {_ANSWER_S:g} s")
        elif code.is_failure:
            yield alarm(tried, "publish-denied", f"the broker says: {code}")
        elif _within(self._echoes, _ECHO_S) is None:
            yield alarm(tried, "subscribe-denied", f"taken, and not delivered in {_ECHO_S:g} s")
        else:
            yield good(tried, "the account may do both")

    def _central(self) -> Iterator[Finding]:
        tried = f"central, by {self._topics.central_status}"
        payload = _within(self._statuses, _ECHO_S)
        if not payload:
            told = "no status: central never came, or the account may not read this topic"
            yield warning(tried, "central-away", told)
            return
        try:
            status = decode(payload, Status)
        except WireError as error:
            yield warning(tried, "central-away", f"a status that cannot be read: {error}")
            return
        told = f"since {_shown(status.at)}"
        if status.online:
            yield good(tried, f"online {told}")
        else:
            yield warning(tried, "central-away", f"offline {told}: {status.reason or 'no reason given'}")


def _within(answers: queue.SimpleQueue[_A], seconds: float) -> _A | None:
    until = time.monotonic() + seconds
    try:
        return answers.get(timeout=max(until - time.monotonic(), 0.0))
    except queue.Empty:
        return None


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
