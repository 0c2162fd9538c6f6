"""One client's session: what the terminal answers to each request. No network."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from simulators.terminal.faults import Faults
from simulators.terminal.frames import Command, Frame, scramble
from simulators.terminal.records import IMPOSSIBLE, decode_user, pack_time, unpack_time
from simulators.terminal.state import State

INLINE_LIMIT = 1000
"""Bytes of a dataset that still come at once in answer to PREPARE_BUFFER ("about 1 kB")."""
_EMPTY = b"\0\0\0\0"
_BUFFER_STAT = struct.Struct("<BIII")
_BUFFER_WANTED = struct.Struct("<bhii")
_CHUNK = struct.Struct("<II")
_OLD_STYLE = (Command.READ_LOG, Command.READ_DATA)
_ALWAYS_OK = (
    Command.START_VERIFY,
    Command.CANCEL_CAPTURE,
    Command.REFRESH_DATA,
    Command.REFRESH_OPTIONS,
)
_ATTENDANCE = 1


@dataclass(slots=True)
class Session:
    """What the terminal knows of its client.

    `piece` is how many bytes one DATA frame carries. `bystander` lets somebody punch at the terminal.
    `ended` turns true when the client leaves, `restarting` when it asked for a restart.
    """

    number: int
    state: State
    faults: Faults
    comm_key: int
    piece: int
    bystander: Callable[[], object]
    authorised: bool = False
    event_mask: int = 0
    ended: bool = False
    restarting: bool = False
    _buffer: bytes = b""
    _held: list[Frame] = field(default_factory=list)
    _others: dict[int, Callable[[Frame], Iterator[Frame]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._others = {
            Command.PREPARE_BUFFER: self._prepare,
            Command.READ_BUFFER: self._read,
            Command.READ_OPTION: self._option,
            Command.WRITE_OPTION: self._write_option,
            Command.WRITE_USER: self._write_user,
            Command.DELETE_USER: self._delete_user,
            Command.SIZES: self._sizes,
            Command.GET_TIME: self._get_time,
            Command.SET_TIME: self._set_time,
        }

    @property
    def wants_events(self) -> bool:
        """Whether punches are to be pushed to this client."""
        return self.authorised and bool(self.event_mask & _ATTENDANCE)

    def answer(self, request: Frame) -> Iterator[Frame]:
        """The frames that answer a request, one after another."""
        self.state.heard[request.command] += 1
        late, self._held = self._held, []
        if self.authorised and self.faults.take("stale-reply"):
            self._held = list(self._answer(request))
        yield from late
        if not self._held:
            yield from self._answer(request)

    def _answer(self, request: Frame) -> Iterator[Frame]:
        command = request.command
        if command == Command.CONNECT:
            self.authorised = self.authorised or self.comm_key == 0
            yield self._plain(request, Command.OK if self.authorised else Command.UNAUTHORISED)
        elif command == Command.AUTH:
            self.authorised = self._knows_key(request.data)
            yield self._plain(request, Command.OK if self.authorised else Command.UNAUTHORISED)
        elif command == Command.OK:
            return  # the client acknowledges an event
        elif not self.authorised or request.session != self.number:
            yield self._plain(request, Command.UNAUTHORISED)
        elif command in self._others:
            yield from self._others[command](request)
        elif command in _OLD_STYLE:
            yield from self._in_pieces(request, self._dataset(command))
        elif command == Command.VERSION:
            yield self._plain(request, Command.OK, self.state.firmware.encode() + b"\0")
        else:
            yield self._plain(request, Command.OK if self._obey(request) else Command.UNKNOWN)

    def _obey(self, request: Frame) -> bool:
        """Do what needs no more answer than OK; False if there is no such request."""
        command = request.command
        if command == Command.EXIT:
            self.ended = True
        elif command in (Command.RESTART, Command.POWER_OFF):
            self.ended = self.restarting = True
        elif command == Command.ENABLE and self.faults.take("stays-disabled"):
            return False
        elif command in (Command.ENABLE, Command.DISABLE):
            self.state.disabled = command == Command.DISABLE
        elif command == Command.EVENT:
            self.event_mask = int.from_bytes(request.data[:4], "little")
        elif command == Command.FREE_BUFFER:
            self._buffer = b""
        elif command in (Command.CLEAR_LOG, Command.CLEAR_ALL):
            self.state.clear_log()
            if command == Command.CLEAR_ALL:
                self.state.users.clear()
        else:
            return command in _ALWAYS_OK
        return True

    def _plain(self, request: Frame, code: int, data: bytes = b"") -> Frame:
        return Frame(code, self.number, request.reply, data)

    def _knows_key(self, secret: bytes) -> bool:
        return len(secret) == 4 and secret == scramble(self.comm_key, self.number, secret[2])  # noqa: PLR2004

    def _dataset(self, dataset: int) -> bytes | None:
        if dataset == Command.READ_LOG:
            if self.faults.take("punch-between"):
                self.bystander()
            return _EMPTY if self.faults.take("empty-log") else self.state.log_bytes()
        return self.state.user_bytes() if dataset == Command.READ_DATA else None

    def _prepare(self, request: Frame) -> Iterator[Frame]:
        if len(request.data) != _BUFFER_WANTED.size:
            yield self._plain(request, Command.ERROR)
            return
        _, dataset, _kind, _ = _BUFFER_WANTED.unpack(request.data)
        content = self._dataset(dataset)
        if content is None:
            yield self._plain(request, Command.ERROR)
        elif len(content) <= INLINE_LIMIT:
            yield self._plain(request, Command.DATA, content)
        else:
            self._buffer = content
            size = len(content)
            yield self._plain(request, Command.OK, _BUFFER_STAT.pack(0, size, size, 0))

    def _read(self, request: Frame) -> Iterator[Frame]:
        if len(request.data) != _CHUNK.size or not self._buffer:
            yield self._plain(request, Command.ERROR)
            return
        start, length = _CHUNK.unpack(request.data)
        yield from self._in_pieces(request, self._buffer[start : start + length])

    def _in_pieces(self, request: Frame, content: bytes | None) -> Iterator[Frame]:
        if content is None:
            yield self._plain(request, Command.ERROR)
            return
        yield self._plain(request, Command.PREPARE, _CHUNK.pack(len(content), 0))
        for at in range(0, len(content), self.piece):
            yield self._plain(request, Command.DATA, content[at : at + self.piece])
        yield self._plain(request, Command.OK)

    def _option(self, request: Frame) -> Iterator[Frame]:
        name = request.data.split(b"\0", 1)[0].decode(errors="replace")
        value = self.state.option(name)
        if value is None:
            yield self._plain(request, Command.ERROR)
        else:
            yield self._plain(request, Command.OK, f"{name}={value}".encode() + b"\0")

    def _write_option(self, request: Frame) -> Iterator[Frame]:
        name, _, value = request.data.split(b"\0", 1)[0].decode(errors="replace").partition("=")
        self.state.options[name] = value
        yield self._plain(request, Command.OK)

    def _write_user(self, request: Frame) -> Iterator[Frame]:
        user = decode_user(request.data)
        if user is not None:
            self.state.add(user)
        yield self._plain(request, Command.ERROR if user is None else Command.OK)

    def _delete_user(self, request: Frame) -> Iterator[Frame]:
        uid = int.from_bytes(request.data[:2], "little")
        known = self.state.forget(uid)
        yield self._plain(request, Command.ERROR if known is None else Command.OK)

    def _sizes(self, request: Frame) -> Iterator[Frame]:
        sizes = self.state.sizes()
        if self.faults.take("sizes-zero"):
            sizes = sizes[:32] + bytes(4) + sizes[36:]
        yield self._plain(request, Command.OK, sizes[:40] if self.faults.take("sizes-short") else sizes)

    def _get_time(self, request: Frame) -> Iterator[Frame]:
        shown = IMPOSSIBLE if self.faults.take("clock-impossible") else pack_time(self.state.clock())
        yield self._plain(request, Command.OK, shown.to_bytes(4, "little"))

    def _set_time(self, request: Frame) -> Iterator[Frame]:
        try:
            wall = unpack_time(int.from_bytes(request.data[:4], "little"))
            if not self.faults.on("clock-stuck"):
                self.state.set_clock(wall)
        except ValueError:
            yield self._plain(request, Command.ERROR)
        else:
            yield self._plain(request, Command.OK)
