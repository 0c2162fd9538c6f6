"""Finds the frames of serial card readers in a stream of bytes, whatever stands between them.

A parser is fed chunks of any size and gives the same sights for any cut of the same stream. After
garbage it finds the next sound frame. `settle` tells it that the line fell silent, which ends
whatever was left unfinished.
"""

from collections.abc import Callable
from typing import Protocol

from edge.readers.card import Seen, Sight, Unread

_STX = 0x02
_QUIET = b"\r\n\x00 "
_NOISE_LIMIT = 32
_LONGEST_LINE = 80

Measure = Callable[[bytearray], int | None]
"""How long a frame is that begins with these bytes (more than are there: wait), None if none can be."""


class Frames(Protocol):
    """A parser of one stream."""

    def feed(self, data: bytes) -> list[Sight]:
        """Take bytes as they come; give what they completed."""

    def settle(self) -> list[Sight]:
        """Give up what is unfinished: the line is silent."""


class FramedFrames:
    """Frames that begin with STX and carry their own end and checksum."""

    def __init__(self, measure: Measure, decode: Callable[[bytes], Sight]) -> None:
        self._measure = measure
        self._decode = decode
        self._buffer = bytearray()
        self._noise = bytearray()
        self._why = ""

    def feed(self, data: bytes) -> list[Sight]:
        """Take bytes; a byte that begins no sound frame is noise, and the search goes on behind it."""
        self._buffer += data
        return self._scan(final=False)

    def settle(self) -> list[Sight]:
        """Take the unfinished frame for noise, except what may stand whole inside it."""
        return self._scan(final=True) + self._noise_told()

    def _scan(self, *, final: bool) -> list[Sight]:
        sights: list[Sight] = []
        while self._buffer:
            length = self._measure(self._buffer) if self._buffer[0] == _STX else None
            if length is not None and length > len(self._buffer):
                if not final:
                    break
                length, self._why = None, self._why or "the frame is not complete"
            if length is not None:
                frame = bytes(self._buffer[:length])
                sight = self._decode(frame)
                if isinstance(sight, Seen) or sight.text:
                    sights += [*self._noise_told(), sight]
                    del self._buffer[:length]
                    continue
                self._why = self._why or sight.why
            self._noise.append(self._buffer.pop(0))
            if len(self._noise) == _NOISE_LIMIT:
                sights += self._noise_told()
        return sights

    def _noise_told(self) -> list[Sight]:
        noise, why = bytes(self._noise), self._why or "no frame begins here"
        self._noise.clear()
        self._why = ""
        return [Unread(f"{why}: {noise.hex(' ')}")] if noise.strip(_QUIET) else []


class LineFrames:
    """Lines of text that end with CR, LF or both."""

    def __init__(self, decode: Callable[[str], Sight]) -> None:
        self._decode = decode
        self._line = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[Sight]:
        """Take bytes; give a sight for each line that is not empty."""
        sights: list[Sight] = []
        for byte in data:
            if byte in b"\r\n":
                sights += self._ended()
                continue
            self._line.append(byte)
            if len(self._line) > _LONGEST_LINE:
                self._line.clear()
                self._too_long = True
                sights.append(Unread(f"more than {_LONGEST_LINE} bytes without the end of a line"))
        return sights

    def settle(self) -> list[Sight]:
        """A line without its end may lack digits: it is not read."""
        started = bool(self._line.strip(_QUIET)) and not self._too_long
        self._line.clear()
        self._too_long = False
        return [Unread("a line without its end")] if started else []

    def _ended(self) -> list[Sight]:
        line, too_long = bytes(self._line).strip(b" \t\x00\x02\x03"), self._too_long
        self._line.clear()
        self._too_long = False
        if too_long or not line:
            return []
        if not all(0x20 <= byte <= 0x7E for byte in line):  # noqa: PLR2004 - printable ASCII
            return [Unread(f"bytes that are no text: {line[:_NOISE_LIMIT].hex(' ')}")]
        return [self._decode(line.decode("ascii"))]
