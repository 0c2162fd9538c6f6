"""Tells a visitor on this machine how the running edge is: one JSON line over a local socket.

The socket is also how another program finds out that the daemon runs, and so holds the devices: a
file could be stale, an open socket cannot.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ground.journal import Journal
from wire.vitals import Birth, Heartbeat

_NAME = "edge.sock"
_PATIENCE_S = 3.0
_BACKLOG = 4
_RECEIVE = 1 << 16


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the daemon is: what central would hear of it, and whether the broker has it."""

    birth: Birth
    heartbeat: Heartbeat
    online: bool


class Away(Exception):
    """No daemon works in this folder."""


class Unseen(Exception):
    """A daemon may work here, and this user is not told; the text says why."""


class Bedside:
    """Answers visitors in a thread of its own. A folder that takes no socket is told and survived."""

    def __init__(self, folder: Path, standing: Callable[[], Standing]) -> None:
        self._folder = folder
        self._standing = standing
        self._journal = Journal("bedside")
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Begin."""
        try:
            self._socket = self._listening()
        except OSError as error:
            self._journal.warning("bedside_closed", reason=error)
            return
        threading.Thread(target=self._run, args=(self._socket,), name="bedside", daemon=True).start()

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            (self._folder / _NAME).unlink(missing_ok=True)

    def _listening(self) -> socket.socket:
        (self._folder / _NAME).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        with _short(self._folder) as place:
            listener.bind(place)
        (self._folder / _NAME).chmod(0o600)
        listener.listen(_BACKLOG)
        return listener

    def _run(self, listener: socket.socket) -> None:
        while True:
            try:
                visitor, _ = listener.accept()
            except OSError:
                return
            with visitor, contextlib.suppress(OSError):
                visitor.settimeout(_PATIENCE_S)
                visitor.sendall(msgspec.json.encode(self._standing()) + b"\n")


def visit(folder: Path, within_s: float = _PATIENCE_S) -> Standing:
    """Ask the daemon that works in a state folder. Raises Away, Unseen, or TimeoutError if it is stuck."""
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX) as line, _short(folder) as place:
            line.settimeout(within_s)
            line.connect(place)
            while part := line.recv(_RECEIVE):
                answer += part
        return msgspec.json.decode(answer, type=Standing)
    except TimeoutError:
        raise
    except PermissionError as error:
        raise Unseen(f"{folder / _NAME}: {error.strerror}") from error
    except OSError as error:
        raise Away(str(error)) from error
    except msgspec.DecodeError as error:
        raise TimeoutError(f"an answer that is none: {error}") from error


def settled_in(folder: Path) -> int:
    """The settled mark of the daemon that works in a state folder; 0 where none answers.

    The daemon writes it into the outbox only now and then.
    """
    try:
        return visit(folder).birth.settled
    except (Away, Unseen, TimeoutError):
        return 0


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """The socket's address, which has to be shorter than many a path."""
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}/{_NAME}"
    finally:
        os.close(opened)
