"""Whole sessions with a terminal whose answers are damaged on the way: pyzk, our line to it, our worker."""

import contextlib
import functools
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import zk.base

from edge.readers.zkteco.reading import judge
from edge.readers.zkteco.records import decode_event, decode_users
from edge.readers.zkteco.talk import (
    Answer,
    Close,
    Dataset,
    Event,
    Failed,
    Open,
    ReadClock,
    ReadLog,
    ReadSizes,
    ReadUsers,
    Request,
)
from edge.readers.zkteco.worker import Worker
from simulators.terminal import Terminal
from simulators.terminal.frames import Frame, NotAFrame, Stream, parse
from tests.fuzz.scratch import scratch
from tests.fuzz.target import Target
from tests.fuzz.terminals import LOG, PEOPLE, WALL
from wire.reasons import NEXT_STEP

_WITHIN_S, _AT_MOST_S = 0.3, 3.0
_DAMAGE = struct.Struct("<BBHB")
"""Which answer, how it is damaged, where, and with what."""
_WAYS = 10


class _Wire:
    """Stands between client and terminal, and damages answers as its script says."""

    def __init__(self) -> None:
        self.script: dict[int, tuple[int, int, int]] = {}
        self._terminal = Terminal(users=PEOPLE, log=LOG, second_client="kick")
        self._terminal.start()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self._server.accept()
            with client, contextlib.suppress(OSError, NotAFrame):
                with socket.create_connection(("127.0.0.1", self._terminal.port)) as terminal:
                    up = threading.Thread(target=_passed_on, args=(client, terminal), daemon=True)
                    up.start()
                    self._answers(terminal, client)
                client.shutdown(socket.SHUT_RDWR)

    def _answers(self, terminal: socket.socket, client: socket.socket) -> None:
        stream, count = Stream(), 0
        while received := terminal.recv(65536):
            for datagram in stream.feed(received):
                for part in _damaged(datagram, self.script.get(count)):
                    client.sendall(part)
                count += 1


def _passed_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_RDWR)


def _damaged(datagram: bytes, damage: tuple[int, int, int] | None) -> Iterator[bytes]:
    """An answer as TCP brings it: whole, with a right checksum over wrong content, cut, doubled, or not."""
    frame = parse(datagram)
    assert frame is not None
    way, where, what = damage or (0, 0, 0)
    segment = frame.segment()
    place = where % len(segment)
    if damage is None:
        yield segment
    elif way % _WAYS < len(_FORGED):
        yield _FORGED[way % _WAYS](frame, where % (len(frame.data) + 1), where, what).segment()
    elif way % _WAYS == 5:
        yield segment[:place] + bytes((segment[place] ^ (what or 1),)) + segment[place + 1 :]
    elif way % _WAYS == 6:
        yield segment * (2 + what % 3)
    elif way % _WAYS == 7:
        yield segment[:place]
        raise OSError("cut")
    elif way % _WAYS == 8:
        yield Frame(500, 1, 0, frame.data[:what]).segment() + segment


_FORGED: tuple[Callable[[Frame, int, int, int], Frame], ...] = (
    lambda it, at, _, what: replace(it, data=it.data[:at] + bytes((what,)) + it.data[at + 1 :]),
    lambda it, at, _, __: replace(it, data=it.data[:at]),
    lambda it, _, where, what: replace(it, data=it.data + bytes((what,)) * (where % 5000)),
    lambda it, _, where, __: Frame(where, it.session, it.reply, it.data),
    lambda it, _, where, __: replace(it, reply=where),
)
"""Frames that are sound, and wrong: another byte, fewer, more, another command, another number."""


@functools.cache
def _wire() -> _Wire:
    return _Wire()


@functools.cache
def _within_s() -> float:
    """Patience with an answer: several times what a whole session takes on this machine, now."""
    _wire().script = {}
    began = time.monotonic()
    list(_held(_wire().port, _AT_MOST_S, lenient=False))
    return min(max(_WITHIN_S, 5 * (time.monotonic() - began)), _AT_MOST_S)


def session(data: bytes, *, lenient: bool = False) -> str:
    """Damages for the first answers; every request is answered, or the failure is told in a known word."""
    damages = _DAMAGE.iter_unpack(data[: len(data) // _DAMAGE.size * _DAMAGE.size])
    _wire().script = {which % 40: (way, where, what) for which, way, where, what in damages}
    answers = list(_held(_wire().port, _within_s(), lenient=lenient))
    told = []
    for answer in answers:
        told.append(type(answer).__name__)
        if isinstance(answer, Failed):
            assert answer.reason in NEXT_STEP
            assert answer.reason != "fault"
            told[-1] = answer.reason
        elif isinstance(answer, Dataset):
            judge(answer.content, len(LOG), len(LOG), WALL)
            decode_users(answer.content[4:], len(PEOPLE))
        elif isinstance(answer, Event):
            decode_event(answer.content)
    return " ".join(word for word in told if word != "Event")


def lenient_session(data: bytes) -> str:
    """The same where wrong checksums are taken: damaged bytes reach pyzk and all that is behind it."""
    return session(data, lenient=True)


def _held(port: int, within_s: float, *, lenient: bool) -> Iterator[Answer]:
    """What a worker says to the requests of one session."""
    opening = Open(
        address="127.0.0.1",
        port=port,
        transport="tcp",
        comm_key=0,
        live=True,
        within_s=within_s,
        lenient=lenient,
    )
    rest: list[Request] = [kind(within_s=within_s) for kind in (ReadClock, ReadSizes, ReadLog, ReadUsers)]
    down, ours = os.pipe()
    with (scratch() / "answers").open("w+b") as up:
        sockets, scramble = zk.base.socket, zk.base.make_commkey
        try:
            for request in (opening, *rest, Close(within_s=within_s)):
                os.write(ours, msgspec.json.encode(request) + b"\n")
            worker = Worker(down, up.fileno())
            worker.run()
        finally:
            zk.base.socket, zk.base.make_commkey = sockets, scramble
            os.close(down)
            os.close(ours)
            if worker._line is not None:  # noqa: SLF001 - its process would have ended here
                worker._line.close()  # noqa: SLF001
        up.seek(0)
        for line in up:
            yield msgspec.json.decode(line, type=Answer)


def seeds() -> list[bytes]:
    """A whole session, and one for each way of damage."""
    return [b"", *(_DAMAGE.pack(way % 7 + 3, way, 8, 0xFF) for way in range(_WAYS))]


TARGETS = (
    Target("terminal-session", session, seeds, "Dataset", longest=60, patience_s=20.0),
    Target("terminal-lenient", lenient_session, seeds, "Dataset", longest=60, patience_s=20.0),
)
