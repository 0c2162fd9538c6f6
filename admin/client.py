"""Owns the command's connection to the broker: the retained board, requests, and their answers."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from admin.errors import Forbidden, Unavailable
from ground.mqtt import BrokerOptions, new_client
from wire.admin import Request
from wire.codec import WireError, decode, encode
from wire.request import Answer
from wire.topics import Topics
from wire.vitals import Status

CONNECT_S = 10.0
"""How long the broker has to answer at all."""
QUIET_S = 0.25
"""The retained messages are taken to be complete when nothing came for this long behind the subscription."""
ANSWER_S = 15.0
"""How long central has for its first word on a request."""
AWAY_S = 5.0
"""What a restart of central may take."""
ASK_AGAIN_S = 5.0
"""A request that nobody answered is published again; it starts nothing anew."""
_LOGIN = frozenset({"Not authorized", "Bad user name or password", "Banned", "Bad authentication method"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a subscription."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Up:
    """The broker accepted the connection, or refused it."""

    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Down:
    """The connection was lost; the client is trying again by itself."""

    why: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker answered a subscription or a publication."""

    mid: int
    failure: str | None


News = Message | Up | Down | Confirmed


class Client:
    """A person's connection to the broker. Only the thread that made it may use it.

    `connected` opens and closes it; `news` hands over whatever happens.
    """

    def __init__(self, options: BrokerOptions) -> None:
        self._options = options
        self._user = options.user or ""
        self._place = f"{options.host}:{options.port}"
        self.topics = Topics(options.prefix)
        self._queue: SimpleQueue[News] = SimpleQueue()
        self._client: paho.Client | None = None

    @contextmanager
    def connected(self) -> Iterator["Client"]:
        """Connect, and disconnect at the end. Raises Unavailable or Forbidden."""
        try:
            client = new_client(self._options, f"{self._user}-{secrets.token_hex(4)}")
            self._listen(client)
            client.connect(self._options.host, self._options.port, keepalive=30)
        except (OSError, ValueError) as error:
            raise Unavailable(f"the broker at {self._place} cannot be reached: {_words(error)}") from None
        self._client = client
        client.loop_start()
        try:
            self._wait_for_welcome()
            yield self
        finally:
            client.disconnect()
            client.loop_stop()

    def _listen(self, client: paho.Client) -> None:
        put = self._queue.put
        client.on_connect = lambda _c, _u, _f, code, _p: put(Up(_failure(code)))
        client.on_connect_fail = lambda _c, _u: put(Down("no connection"))
        client.on_disconnect = lambda _c, _u, _f, code, _p: put(Down(str(code)))
        client.on_message = lambda _c, _u, message: put(Message(message.topic, bytes(message.payload)))
        client.on_subscribe = lambda _c, _u, mid, codes, _p: put(Confirmed(mid, _failure(codes[0])))
        client.on_publish = lambda _c, _u, mid, code, _p: put(Confirmed(mid, _failure(code)))

    def _wait_for_welcome(self) -> None:
        match self.news(CONNECT_S):
            case Up(failure=None):
                return
            case Up(failure=failure) if failure in _LOGIN:
                raise Forbidden(
                    f"the broker at {self._place} refuses the login of {self._user}: {failure}; "
                    "check the user, the password file and the certificate"
                )
            case Up(failure=failure):
                raise Unavailable(f"the broker at {self._place} refuses the connection: {failure}")
            case Down():
                raise Unavailable(
                    f"{self._place} closed the connection without a word; is it an MQTT broker, "
                    "and does it want TLS (--ca) or not?"
                )
            case _:
                raise Unavailable(f"{self._place} accepts connections but does not speak MQTT")

    def news(self, within_s: float) -> News | None:
        """The next thing that happened, or None if nothing does in time."""
        try:
            return self._queue.get(timeout=max(within_s, 0.0))
        except Empty:
            return None

    def subscribe(self, topic: str, qos: int) -> int:
        """Ask for a subscription; its confirmation comes with the news."""
        assert self._client is not None, "only inside connected()"
        _code, mid = self._client.subscribe(topic, qos)
        return mid or 0

    def _publish(self, topic: str, payload: bytes) -> int:
        assert self._client is not None, "only inside connected()"
        return self._client.publish(topic, payload, qos=1).mid

    def retained(self, topic: str, qos: int = 0) -> list[Message]:
        """All retained messages that match, with central's status among them; the subscriptions stay.

        The status is asked for second: by the time the broker has confirmed that, it has sent the rest
        (at QoS 0, which no queue limit of the broker cuts short). Raises Unavailable or Forbidden.
        """
        asked = {self.subscribe(topic, qos), self.subscribe(self.topics.central_status, qos)}
        found: list[Message] = []
        deadline = time.monotonic() + CONNECT_S
        while asked or time.monotonic() < deadline:
            match self.news(deadline - time.monotonic() if asked else QUIET_S):
                case Message() as message:
                    found.append(message)
                case Confirmed(mid=mid, failure=None):
                    asked.discard(mid)
                    deadline = deadline if asked else time.monotonic() + 4 * QUIET_S
                case Confirmed(failure=failure):
                    raise Forbidden(f"{self._user} may not read {topic}: {failure}; check the broker's ACL")
                case Down(why=why):
                    raise Unavailable(f"the connection to {self._place} was lost: {why}")
                case None if asked:
                    raise Unavailable(f"the broker at {self._place} does not confirm the subscription")
                case None:
                    break
        return found

    def ask(self, verb: str, request: Request, give_up_s: float = ANSWER_S) -> Iterator[Answer]:
        """Publish a request and yield its answers up to the last one.

        The request is published again after a lost connection, when central returns, and while nothing
        has come: the same request id starts nothing anew. Raises Forbidden if the broker refuses it,
        Unavailable if central is away, or says nothing for ANSWER_S at first, or nothing final in
        `give_up_s` seconds.
        """
        topic = self.topics.request(self._user, verb)
        answers = self.topics.answer(self._user, request.request_id)
        status = self.topics.central_status
        self._reach_central(answers)
        payload = encode(request)
        deadline = time.monotonic() + give_up_s
        first_word = time.monotonic() + ANSWER_S
        heard = False
        asked = self._publish(topic, payload)
        while time.monotonic() < (deadline if heard else min(first_word, deadline)):
            match self.news(ASK_AGAIN_S):
                case Message(topic=name, payload=content) if name == answers:
                    heard = True
                    answer = _answer(content)
                    yield answer
                    if answer.status != "progress":
                        return
                case Message(topic=name, payload=content) if name == status:
                    if _online(content):
                        asked = self._publish(topic, payload)
                case Confirmed(mid=mid, failure=str(failure)) if mid == asked:
                    raise Forbidden(f"{self._user} may not ask for {verb}: {failure}; check the broker's ACL")
                case Up(failure=None):
                    self.subscribe(answers, 1)
                    self.subscribe(status, 1)
                    asked = self._publish(topic, payload)
                case None if not heard:
                    asked = self._publish(topic, payload)
                case _:
                    pass
        silence = "has not finished in time" if heard else "does not answer"
        raise Unavailable(f"central {silence}; the request is {request.request_id}")

    def _reach_central(self, answers: str) -> None:
        """Subscribe to the answers, and make sure that there is somebody to ask."""
        states = [
            message for message in self.retained(answers, 1) if message.topic == self.topics.central_status
        ]
        if not states:
            raise Unavailable("central has never been on this broker; start punchwire-central")
        if not _online(states[-1].payload) and not self._returns():
            raise Unavailable("central is away; start punchwire-central and ask again")

    def _returns(self) -> bool:
        """Whether central, which a service manager may just be starting again, comes back in AWAY_S."""
        deadline = time.monotonic() + AWAY_S
        while (left := deadline - time.monotonic()) > 0:
            match self.news(left):
                case Message(topic=self.topics.central_status, payload=content) if _online(content):
                    return True
        return False


def _online(payload: bytes) -> bool:
    try:
        return decode(payload, Status).online
    except WireError:
        return False


def _answer(payload: bytes) -> Answer:
    try:
        return decode(payload, Answer)
    except WireError as error:
        raise Unavailable(f"central's answer cannot be read ({error}); are both of one version?") from None


def _failure(code: Any) -> str | None:
    """The words of a reason code that means failure, else None. An MQTT 3 broker may give plain numbers."""
    if isinstance(code, ReasonCode):
        return str(code) if code.is_failure else None
    return None if int(code) < ReasonCode(PacketTypes.PUBACK, "Unspecified error").value else str(code)


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
