"""Imitates the gate controller of the example package: punches kept until they are acknowledged, over TCP."""

import contextlib
import socket
import threading
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

GREETING = "serial GL-0042"


@dataclass(frozen=True, slots=True)
class Kept:
    """One punch of the controller's log."""

    number: int
    wall: datetime
    badge: str

    def line(self, word: str) -> str:
        """The punch as the controller says it."""
        return f"{word} {self.number} {self.wall.isoformat()} {self.badge}"


class LineGateSimulator:
    """A controller at a port of its own. `greeting` is what it says first, "" keeps it silent for ever."""

    def __init__(self) -> None:
        self.greeting = GREETING
        self.log: list[Kept] = []
        self.acknowledged: set[int] = set()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._server: socket.socket | None = None
        self._client: socket.socket | None = None
        self._lock = threading.RLock()

    def start(self) -> None:
        """Come onto the network."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        """Vanish; the log stays."""
        with self._lock:
            for one in (self._server, self._client):
                if one is not None:
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                    one.close()
            self._server = self._client = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def punch(self, badge: str) -> None:
        """Somebody punches."""
        wall = datetime.now().astimezone().replace(tzinfo=None, microsecond=0)
        with self._lock:
            self.log.append(Kept(len(self.log) + 1, wall, badge))
            self.say(self.log[-1].line("punch"))

    def say(self, line: str) -> None:
        """Say a line to whoever is connected."""
        with self._lock, contextlib.suppress(OSError):
            if self._client is not None and self.greeting:
                self._client.sendall(line.encode() + b"\r\n")

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with self._lock:
                    self._client = client
                    self.say(self.greeting)
                    for kept in self.log:
                        if kept.number not in self.acknowledged:
                            self.say(kept.line("punch"))
                with client, contextlib.suppress(OSError), client.makefile() as heard:
                    for line in heard:
                        self._obey(*line.split())

    def _obey(self, word: str, *given: str) -> None:
        with self._lock:
            if word == "ok":
                self.acknowledged.add(int(given[0]))
            elif word == "again":
                first, last = map(date.fromisoformat, given)
                for kept in self.log:
                    if first <= kept.wall.date() <= last:
                        self.say(kept.line("held"))
                self.say("end")
