"""The line to a terminal that pyzk is given in place of a plain socket: it sees to what pyzk does not.

Only whole and checked frames get through (`endpoint`), events are taken out, late answers are dropped, a
deadline spans the whole operation, and lost datagrams are asked for again.
"""

import contextlib
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from edge.readers.zkteco import frames
from edge.readers.zkteco.endpoint import Endpoint
from edge.readers.zkteco.frames import Frame

_FIRST_PATIENCE_S, _LONGEST_PATIENCE_S = 0.4, 3.0
"""How long an answer over UDP is waited for before the question is sent again; doubled each time."""
_LAST_CALL_S = 0.05
"""How long data is waited for once the terminal has said that all of it was sent."""
_DATAGRAM = 1024
"""Bytes of a log that are asked for at once over UDP: what fits one datagram cannot be out of order."""
_CHUNK = struct.Struct("<II")


class Line:
    """Stands in for `socket.socket(family, kind)`; has the methods that pyzk calls, and no others.

    `on_event` gets each live event. `within` gives the next operation its time. `lenient` takes frames with
    wrong checksums.
    """

    def __init__(
        self, family: int, kind: int, on_event: Callable[[Frame], None], *, lenient: bool = False
    ) -> None:
        self._end = Endpoint(family, kind, lenient=lenient)
        self._tcp = self._end.tcp
        self._on_event = on_event
        self._deadline = time.monotonic()
        self._arrived: deque[Frame] = deque()
        self._ready: deque[bytes] = deque()
        self._request = Frame(0, 0, 0)
        self._replies: set[int] = set()

    # what the worker uses

    def within(self, seconds: float) -> None:
        """Give the operation that begins now so much time, however many messages it takes."""
        self._deadline = time.monotonic() + seconds

    def fileno(self) -> int:
        """The descriptor, to wait for events."""
        return self._end.fileno()

    def take_events(self) -> None:
        """Pass on the events that came while nobody asked for anything. Raises LineError if it broke."""
        self._ready.clear()
        self._end.patience(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._arrived.extend(self._end.receive())
        while self._arrived:
            self._sort_out(self._arrived.popleft())

    # what pyzk uses

    def settimeout(self, seconds: float) -> None:
        """The operation's own deadline rules; the time that pyzk would give a single message does not."""

    def connect_ex(self, address: tuple[str, int]) -> int:
        """Connect, or raise: pyzk does not look at the result."""
        self._end.connect(address, self._remaining())
        return 0

    def send(self, segment: bytes) -> int:
        """Send a request over TCP."""
        self._ready.clear()
        request = frames.parse(frames.unwrap(segment))
        self._ask(request, {request.reply})
        return len(segment)

    def sendto(self, datagram: bytes, address: tuple[str, int]) -> int:
        """Take a request for UDP; it goes out when its answer is asked for."""
        if not self._end.connected:
            self.connect_ex(address)
        self._ready.clear()
        self._request = frames.parse(datagram)
        return len(datagram)

    def recv(self, size: int) -> bytes:
        """The next part of the answer: over TCP never more than one frame at a time."""
        if not self._ready:
            if self._tcp:
                self._ready.append(self._next_answer(self._deadline).segment())
            elif self._request.command == frames.READ_BUFFER:
                self._ready.extend(answer.datagram() for answer in self._read_buffer(self._request))
            else:
                self._ready.append(self._insist(self._request).datagram())
        part = self._ready.popleft()
        if self._tcp and len(part) > size:
            self._ready.appendleft(part[size:])
        return part[:size]

    def close(self) -> None:
        """Close it."""
        self._end.close()

    # requests and answers

    def _ask(self, request: Frame, replies: set[int]) -> None:
        self._request = request
        self._replies = replies
        self._end.patience(self._remaining())
        self._end.put(request)

    def _insist(self, request: Frame, wanted: int | None = None) -> Frame:
        """The answer over UDP, asked for until it comes; with `wanted`, a DATA of so many bytes."""
        attempts: set[int] = set()
        patience = _FIRST_PATIENCE_S
        while True:
            attempts.add(request.reply)
            self._ask(request, attempts)
            until = min(time.monotonic() + patience, self._deadline)
            try:
                answer = self._next_answer(until)
                while wanted is not None and _is_beside(answer, wanted):
                    if answer.command == frames.OK:
                        until = min(until, time.monotonic() + _LAST_CALL_S)
                    answer = self._next_answer(until)
            except _Silence:
                self._remaining()
                request = request.renumbered()
                patience = min(patience * 2, _LONGEST_PATIENCE_S)
            else:
                return replace(answer, reply=request.reply)

    def _read_buffer(self, request: Frame) -> list[Frame]:
        """A chunk of a bulk read over UDP, a datagram at a time, put together as pyzk expects it."""
        start, length = _CHUNK.unpack(request.data)
        answers: list[Frame] = []
        for at in range(0, length, _DATAGRAM):
            piece = min(_DATAGRAM, length - at)
            answer = self._insist(replace(request, data=_CHUNK.pack(start + at, piece)), wanted=piece)
            if answer.command != frames.DATA:
                return [answer]
            answers.append(answer)
            request = replace(request, reply=answer.reply).renumbered()
        announced = Frame(frames.PREPARE, request.session, request.reply, _CHUNK.pack(length, 0))
        return [announced, *answers, Frame(frames.OK, request.session, request.reply)]

    def _next_answer(self, until: float) -> Frame:
        """The next frame that answers the request; raises when nothing comes until then."""
        while True:
            while not self._arrived:
                left = until - time.monotonic()
                if left <= 0 and self._tcp:
                    self._end.give_up()
                if left <= 0:
                    raise _Silence
                self._end.patience(left)
                try:
                    self._arrived.extend(self._end.receive())
                except TimeoutError:
                    continue
            frame = self._arrived.popleft()
            if self._sort_out(frame):
                self._end.heard = True
                return frame

    def _sort_out(self, frame: Frame) -> bool:
        """Whether a frame answers the request; an event is passed on, a late answer dropped."""
        if frame.command == frames.EVENT:
            self._on_event(frame)
            self._end.put(Frame(frames.OK, self._request.session, frame.reply))
            return False
        return frame.reply in self._replies

    def _remaining(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._end.give_up()
        return left


def _is_beside(answer: Frame, wanted: int) -> bool:
    """Whether a frame only stands before or behind the data that was asked for, or is the wrong data."""
    if answer.command == frames.DATA:
        return len(answer.data) != wanted
    return answer.command in (frames.PREPARE, frames.OK)


class _Silence(Exception):
    """Nothing came in time; ask again."""
