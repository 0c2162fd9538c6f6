"""Stands between the branch and the broker as the network would, and can be cut."""

import selectors
import socket
import threading
from contextlib import suppress

_CHUNK = 65536


class Relay:
    """Carries TCP connections from a loopback port of its own to `target`, both ways.

    While it is cut nobody listens on the port and every connection is gone, as after a pulled cable
    whose loss the kernel has noticed. The port stays the same. `carried` counts bytes, both ways together.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._selector = selectors.DefaultSelector()
        self._lock = threading.RLock()
        self._peer: dict[socket.socket, socket.socket] = {}
        self._listener: socket.socket | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self.port = 0
        self.carried = 0

    def start(self) -> None:
        """Listen and carry."""
        self.restore()
        self._thread.start()

    def stop(self) -> None:
        """End every connection and the thread."""
        self._over.set()
        self._thread.join()
        self.cut()
        self._selector.close()

    @property
    def is_cut(self) -> bool:
        """Whether the network is down."""
        return self._listener is None

    def cut(self) -> None:
        """Take the network down."""
        with self._lock:
            if self._listener is not None:
                self._forget(self._listener)
                self._listener = None
            for end in list(self._peer):
                self._forget(end)
            self._peer.clear()

    def restore(self) -> None:
        """Bring the network back."""
        with self._lock:
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", self.port))
                self.port = self._listener.getsockname()[1]
                self._selector.register(self._listener, selectors.EVENT_READ)

    def _run(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select(0.2):
                with self._lock:
                    self._serve(key.fileobj)

    def _serve(self, ready: object) -> None:
        if not isinstance(ready, socket.socket):
            return
        if ready is self._listener:
            self._join(ready)
        elif ready in self._peer and not self._carry(ready):
            other = self._peer.pop(ready)
            self._peer.pop(other)
            self._forget(ready)
            self._forget(other)

    def _join(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        try:
            far = socket.create_connection(self._target, timeout=2)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        for end, other in ((near, far), (far, near)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer[end] = other
            self._selector.register(end, selectors.EVENT_READ)

    def _carry(self, end: socket.socket) -> bool:
        """Pass on what has come; False once the connection is over."""
        try:
            chunk = end.recv(_CHUNK)
            self._peer[end].sendall(chunk)
            self.carried += len(chunk)
        except OSError:
            return False
        return bool(chunk)

    def _forget(self, end: socket.socket) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(end)
        end.close()
