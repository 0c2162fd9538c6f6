"""The frames of a terminal's protocol as its client sees them: cut, checked, built; and the comm key."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

OK = 2000
EVENT = 500
PREPARE = 1500
DATA = 1501
READ_BUFFER = 1504

_HEAD = struct.Struct("<4H")
_TOP = struct.Struct("<4sI")
_MAGIC = b"\x50\x50\x82\x7d"
_WORD = 0xFFFF
_LAST_REPLY = 0xFFFE
LONGEST = 4 << 20
"""Bytes of one frame at the most. The longest that pyzk asks for has 65,472 bytes of data."""


class NotAFrame(ValueError):
    """Bytes that no terminal sends: wrong mark, absurd length, too short, or a wrong checksum."""


class WrongChecksum(NotAFrame):
    """A frame in every respect but its checksum: damaged on the way, or by firmware that miscounts."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. `reply` joins an answer to its request; an event has its code in `session`."""

    command: int
    session: int
    reply: int
    data: bytes = b""

    def datagram(self) -> bytes:
        """The frame as UDP carries it."""
        bare = _HEAD.pack(self.command, 0, self.session, self.reply) + self.data
        return bare[:2] + (_folded(bare) ^ _WORD).to_bytes(2, "little") + bare[4:]

    def segment(self) -> bytes:
        """The frame as TCP carries it."""
        datagram = self.datagram()
        return _TOP.pack(_MAGIC, len(datagram)) + datagram

    def renumbered(self) -> "Frame":
        """The same request under the next reply number, so that late answers to this one can be told."""
        return replace(self, reply=0 if self.reply >= _LAST_REPLY else self.reply + 1)


def _folded(payload: bytes) -> int:
    even = payload if len(payload) % 2 == 0 else payload + b"\0"
    total: int = sum(struct.unpack(f"<{len(even) // 2}H", even))
    while total > _WORD:
        total = (total & _WORD) + (total >> 16)
    return total


def parse(datagram: bytes, *, lenient: bool = False) -> Frame:
    """Read one frame, or raise NotAFrame. A correct checksum makes all words together fold to ones.

    `lenient` takes a frame with a wrong checksum for what it says.
    """
    if len(datagram) < _HEAD.size:
        raise NotAFrame(f"a frame of {len(datagram)} bytes")
    if not lenient and _folded(datagram) != _WORD:
        raise WrongChecksum(f"a frame of {len(datagram)} bytes has a wrong checksum")
    command, _, session, reply = _HEAD.unpack_from(datagram)
    return Frame(command, session, reply, datagram[_HEAD.size :])


def unwrap(segment: bytes) -> bytes:
    """The datagram inside one whole TCP segment."""
    return segment[_TOP.size :]


class Stream:
    """Cuts what TCP brings into datagrams, however it was split or glued on the way."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Give the datagrams that are whole now. Raises NotAFrame where none can begin."""
        self._rest += received
        while len(self._rest) >= _TOP.size:
            magic, length = _TOP.unpack_from(self._rest)
            if magic != _MAGIC or not _HEAD.size <= length <= LONGEST:
                raise NotAFrame(f"{bytes(self._rest[: _TOP.size]).hex()} begins no frame")
            end = _TOP.size + length
            if len(self._rest) < end:
                return
            whole = bytes(self._rest[_TOP.size : end])
            del self._rest[:end]
            yield whole


def scramble(key: int, session: int, tick: int = 50) -> bytes:
    """The four bytes that prove the comm key `key` (0 to 2^32 - 1) to the terminal.

    The key's bits reversed plus the session number, in 32 bits that wrap; mixed with `ZKSO`; halves
    swapped; mixed with the tick, which stands in the third byte.
    """
    turned = int(f"{key:032b}"[::-1], 2)
    mixed = ((turned + session) & 0xFFFFFFFF).to_bytes(4, "little")
    _, b, c, d = (byte ^ mask for byte, mask in zip(mixed, b"ZKSO", strict=True))
    return bytes((c ^ tick, d ^ tick, tick, b ^ tick))
