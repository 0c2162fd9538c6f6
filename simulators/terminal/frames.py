"""The frames of port 4370: one message over TCP or UDP, its checksum, and the scramble of the comm key."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_HEAD = struct.Struct("<4H")
_TOP = struct.Struct("<4sI")
_MAGIC = b"\x50\x50\x82\x7d"
_LONGEST = 1 << 20
_MASK_32 = 0xFFFFFFFF


class Command(IntEnum):
    """What the two sides say to each other."""

    WRITE_USER = 8
    READ_DATA = 9
    READ_OPTION = 11
    WRITE_OPTION = 12
    READ_LOG = 13
    CLEAR_ALL = 14
    CLEAR_LOG = 15
    DELETE_USER = 18
    SIZES = 50
    START_VERIFY = 60
    CANCEL_CAPTURE = 62
    GET_TIME = 201
    SET_TIME = 202
    EVENT = 500
    CONNECT = 1000
    EXIT = 1001
    ENABLE = 1002
    DISABLE = 1003
    RESTART = 1004
    POWER_OFF = 1005
    REFRESH_DATA = 1013
    REFRESH_OPTIONS = 1014
    VERSION = 1100
    AUTH = 1102
    PREPARE = 1500
    DATA = 1501
    FREE_BUFFER = 1502
    PREPARE_BUFFER = 1503
    READ_BUFFER = 1504
    OK = 2000
    ERROR = 2001
    UNAUTHORISED = 2005
    UNKNOWN = 0xFFFF


class NotAFrame(ValueError):
    """Bytes that cannot begin a frame: whoever sent them speaks something else."""


def checksum(payload: bytes) -> int:
    """The ones' complement of the folded sum of the payload's 16-bit little-endian words."""
    even = payload if len(payload) % 2 == 0 else payload + b"\0"
    total: int = sum(struct.unpack(f"<{len(even) // 2}H", even))
    while total > 0xFFFF:  # noqa: PLR2004 - a word
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. `session` of a pushed event holds the event's code."""

    command: int
    session: int
    reply: int
    data: bytes = b""

    def datagram(self) -> bytes:
        """The frame as UDP carries it."""
        bare = _HEAD.pack(self.command, 0, self.session, self.reply) + self.data
        return bare[:2] + checksum(bare).to_bytes(2, "little") + bare[4:]

    def segment(self) -> bytes:
        """The frame as TCP carries it: mark and length before it."""
        datagram = self.datagram()
        return _TOP.pack(_MAGIC, len(datagram)) + datagram


def parse(datagram: bytes) -> Frame | None:
    """Read one frame; None if it is cut short or its checksum is wrong."""
    if len(datagram) < _HEAD.size or checksum(datagram) != 0:
        return None
    command, _, session, reply = _HEAD.unpack_from(datagram)
    return Frame(command, session, reply, datagram[_HEAD.size :])


class Stream:
    """Cuts what TCP brings into datagrams, however it was split or glued on the way."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Give the frames that are whole now. Raises NotAFrame where none can begin."""
        self._rest += received
        while len(self._rest) >= _TOP.size:
            magic, length = _TOP.unpack_from(self._rest)
            if magic != _MAGIC or length > _LONGEST:
                raise NotAFrame(self._rest[: _TOP.size].hex())
            end = _TOP.size + length
            if len(self._rest) < end:
                return
            whole, self._rest = self._rest[_TOP.size : end], self._rest[end:]
            yield whole


def scramble(key: int, session: int, tick: int) -> bytes:
    """What a client that knows the comm key sends after CONNECT: four bytes, the third is the tick."""
    turned = int(f"{key & _MASK_32:032b}"[::-1], 2)
    mixed = ((turned + session) & _MASK_32).to_bytes(4, "little")
    _, b, c, d = (byte ^ mask for byte, mask in zip(mixed, b"ZKSO", strict=True))
    return bytes((c ^ tick, d ^ tick, tick, b ^ tick))
