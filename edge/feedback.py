"""Tells another program on this machine of each punch that somebody made just now and that is safe.

One datagram each over a Unix socket that the other program owns. Nobody is waited for: what cannot be
delivered at once is lost and counted, for the punch itself is in the outbox.
"""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from wire.punch import Punch


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a buzzer or a display is told: `badge` as read at `at` (UTC), `wall` by the device's own clock.

    `outcome` is `known` where the outbox had this very punch already, as after a repeated event.
    """

    reader: str
    badge: str
    at: str
    wall: str | None
    outcome: Literal["stored", "known"]
    v: Literal[1] = 1


class Feedback:
    """The way to the other program, whether it is there or not. Every thread may tell."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0)

    def close(self) -> None:
        """Tell nobody any more."""
        self._socket.close()

    def tell(self, count: Callable[[str], None], punch: Punch, fresh: bool) -> None:
        """Tell of a punch that was committed; `count` notes it if nobody takes the news."""
        answer = Answer(
            reader=punch.reader,
            badge=punch.badge.raw,
            at=punch.read_at.isoformat(),
            wall=None if punch.device_wall is None else punch.device_wall.isoformat(),
            outcome="stored" if fresh else "known",
        )
        try:
            self._socket.sendto(msgspec.json.encode(answer), self._path)
        except OSError:
            count("feedback_unheard")
