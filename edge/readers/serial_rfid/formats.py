"""The formats of serial card readers: how long a frame is, what its check is, which card it holds.

| format | looks like | check |
| --- | --- | --- |
| `rdm6300` | STX, 10 hex digits, 2 of check, ETX | XOR of the five bytes |
| `id12` | the same with CR LF before ETX | XOR of the five bytes |
| `binary` | STX, length of the frame, type, 4, 5 or 7 bytes, check, ETX | XOR from length to the last byte |
| `idteck` | STX, 8 or 10 digits, ETX, check | XOR from STX to ETX |
| `ascii-line` | a line; `pattern` and `notation` say what is in it | none |
| `elatec` | a line of `:` and hex bytes | all bytes add up to 0 |
| `elatec-hid` | a line of hex: the number of bits, then the bits from the left | Wiegand parity |
| `hid-line` | a line of 14 hex digits: 6 bytes, then their sum | the sum's low byte, Wiegand parity |
"""

import re
from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import Literal

from edge.readers.card import CardProfile, Sight, Unread
from edge.readers.serial_rfid.frames import FramedFrames, Frames, LineFrames, Measure
from wire.card import Card, CardError, from_wiegand

Format = Literal["rdm6300", "id12", "binary", "idteck", "ascii-line", "elatec", "elatec-hid", "hid-line"]
FORMATS_OF_TEXT: frozenset[Format] = frozenset({"ascii-line", "idteck"})
"""These send digits whose notation the profile must say; the others send the card's bits."""

_ETX, _CR, _LF = 0x03, 0x0D, 0x0A
_HEX = frozenset(b"0123456789ABCDEFabcdef")
_DIGITS = frozenset(b"0123456789")
_EM_ETX = 13
_BINARY_LENGTHS = (9, 10, 12)
_IDTECK_ETX = (9, 11)
_HID_PREFIX_BIT = 37
_HID_LENGTHS = range(26, 37)
_ELATEC_LINE = re.compile(r":((?:[0-9A-Fa-f]{2}){4,11})")
_ELATEC_HID_LINE = re.compile(r"([0-9A-Fa-f]{2})([0-9A-Fa-f]{2,})")
_HID_LINE = re.compile(r"[0-9A-Fa-f]{14}")


def _em_length(frame: bytearray) -> int | None:
    """14 bytes, or 16 where CR LF stands before ETX; both readers are understood by either name."""
    if not _HEX.issuperset(frame[1:_EM_ETX]):
        return None
    if len(frame) <= _EM_ETX or frame[_EM_ETX] == _ETX:
        return _EM_ETX + 1
    tail = frame[_EM_ETX : _EM_ETX + 3]
    return _EM_ETX + 3 if bytes((_CR, _LF, _ETX)).startswith(tail) else None


def _em(frame: bytes, profile: CardProfile) -> Sight:
    raw = frame[1:11].decode()
    card, check = bytes.fromhex(raw), int(frame[11:_EM_ETX], 16)
    if reduce(xor, card) != check:
        return Unread("the check is wrong")
    return profile.bits(raw, Card(40, int.from_bytes(card, "big")), frame.hex())


def _binary_length(frame: bytearray) -> int | None:
    """The second byte counts the whole frame, STX included, in spite of what data sheets say."""
    if len(frame) == 1:
        return 2
    return frame[1] if frame[1] in _BINARY_LENGTHS else None


def _binary(frame: bytes, profile: CardProfile) -> Sight:
    card, check = frame[3:-2], frame[-2]
    if frame[-1] != _ETX or reduce(xor, frame[1:-2]) != check:
        return Unread("the check is wrong")
    return profile.bits(card.hex().upper(), Card(len(card) * 8, int.from_bytes(card, "big")), frame.hex())


def _idteck_length(frame: bytearray) -> int | None:
    digits = next((at for at, byte in enumerate(frame[1:]) if byte not in _DIGITS), len(frame) - 1)
    end = digits + 1
    if end == len(frame):
        return end + 1 if end <= max(_IDTECK_ETX) else None
    return end + 2 if frame[end] == _ETX and end in _IDTECK_ETX else None


def _idteck(frame: bytes, profile: CardProfile) -> Sight:
    if reduce(xor, frame[:-1]) != frame[-1]:
        return Unread("the check is wrong")
    return profile.text(frame[1:-2].decode(), frame.hex())


def _ascii(line: str, profile: CardProfile) -> Sight:
    return profile.text(line, line.encode().hex())


def _elatec(line: str, profile: CardProfile) -> Sight:
    found = _ELATEC_LINE.fullmatch(line)
    if found is None:
        return Unread("a line of another form")
    *card, _ = whole = bytes.fromhex(found[1])
    if sum(whole) % 256:
        return Unread("the check is wrong")
    return profile.bits(line, Card(len(card) * 8, int.from_bytes(card, "big")), line.encode().hex())


def _elatec_hid(line: str, profile: CardProfile) -> Sight:
    found = _ELATEC_HID_LINE.fullmatch(line)
    if found is None:
        return Unread("a line of another form")
    length, data = int(found[1], 16), f"{int(found[2], 16):0{len(found[2]) * 4}b}"
    if not 0 < length <= len(data) < length + 8 or "1" in data[length:]:
        return Unread("its bits are not as many as it says")
    return _wiegand(data[:length], line, profile)


def _hid_line(line: str, profile: CardProfile) -> Sight:
    if not _HID_LINE.fullmatch(line):
        return Unread("a line of another form")
    *body, check = bytes.fromhex(line)
    if sum(body) % 256 != check:
        return Unread("the check is wrong")
    value = int.from_bytes(body, "big") & ((1 << _HID_PREFIX_BIT) - 1)
    length = value.bit_length() - 1
    if length not in _HID_LENGTHS:
        return Unread("it has no known number of bits")
    return _wiegand(f"{value:b}"[1:], line, profile)


def _wiegand(bits: str, line: str, profile: CardProfile) -> Sight:
    try:
        card = from_wiegand(bits)
    except CardError as error:
        return Unread(str(error))
    return profile.bits(line, card, line.encode().hex())


_FRAMED: dict[Format, tuple[Measure, Callable[[bytes, CardProfile], Sight]]] = {
    "rdm6300": (_em_length, _em),
    "id12": (_em_length, _em),
    "binary": (_binary_length, _binary),
    "idteck": (_idteck_length, _idteck),
}
_LINES: dict[Format, Callable[[str, CardProfile], Sight]] = {
    "ascii-line": _ascii,
    "elatec": _elatec,
    "elatec-hid": _elatec_hid,
    "hid-line": _hid_line,
}


def frames_of(form: Format, profile: CardProfile) -> Frames:
    """A new parser for one format, whose cards are read by a profile."""
    if form in _LINES:
        read_line = _LINES[form]
        return LineFrames(lambda line: read_line(line, profile))
    measure, decode = _FRAMED[form]
    return FramedFrames(measure, lambda frame: decode(frame, profile))
