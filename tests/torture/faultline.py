"""The network between one part of the site and the broker, with everything that a network does wrong.

TCP neither doubles nor reorders bytes, but brokers and clients that send again do so with messages: that is
imitated with whole PUBLISH packets. A lost message is acknowledged in the name of whoever should have it.
"""

import random
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from tests.torture.packets import Cutter, publish_in

_CHUNK = 1 << 16
_MOST_WAITING = 1 << 21
_TURN_S = 0.1
_AGAIN_S = 0.004
_HELD_S = 0.4
"""How long a message is held back until another one overtakes it."""
MEDDLED = frozenset({"facts", "receipts", "orders"})


@dataclass(frozen=True, slots=True)
class Weather:
    """What befalls messages from now on: chances of each, and the leaves of the topics that can be lost."""

    delay_s: float = 0.0
    double: float = 0.0
    swap: float = 0.0
    lose: float = 0.0
    loses: frozenset[str] = frozenset({"facts", "receipts"})


FAIR = Weather()


@dataclass(eq=False, slots=True)
class _Way:
    """One direction of one connection."""

    source: socket.socket
    sink: socket.socket
    cutter: Cutter = field(default_factory=Cutter)
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    size: int = 0
    held: bytes = b""
    held_until: float = 0.0

    def push(self, due: float, data: bytes) -> None:
        self.waiting.append((due, data))
        self.size += len(data)

    def flush(self, now: float) -> None:
        """Send what is due. Raises OSError if the sink is gone."""
        while self.waiting and self.waiting[0][0] <= now:
            due, data = self.waiting.popleft()
            try:
                sent = self.sink.send(data)
            except BlockingIOError:
                sent = 0
            self.size -= sent
            if sent < len(data):
                self.waiting.appendleft((due, data[sent:]))
                return


class Faultline:
    """Carries connections from a loopback port of its own to `target`; the port stays the same."""

    def __init__(self, target: tuple[str, int], dice: random.Random) -> None:
        self.port = 0
        self.weather = FAIR
        self.tampered = 0
        """How many messages were doubled, swapped or lost so far."""
        self._target = target
        self._dice = dice
        self._selector = selectors.DefaultSelector()
        self._lock = threading.RLock()
        self._ways: dict[socket.socket, _Way] = {}
        self._listener: socket.socket | None = None
        self._stalled = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faultline", daemon=True)

    def start(self) -> None:
        """Listen and carry."""
        self.restore()
        self._thread.start()

    def stop(self) -> None:
        """End every connection, and the thread."""
        self._over.set()
        self._thread.join()
        self.cut()
        self._selector.close()

    def cut(self) -> None:
        """Every connection is gone, and nobody answers."""
        with self._lock:
            if self._listener is not None:
                self._forget(self._listener)
                self._listener = None
            self.reset()

    def reset(self) -> None:
        """Every connection is gone; new ones are served."""
        with self._lock:
            for end in list(self._ways):
                self._forget(end)
            self._ways.clear()

    def stall(self) -> None:
        """Nothing gets through any more, and neither end is told."""
        self._stalled = True

    def restore(self) -> None:
        """All is well again; what was stalled goes on."""
        with self._lock:
            self._stalled = False
            self.weather = FAIR
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", self.port))
                self.port = self._listener.getsockname()[1]
                self._selector.register(self._listener, selectors.EVENT_READ)

    def _run(self) -> None:
        while not self._over.is_set():
            busy = any(way.waiting or way.held for way in list(self._ways.values()))
            if self._stalled:
                time.sleep(_AGAIN_S)
                continue
            ready = self._selector.select(_AGAIN_S if busy else _TURN_S)
            with self._lock:
                for key, _ in ready:
                    if key.fileobj is self._listener:
                        self._join()
                    elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._ways:
                        self._receive(self._ways[key.fileobj])
                for way in list(self._ways.values()):
                    self._send(way)

    def _join(self) -> None:
        assert self._listener is not None
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(self._target, timeout=2)
        except OSError:
            near.close()
            return
        for end, other in ((near, far), (far, near)):
            end.settimeout(0)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ways[end] = _Way(end, other)
            self._selector.register(end, selectors.EVENT_READ)

    def _receive(self, way: _Way) -> None:
        if way.size > _MOST_WAITING:
            time.sleep(_AGAIN_S)
            return
        try:
            data = way.source.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._part(way)
            return
        now = time.monotonic()
        for packet in way.cutter.feed(data):
            self._meddle(way, packet, now)

    def _meddle(self, way: _Way, packet: bytes, now: float) -> None:
        weather, due = self.weather, now + self.weather.delay_s
        publish = publish_in(packet)
        if publish is None or publish.leaf not in MEDDLED:
            way.push(due, packet)
            return
        throw = self._dice.random()
        if throw < weather.lose and publish.leaf in weather.loses:
            back = self._ways.get(way.sink)
            if back is not None:
                back.push(due, publish.acknowledgement())
        elif throw < weather.lose + weather.double:
            way.push(due, packet + packet)
        elif throw < weather.lose + weather.double + weather.swap and not way.held:
            way.held, way.held_until = packet, now + _HELD_S
        else:
            way.push(due, packet + way.held)
            way.held = b""
            return
        self.tampered += 1

    def _send(self, way: _Way) -> None:
        now = time.monotonic()
        if way.held and now >= way.held_until:
            way.push(now, way.held)
            way.held = b""
        try:
            way.flush(now)
        except OSError:
            self._part(way)

    def _part(self, way: _Way) -> None:
        """One end is gone: what came from it still arrives, then the other end is let go, too."""
        with suppress(OSError):
            way.flush(float("inf"))
        for end in (way.source, way.sink):
            self._ways.pop(end, None)
            self._forget(end)

    def _forget(self, end: socket.socket) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(end)
        end.close()
