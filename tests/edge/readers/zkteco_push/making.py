"""Readers for simulated terminals that push, desks that can be made to fail, and raw requests."""

import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.errors import Lost
from edge.readers.reader import Moment
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.reader import PushTerminal
from simulators.push_terminal import PushTerminal as Simulated
from simulators.push_terminal.device import Row
from tests.edge.readers.desk import MemoryDesk, Session
from wire.facts import EdgeEvent, Fact, RereadReport, Span
from wire.order import RereadOrder
from wire.punch import Punch, Trust

SERIAL = "CJ7F194760042"
MAY = datetime(2026, 5, 11, 9)  # noqa: DTZ001


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def reader(port: int, name: str = "gate", **options: Any) -> PushTerminal:
    """A reader for a simulated terminal, in more of a hurry than a real one."""
    given = {"address": "127.0.0.1", "serial": SERIAL, "delay_s": 1, "error_delay_s": 1, "settle_s": 0.2}
    return PushTerminal(name, PushOptions(port=port, **{**given, **options}))


def terminal(port: int, **given: Any) -> Simulated:
    """A simulated terminal that waits a fiftieth of what it is told."""
    return Simulated(**{"serial": SERIAL, "port": port, "pace": 0.02, **given})


class PushDesk(MemoryDesk):
    """A desk whose outbox can refuse, whose clock can be distrusted, and whose uptime can jump."""

    def __init__(self) -> None:
        super().__init__()
        self.refusing = False
        self.trust: Trust = "synced"
        self.later_s = 0.0
        self.emitted: list[int] = []

    def moment(self) -> Moment:
        """The machine's time with the trust and the uptime of the test."""
        now = super().moment()
        return replace(now, trust=self.trust, uptime_s=now.uptime_s + self.later_s)

    def emit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Keep facts, or fail and keep nothing."""
        if self.refusing:
            raise Lost("outbox-failed", "no space left on device")
        self.emitted.append(len(facts))
        return super().emit(facts, memo)

    def events(self, word: str) -> list[EdgeEvent]:
        """The events of one kind."""
        return [fact for fact in self.facts if isinstance(fact, EdgeEvent) and fact.event == word]

    @property
    def reports(self) -> list[RereadReport]:
        """The answers to orders."""
        return [fact for fact in self.facts if isinstance(fact, RereadReport)]


def rows(simulated: Simulated) -> Counter[tuple[str, str]]:
    """Who and when, of every row in the terminal's log."""
    return Counter((row.pin, row.wall) for row in simulated.log)


def seen(punches: Sequence[Punch]) -> Counter[tuple[str, str]]:
    """Who and when, of punches."""
    return Counter((punch.badge.raw, str(punch.device_wall)) for punch in punches)


def order(first: datetime, last: datetime, badges: tuple[str, ...] | None = None) -> RereadOrder:
    """An order for whole days that is good for an hour."""
    return RereadOrder(
        order_id="o-1",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        span=Span(first=first.date(), last=last.date()),
        badges=badges,
    )


def raw(port: int, request: bytes, within_s: float = 20.0) -> bytes:
    """Send bytes and read until the other side closes; nothing if nobody listens."""
    received = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=within_s) as sock:
            sock.sendall(request)
            while part := sock.recv(65536):
                received += part
    except ConnectionError:
        return received
    return received


def get(path: str) -> bytes:
    """A GET request as a terminal makes it."""
    return f"GET {path} HTTP/1.1\r\nHost: pi\r\nUser-Agent: iClock Proxy/1.09\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """A POST request as a terminal makes it."""
    return f"POST {path} HTTP/1.1\r\nHost: pi\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def days(count: int, a_day: int = 3) -> list[Row]:
    """Rows of so many days from MAY on."""
    return [
        Row(str(n), f"{MAY + timedelta(days=day, seconds=20 * n):%Y-%m-%d %H:%M:%S}")
        for day in range(count)
        for n in range(1, a_day + 1)
    ]


class Site:
    """A port, and what a test puts at both ends of it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.stack = ExitStack()

    def session(self, desk: PushDesk | None = None, name: str = "gate", **options: Any) -> Session:
        """A reader at work; it ends with the test."""
        made = reader(self.port, name, **options)
        return self.stack.enter_context(Session(made, desk or PushDesk()))

    def terminal(self, **given: Any) -> Simulated:
        """A terminal on the network; it goes with the test."""
        return self.stack.enter_context(terminal(self.port, **given))
