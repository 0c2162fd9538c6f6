"""Owns a connection to the broker that one thread drives itself: no thread of paho's, no queue between.

So what this thread sends reaches the socket, and what arrives reaches it, without a change of threads.
"""

import os
import random
import select
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import paho.mqtt.client as paho

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


class Driven:
    """One client of the broker after the other. Built idle; `turn` connects.

    `connect` makes a client and connects it. Each connection is a client of its own: nothing that paho kept
    of a lost one can go out once more, and renewed certificates are read. `lost` hears why a connection could
    not be made, or ended by a fault of its own. One thread owns all this; only `wake` is for others, too.
    """

    def __init__(self, connect: Callable[[], "paho.Client"], lost: Callable[[str], None]) -> None:
        self._make = connect
        self._lost = lost
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._bell)
        self._rung = False
        self._pause_s = 0.0
        self._connect_at = 0.0
        self.client: paho.Client | None = None

    def wake(self) -> None:
        """End the `turn` that waits, or the next one. Any thread may call it."""
        if not self._rung:
            self._rung = True
            os.eventfd_write(self._bell, 1)

    def turn(self, wait_s: float) -> bool:
        """Wait for the broker or `wake`, at most so long; serve the connection, or make one if it is time.

        Returns whether the connection had something to be done.
        """
        sock = None if self.client is None else self.client.socket()
        try:
            if self.client is None or sock is None:
                self._away(wait_s)
                return False
            return self._drive(self.client, sock, wait_s)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises at a strange broker's bytes
            self._fail(f"{type(error).__name__}: {error}")
            return False

    def settled(self) -> None:
        """Tell that the broker took the login: after the next loss the first attempt comes soon."""
        self._pause_s = 0.0

    def back_off(self) -> None:
        """Let the next attempt wait; not all clients of a broker that died wait equally long."""
        self._pause_s = min(max(2 * self._pause_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)
        self._connect_at = time.monotonic() + self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    def _fail(self, reason: str) -> None:
        self.client = None
        self.back_off()
        self._lost(reason)

    def _away(self, wait_s: float) -> None:
        """Wait without a connection, and make one when it is time, which may take some seconds."""
        self._listen(None, 0, min(wait_s, self._connect_at - time.monotonic()))
        if time.monotonic() < self._connect_at:
            return
        self._connect_at = time.monotonic() + _SHORTEST_PAUSE_S
        try:
            self.client = self._make()
        except (OSError, ValueError) as error:
            self._fail(f"the broker cannot be reached: {error}")

    def _drive(self, client: "paho.Client", sock: Any, wait_s: float) -> bool:
        """Wait, then let paho read, write and keep the connection alive."""
        buffered = getattr(sock, "pending", int)() > 0
        wanted = select.POLLIN | (select.POLLOUT if client.want_write() else 0)
        ready = self._listen(sock, wanted, 0.0 if buffered else wait_s)
        if buffered or ready & ~select.POLLOUT:
            client.loop_read()
        if ready & select.POLLOUT:
            client.loop_write()
        client.loop_misc()
        return buffered or bool(ready)

    def _listen(self, sock: Any, wanted: int, wait_s: float) -> int:
        """Wait for the bell and, where there is one, for the socket; what the socket is ready for."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if sock is not None:
            poll.register(sock, wanted)
        ready = dict(poll.poll(max(0.0, wait_s) * 1000))
        if ready.pop(self._bell, 0):
            os.eventfd_read(self._bell)
            self._rung = False  # only now: a bell rung before this would never be heard, nor any later one
        return next(iter(ready.values()), 0)
