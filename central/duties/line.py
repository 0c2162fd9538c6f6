"""Owns a duty's end of the lines to central: news comes by one, turns to write are asked for by the other.

`central.crew` has the other ends. That the line of news ends is the word to stop.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from central.ledger.database import Unavailable
from central.post import LONGEST_NEWS, Landed

PATIENCE_S = 20.0
"""Central gives a turn within a second; one that does not answer is frozen or gone."""


class Ended(Exception):
    """Central wants this process to end, or is gone."""


class Line:
    """Both lines. `hear` and `well` are the main thread's, `turn` any thread's."""

    def __init__(self, news: socket.socket, turns: socket.socket) -> None:
        self._news = news
        self._turns = turns
        self._one = threading.Lock()
        self._asked = 0
        self._decoder = msgspec.json.Decoder(Landed)
        turns.settimeout(PATIENCE_S)

    def hear(self, within_s: float) -> Landed | None:
        """The next news of the intake, None if there was none in time. Raises Ended."""
        self._news.settimeout(within_s)
        try:
            told = self._news.recv(LONGEST_NEWS)
        except TimeoutError:
            return None
        except OSError as error:
            raise Ended from error
        if not told:
            raise Ended
        return self._decoder.decode(told)

    def well(self) -> None:
        """Tell central that everything makes progress."""
        self._say(b"well")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until it is our turn to write to the ledger's file. Raises Unavailable if central is gone."""
        with self._one:
            self._asked += 1
            number = b"%d" % self._asked
            self._say(b"ask " + number)
            try:
                self._await(number)
                yield
            finally:
                self._say(b"done " + number)

    def _await(self, number: bytes) -> None:
        """Wait for the answer to this question; one to an earlier question, given up, is passed over."""
        answer = None
        while answer != number:
            try:
                answer = self._turns.recv(64)
            except TimeoutError:
                raise Unavailable("central does not say whose turn it is to write") from None
            except OSError as error:
                raise Unavailable(f"central is gone: {error}") from error
            if not answer:
                raise Unavailable("central is gone")

    def _say(self, word: bytes) -> None:
        with suppress(OSError):  # whoever waits for an answer will see it
            self._turns.send(word)
