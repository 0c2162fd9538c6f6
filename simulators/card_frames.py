"""Writes what card readers send for a card of ten hex digits: frames of serial readers, typed numbers.

It knows the readers' data sheets and nothing of how Punchwire reads them, so that each checks the other.
"""

from collections.abc import Callable

_STX, _ETX = b"\x02", b"\x03"


def _xor(data: bytes) -> int:
    check = 0
    for byte in data:
        check ^= byte
    return check


def _low(card: str, size: int) -> int:
    return int.from_bytes(bytes.fromhex(card)[-size:], "big")


def _checked_hex(card: str) -> bytes:
    return f"{card}{_xor(bytes.fromhex(card)):02X}".encode()


def _binary(card: str) -> bytes:
    body = bytes((10, 2)) + bytes.fromhex(card)
    return _STX + body + bytes((_xor(body),)) + _ETX


def _idteck(card: str) -> bytes:
    body = _STX + f"{_low(card, 4):010d}".encode() + _ETX
    return body + bytes((_xor(body),))


def _elatec(card: str) -> bytes:
    check = -sum(bytes.fromhex(card)) % 256
    return f":{card}{check:02X}\r\n".encode()


def wiegand26(card: str) -> str:
    """The low 24 bits between an even and an odd parity bit, as binary digits."""
    data = f"{_low(card, 3):024b}"
    return f"{data[:12].count('1') % 2}{data}{(data[12:].count('1') + 1) % 2}"


def _elatec_hid(card: str) -> bytes:
    return f"1A{int(wiegand26(card), 2) << 6:08X}\r".encode()


def _hid_line(card: str) -> bytes:
    body = int("1" + wiegand26(card), 2).to_bytes(6, "big")
    return f"{body.hex()}{sum(body) % 256:02x}\r".upper().encode()


FRAMES: dict[str, Callable[[str], bytes]] = {
    "rdm6300": lambda card: _STX + _checked_hex(card) + _ETX,
    "id12": lambda card: _STX + _checked_hex(card) + b"\r\n" + _ETX,
    "binary": _binary,
    "idteck": _idteck,
    "ascii-line": lambda card: f"{_low(card, 4):010d}\r\n".encode(),
    "elatec": _elatec,
    "elatec-hid": _elatec_hid,
    "hid-line": _hid_line,
}
"""One frame for a card, by the name of the format; `ascii-line` and `idteck` show ten decimal digits."""

NUMBERS: dict[str, Callable[[str], str]] = {
    "10D": lambda card: f"{_low(card, 4):010d}",
    "8D": lambda card: f"{_low(card, 3):08d}",
    "10H": lambda card: card,
    "8H": lambda card: card[2:],
    "3+5": lambda card: f"{_low(card, 3) >> 16:03d},{_low(card, 2):05d}",
}
"""What a keyboard reader types for a card, by notation."""
