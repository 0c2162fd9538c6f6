"""Owns the board that stays: follows the retained topics and tells a view what changed."""

import time

from admin import board
from admin.client import Client, Confirmed, Down, Message, News, Up
from admin.errors import Forbidden
from admin.views import View
from wire.board import BoardEntry
from wire.codec import WireError, decode
from wire.topics import Topics
from wire.vitals import Status

_TICK_S = 1.0
Board = dict[board.Key, BoardEntry]


class Watching:
    """Follows the board over lost connections."""

    def __init__(self, client: Client, shown: View) -> None:
        self._client = client
        self._view = shown
        self._topics: Topics = client.topics
        self._board: Board = {}
        self._unconfirmed: set[board.Key] = set()
        self._reloaded_at: float | None = None

    def run(self, until: float | None) -> None:
        """Follow until the monotonic time `until`, None for ever. Raises ClientError if it cannot begin."""
        for message in self._client.retained(self._topics.whole_board):
            self._take(message)
        if not self._board:
            self._view.note("nothing is on the board yet")
        self._view.tick(self._board)
        while until is None or time.monotonic() < until:
            wait_s = _TICK_S if until is None else min(_TICK_S, until - time.monotonic())
            news = self._client.news(wait_s)
            while news is not None:
                self._take(news)
                news = self._client.news(0)
            self._drop_unconfirmed()
            self._view.tick(self._board)

    def _take(self, news: News) -> None:
        match news:
            case Message(topic=topic) if topic == self._topics.central_status:
                self._central(news.payload)
            case Message():
                self._message(news)
            case Down(why=why):
                self._view.note(f"the broker is away ({why}); trying again")
            case Up(failure=None):
                self._view.note("the broker is back")
                self._unconfirmed = set(self._board)
                self._reloaded_at = time.monotonic()
                self._client.subscribe(self._topics.whole_board, 0)
                self._client.subscribe(self._topics.central_status, 0)
            case Up(failure=failure):
                self._view.note(f"the broker refuses the connection: {failure}")
            case Confirmed(failure=str(failure)):
                raise Forbidden(f"the board may no longer be read: {failure}")
            case _:
                pass

    def _message(self, message: Message) -> None:
        key = _place(self._topics.parse(message.topic))
        if key is None:
            return
        self._unconfirmed.discard(key)
        if not message.payload:
            if self._board.pop(key, None) is not None:
                self._view.gone(key)
            return
        try:
            entry = decode(message.payload, BoardEntry)
        except WireError as error:
            self._view.note(f"{message.topic} cannot be read: {error}")
            return
        before, self._board[key] = self._board.get(key), entry
        self._view.entry(before, entry)

    def _central(self, payload: bytes) -> None:
        try:
            online = decode(payload, Status).online
        except WireError:
            online = False
        if not online:
            self._view.note("central is away: the colours may be old")

    def _drop_unconfirmed(self) -> None:
        """Take down what a broker that came back no longer has, once it had time to send the rest."""
        if self._reloaded_at is None or time.monotonic() - self._reloaded_at < 5 * _TICK_S:
            return
        self._reloaded_at = None
        for key in self._unconfirmed:
            del self._board[key]
            self._view.gone(key)
        self._unconfirmed = set()


def _place(levels: tuple[str, ...]) -> board.Key | None:
    match levels:
        case ("board", edge):
            return edge, None
        case ("board", edge, reader):
            return edge, reader
        case _:
            return None
