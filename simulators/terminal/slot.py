"""The terminal's only place for a client, and what becomes of a second one."""

import threading
import time
from dataclasses import dataclass
from typing import Literal

from simulators.terminal.frames import Frame
from simulators.terminal.links import Link
from simulators.terminal.session import Session

SecondClient = Literal["refuse", "wait", "kick"]
_IDLE_S = 10.0
_LOOK_S = 0.05


@dataclass(slots=True)
class _Owner:
    session: Session
    link: Link
    heard_at: float


class Slot:
    """Holds one session. A second client is refused, waits until the first leaves, or kicks it out.

    A client over UDP has no connection to close: it is taken for gone when it was not heard of for 10 s,
    or never proved its comm key. `knocked` counts the connections over TCP, whatever became of them.
    """

    def __init__(self, policy: SecondClient) -> None:
        self._policy = policy
        self.knocked = 0
        self._owner: _Owner | None = None
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """1 while a client is inside, else 0."""
        return 0 if self._owner is None else 1

    @property
    def listening(self) -> int:
        """1 while a client inside has asked for live events, else 0."""
        owner = self._owner
        return int(owner is not None and owner.session.wants_events)

    def enter(self, session: Session, link: Link, gone: threading.Event | None) -> bool:
        """Let a client in, or not. With `gone` it may wait for its turn until that is set."""
        while not self._try(session, link):
            if self._policy != "wait" or gone is None or gone.wait(_LOOK_S):
                return False
        return True

    def _try(self, session: Session, link: Link) -> bool:
        with self._lock:
            owner = self._owner
            if owner is not None and owner.session is not session:
                if self._policy != "kick" and not self._left(owner):
                    return False
                owner.session.authorised = False
                owner.link.close()
            self._owner = _Owner(session, link, time.monotonic())
            return True

    def _left(self, owner: _Owner) -> bool:
        silent = time.monotonic() - owner.heard_at > _IDLE_S
        return owner.link.connectionless and (silent or not owner.session.authorised)

    def heard(self, session: Session) -> None:
        """Note that the client said something."""
        with self._lock:
            if self._owner is not None and self._owner.session is session:
                self._owner.heard_at = time.monotonic()

    def leave(self, session: Session) -> None:
        """Let a client out; nothing happens if it is not the one inside."""
        with self._lock:
            if self._owner is not None and self._owner.session is session:
                self._owner = None

    def clear(self) -> None:
        """Forget whoever is inside."""
        with self._lock:
            self._owner = None

    def push(self, event: Frame) -> None:
        """Send a live event to the client inside, if it asked for them."""
        with self._lock:
            owner = self._owner
        if owner is not None and owner.session.wants_events:
            owner.link.push(event)
