"""A socket that speaks the terminal's frames: sends them, cuts and checks what comes, names what fails."""

import socket
from typing import NoReturn

from edge.readers.zkteco import frames
from edge.readers.zkteco.frames import Frame, NotAFrame, WrongChecksum

_RECEIVE = 1 << 17


class LineError(Exception):
    """The line failed; `reason` is a word of `wire.reasons`."""

    def __init__(self, reason: str, evidence: str) -> None:
        super().__init__(evidence)
        self.reason = reason
        self.evidence = evidence


class Endpoint:
    """One socket. `heard` says that a terminal has answered; `lenient` takes frames with wrong checksums."""

    def __init__(self, family: int, kind: int, *, lenient: bool) -> None:
        self.tcp = kind == socket.SOCK_STREAM
        self.connected = False
        self.heard = False
        self._socket = socket.socket(family, kind)
        self._lenient = lenient
        self._stream = frames.Stream()
        self._damaged = ""

    def fileno(self) -> int:
        """The descriptor, to wait for frames."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def connect(self, address: tuple[str, int], within_s: float) -> None:
        """Connect. Raises LineError if nothing answers in time, OSError for whatever else goes wrong."""
        self._socket.settimeout(within_s)
        try:
            self._socket.connect(address)
        except TimeoutError:
            raise LineError("no-answer", f"nothing answers at {address[0]} port {address[1]}") from None
        self.connected = True
        if self.tcp:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def put(self, frame: Frame) -> None:
        """Send a frame, in the time that is set. Raises LineError."""
        try:
            self._socket.sendall(frame.segment() if self.tcp else frame.datagram())
        except TimeoutError:
            self.give_up()
        except OSError as error:
            self._lost(error)

    def patience(self, seconds: float) -> None:
        """How long `put` and `receive` may take from now on; 0 takes only what is there."""
        self._socket.settimeout(seconds)

    def receive(self) -> list[Frame]:
        """The frames that are whole now. Raises TimeoutError or BlockingIOError if none comes, LineError."""
        try:
            received = self._socket.recv(_RECEIVE)
        except (TimeoutError, BlockingIOError):
            raise
        except OSError as error:
            self._lost(error)
        if not self.tcp:
            try:
                return [frames.parse(received, lenient=self._lenient)]
            except NotAFrame as error:
                self._damaged = str(error) if isinstance(error, WrongChecksum) else self._damaged
                return []
        if not received:
            self._lost("the terminal closed the connection")
        try:
            return [frames.parse(datagram, lenient=self._lenient) for datagram in self._stream.feed(received)]
        except WrongChecksum as error:
            raise LineError("checksum-wrong", str(error)) from error
        except NotAFrame as error:
            raise LineError("read-rejected" if self.heard else "port-refused", str(error)) from error

    def give_up(self) -> NoReturn:
        """Nothing came in time: raise the LineError that fits."""
        if self._damaged:
            raise LineError("checksum-wrong", self._damaged)
        if self.heard or self.tcp:
            raise LineError("deadline", "the terminal did not answer in time")
        raise LineError("no-answer", "no datagram came back")

    def _lost(self, evidence: OSError | str) -> NoReturn:
        refused = isinstance(evidence, ConnectionRefusedError)
        busy = "port-refused" if refused else "session-busy"
        raise LineError("connection-lost" if self.heard else busy, str(evidence))
