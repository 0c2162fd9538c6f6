"""Looks at the site as a person would: the board and the figures of the ledger, over the broker."""

import secrets
import threading

import msgspec
import paho.mqtt.client as paho

from ground.mqtt import BrokerOptions, new_client
from wire.board import BoardEntry
from wire.codec import WireError, decode, encode
from wire.listing import Summary, SummaryRequest
from wire.request import Answer
from wire.topics import Topics
from wire.vitals import Status

Place = tuple[str, str | None]


class Eyes:
    """A client of the broker that keeps the newest of everything; safe to read from any thread."""

    def __init__(self, options: BrokerOptions) -> None:
        self._options = options
        self._user = options.user or ""
        self._topics = Topics(options.prefix)
        self._client: paho.Client | None = None
        self._lock = threading.Lock()
        self._board: dict[Place, BoardEntry] = {}
        self._summary: Summary | None = None
        self._central = False

    def open(self) -> None:
        """Connect, and go on trying."""
        client = self._client = new_client(self._options, f"{self._user}-eyes")
        client.on_connect = lambda *_: self._subscribe(client)
        client.on_message = lambda _c, _u, message: self._see(message.topic, bytes(message.payload))
        client.connect_async(self._options.host, self._options.port, keepalive=30)
        client.loop_start()

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def ask(self) -> None:
        """Ask central for the figures of its ledger; the answer arrives by itself."""
        if self._client is not None and self._client.is_connected():
            request = SummaryRequest(request_id=f"eyes-{secrets.token_hex(4)}")
            self._client.publish(self._topics.request(self._user, "summary"), encode(request), qos=1)

    @property
    def board(self) -> dict[Place, BoardEntry]:
        """Every line of the board by (edge, reader)."""
        with self._lock:
            return dict(self._board)

    @property
    def summary(self) -> Summary | None:
        """The newest figures of the ledger, None before the first answer."""
        return self._summary

    @property
    def central_is_there(self) -> bool:
        """Whether central says that it is on the broker."""
        return self._central

    def _subscribe(self, client: paho.Client) -> None:
        topics = self._topics
        client.subscribe(
            [(topics.whole_board, 1), (topics.central_status, 1), (topics.answers(self._user), 1)]
        )

    def _see(self, topic: str, payload: bytes) -> None:
        try:
            match self._topics.parse(topic):
                case ("central", "status"):
                    self._central = decode(payload, Status).online
                case ("board", *_) if payload:
                    entry = decode(payload, BoardEntry)
                    with self._lock:
                        self._board[entry.edge, entry.reader] = entry
                case ("admin", *_):
                    answer = decode(payload, Answer)
                    if answer.status == "done":
                        self._summary = msgspec.convert(answer.body, Summary)
                case _:
                    pass
        except (WireError, msgspec.ValidationError):
            return
