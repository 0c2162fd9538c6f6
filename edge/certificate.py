"""Reads from a certificate what a person needs to know of it: from when to when it is valid.

A certificate that failed its check is not decoded by the standard library; so the few bytes
of DER that hold the two times are read here.
"""

import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

_SEQUENCE, _UTC_TIME, _LONG_TIME, _VERSION = 0x30, 0x17, 0x18, 0xA0
_LONG_FORM = 0x80
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_BEFORE_VALIDITY = 3
"""Serial number, algorithm and issuer."""
_DIGITS = len("20260511033000")
_PIVOT = 50
"""Years of two digits below this are 20xx (RFC 5280, 4.1.2.5.1)."""


class NotACertificate(ValueError):
    """The bytes are no X.509 certificate."""


@dataclass(frozen=True, slots=True)
class Validity:
    """When a certificate begins and ends, UTC."""

    begins: datetime
    ends: datetime

    def __str__(self) -> str:
        return f"valid from {self.begins:%Y-%m-%d %H:%M} to {self.ends:%Y-%m-%d %H:%M} UTC"


def validity(der: bytes) -> Validity:
    """The validity of a certificate in DER. Raises NotACertificate."""
    try:
        certificate = _items(_inside(der, _SEQUENCE))
        fields = _items(_inside_of(certificate[0], _SEQUENCE))
        skipped = _BEFORE_VALIDITY + (fields[0][0] == _VERSION)
        begins, ends = _items(_inside_of(fields[skipped], _SEQUENCE))
        return Validity(_time(begins), _time(ends))
    except (IndexError, ValueError) as error:
        raise NotACertificate(str(error)) from error


def of_pem(text: str) -> Validity:
    """The validity of the first certificate in the text of a file. Raises NotACertificate."""
    _, _, behind = text.partition(_BEGIN)
    body, end, _ = behind.partition(_END)
    if not end:
        raise NotACertificate("no certificate in it")
    try:
        der = binascii.a2b_base64(body)
    except ValueError as error:
        raise NotACertificate(str(error)) from error
    return validity(der)


_Item = tuple[int, bytes]


def _items(content: bytes) -> list[_Item]:
    """The tagged items that stand one behind the other."""
    found: list[_Item] = []
    while content:
        tag, length, head = content[0], content[1], 2
        if length >= _LONG_FORM:
            size = length - _LONG_FORM
            length, head = int.from_bytes(content[2 : 2 + size], "big"), 2 + size
        if head + length > len(content):
            raise ValueError("an item is longer than what holds it")
        found.append((tag, content[head : head + length]))
        content = content[head + length :]
    return found


def _inside(content: bytes, tag: int) -> bytes:
    return _inside_of(_items(content)[0], tag)


def _inside_of(item: _Item, tag: int) -> bytes:
    if item[0] != tag:
        raise ValueError(f"tag {item[0]:#x} where {tag:#x} belongs")
    return item[1]


def _time(item: _Item) -> datetime:
    tag, content = item
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        text = ("20" if int(text[:2]) < _PIVOT else "19") + text
    elif tag != _LONG_TIME:
        raise ValueError("no time")
    digits = text.removesuffix("Z")
    if len(digits) != _DIGITS or len(text) == _DIGITS or not digits.isdecimal():
        raise ValueError("no time")
    month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, _DIGITS, 2))
    return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
