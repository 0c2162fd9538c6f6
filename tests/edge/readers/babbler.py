"""A peer that answers every connection with bytes that make no sense, and says nothing of its own accord."""

import contextlib
import socket
import threading

NONSENSE = bytes(range(256)) * 4


class Babbler:
    """Something that speaks no protocol of ours at a port; it opens nothing before `start`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: socket.socket | None = None

    def start(self) -> None:
        """Listen."""
        self._server = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        """Be gone, if it was there."""
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
        self._server = None

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with client, contextlib.suppress(OSError):
                    client.recv(4096)
                    client.sendall(NONSENSE)
