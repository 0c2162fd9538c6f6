"""The process in which pyzk lives: one terminal, one session, JSON lines in and out (`talk`).

pyzk opens the session and transports bytes; nothing that it decodes is used but short texts and the
clock. It gets a `Line` for its socket. Whatever goes wrong is told in one line, and the process ends:
a session after an error is never used again.
"""

import contextlib
import os
import resource
import select
import socket
import struct
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from edge.readers.zkteco import frames
from edge.readers.zkteco.endpoint import LineError
from edge.readers.zkteco.line import Line
from edge.readers.zkteco.talk import (
    Answer,
    ClockShows,
    Close,
    Dataset,
    Enrol,
    Enrolled,
    Event,
    Failed,
    Open,
    Opened,
    ReadClock,
    ReadLog,
    ReadSizes,
    Request,
    SetClock,
    Sizes,
)

MEMORY_BYTES = 256 << 20
"""Address space of this process at the most; a log of 300,000 records takes less than half of it."""
_RECEIVE = 1 << 16
_LOG, _USERS, _ALL_USERS = 13, 9, 5
_ATTENDANCE = 1
_WRITE_USER, _DELETE_USER = 8, 18
_REPLY = 1024
_UNREAD = -1


class Worker:
    """Serves requests until `Close`, the end of input, or the first failure."""

    def __init__(self, down: int, up: int) -> None:
        self._down = down
        self._up = up
        self._rest = b""
        self._line: Line | None = None
        self._device: Any = None
        self._requests = msgspec.json.Decoder(Request)

    def run(self) -> None:
        """Serve."""
        try:
            while (request := self._next_request()) is not None and not isinstance(request, Close):
                self._say(self._serve(request))
            if request is not None and self._device is not None:
                self._leave(request.within_s)
        except BrokenPipeError:
            return
        except Exception as error:  # noqa: BLE001 - the border: pyzk raises anything
            with contextlib.suppress(BrokenPipeError):
                self._say(told(error, opened=self._device is not None))

    def _say(self, answer: Answer) -> None:
        line = memoryview(msgspec.json.encode(answer) + b"\n")
        while line:
            line = line[os.write(self._up, line) :]

    def _next_request(self) -> Request | None:
        """Wait for a request, passing on live events meanwhile; None at the end of input."""
        while b"\n" not in self._rest:
            waiting: list[Any] = [self._down]
            if self._line is not None:
                self._line.take_events()
                waiting.append(self._line)
            ready, _, _ = select.select(waiting, [], [])
            if self._down in ready:
                received = os.read(self._down, _RECEIVE)
                if not received:
                    return None
                self._rest += received
        line, self._rest = self._rest.split(b"\n", 1)
        request: Request = self._requests.decode(line)
        return request

    def _on_event(self, event: frames.Frame) -> None:
        self._say(Event(code=event.session, content=event.data))

    def _serve(self, request: Request) -> Answer:
        if isinstance(request, Open):
            return self._open(request)
        if self._line is None:
            raise LineError("fault", "no session is open")
        self._line.within(request.within_s)
        if isinstance(request, ReadClock):
            return self._clock()
        if isinstance(request, SetClock):
            return self._set_clock(request)
        if isinstance(request, ReadSizes):
            return self._sizes()
        if isinstance(request, Enrol):
            return self._enrol(request)
        what = (_LOG,) if isinstance(request, ReadLog) else (_USERS, _ALL_USERS)
        return Dataset(content=self._device.read_with_buffer(*what)[0])

    def _open(self, request: Open) -> Opened:
        import zk.base  # noqa: PLC0415 - a missing driver is told in words, like every other failure

        zk.base.socket = partial(self._new_line, request)
        zk.base.make_commkey = frames.scramble
        device = zk.ZK(
            request.address,
            port=request.port,
            timeout=request.within_s,
            password=request.comm_key,
            force_udp=request.transport == "udp",
            ommit_ping=True,
        )
        device.helper = _NoProbe()
        device.connect()
        enabled = _agreed(device.enable_device)
        serial = device.get_serialnumber().strip()
        try:
            firmware = device.get_firmware_version().strip()
        except (zk.base.ZKErrorResponse, UnicodeDecodeError):
            firmware = ""
        live = request.live and _agreed(partial(device.reg_event, _ATTENDANCE))
        self._device = device
        return Opened(serial=serial, firmware=firmware, live=live, enabled=enabled)

    def _new_line(self, request: Open, family: int, kind: int) -> Line:
        if self._line is not None:
            self._line.close()
        self._line = Line(family, kind, self._on_event, lenient=request.lenient)
        self._line.within(request.within_s)
        return self._line

    def _clock(self) -> ClockShows:
        try:
            return ClockShows(wall=self._device.get_time())
        except ValueError:
            return ClockShows(wall=None)

    def _set_clock(self, request: SetClock) -> ClockShows:
        _agreed(partial(self._device.set_time, request.wall))  # what it shows then tells
        return self._clock()

    def _sizes(self) -> Sizes:
        device = self._device
        device.records = _UNREAD
        device.read_sizes()
        if min(device.records, device.users) < 0:
            raise LineError("read-rejected", "the terminal's answer with its sizes is too short")
        return Sizes(
            records=device.records,
            users=device.users,
            capacity=max(device.rec_cap, 0),
            templates=max(device.fingers, 0) + max(device.faces, 0),
        )

    def _enrol(self, request: Enrol) -> Enrolled:
        """Pyzk's own commands would pack slots as signed numbers, and guess the layout."""
        send = self._device._ZK__send_command  # noqa: SLF001 - as said
        written = sum(bool(send(_WRITE_USER, user, _REPLY)["status"]) for user in request.write)
        deleted = sum(bool(send(_DELETE_USER, struct.pack("<H", slot))["status"]) for slot in request.delete)
        self._device.refresh_data()
        return Enrolled(written=written, deleted=deleted)

    def _leave(self, within_s: float) -> None:
        if self._line is not None:
            self._line.within(within_s)
            self._device.disconnect()


def _agreed(ask: Callable[[], object]) -> bool:
    """Whether the terminal does what it is asked to."""
    import zk.exception  # noqa: PLC0415 - as above

    try:
        ask()
    except zk.exception.ZKErrorResponse:
        return False
    return True


class _NoProbe:
    """In place of pyzk's own probe, which would take the terminal's only place for a moment."""

    def test_tcp(self) -> int:
        """The terminal will answer; if not, connecting says why."""
        return 0


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (ModuleNotFoundError, "driver-missing"),
    (socket.gaierror, "name-unresolved"),
    (ConnectionRefusedError, "port-refused"),
    (OSError, "no-answer"),
)
"""What the root of a failure to open means."""


def told(error: Exception, *, opened: bool) -> Failed:
    """Say in a word and a line what went wrong, by its root: pyzk wraps errors, and leaks all kinds."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__context__) is not None:
        chain.append(cause)
    line = next((link for link in chain if isinstance(link, LineError)), None)
    if line is not None:
        return Failed(reason=line.reason, evidence=line.evidence)
    root = chain[-1]
    text = str(root) or type(root).__name__
    if text == "Unauthenticated":
        return Failed(reason="wrong-comm-key", evidence="the terminal refuses the comm key")
    if opened:
        return Failed(reason="read-rejected", evidence=f"{type(root).__name__}: {text}")
    word = next((word for kind, word in _WORDS if isinstance(root, kind)), "session-busy")
    return Failed(reason=word, evidence=text)


def main() -> None:
    """Be a worker. What pyzk prints goes nowhere: the channel is a copy of standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    up = os.dup(1)
    os.dup2(2, 1)
    Worker(sys.stdin.fileno(), up).run()


if __name__ == "__main__":
    main()
