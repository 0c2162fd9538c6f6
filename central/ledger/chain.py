"""Owns the chain of the audit: the hash of a line covers the line itself and the hash of the one before it.

Whoever changes, adds or takes out a line in the middle would have to compute all later hashes anew, and then
the last one is no longer the one that somebody noted down.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import msgspec

BEGINNING = bytes(32)
"""What stands in the place of the hash before the first line."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the hash of a line covers. `at_us` is in microseconds since 1970, `detail` JSON as stored."""

    audit_id: int
    at_us: int
    actor: str
    verb: str
    subject: str
    detail: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line at which the chain does not hold."""

    audit_id: int
    reason: str


def link(before: bytes, line: Line) -> bytes:
    """The hash of a line: SHA-256 over the hash before, a JSON array of the first five parts, and the detail.

    The array has no line break, and one stands between it and the detail.
    """
    parts = (line.audit_id, line.at_us, line.actor, line.verb, line.subject)
    return sha256(before + msgspec.json.encode(parts) + b"\n" + line.detail).digest()


def follow(before: bytes, after: int, lines: Iterable[tuple[Line, bytes]]) -> tuple[int, bytes] | Broken:
    """Follow the chain from the line `after` with the hash `before` (0 and BEGINNING: from the start).

    Returns number and hash of the last line, or where it broke. `lines` come with their stored hashes, in
    the order of their numbers.
    """
    for line, stored in lines:
        if link(before, line) != stored:
            return Broken(line.audit_id, _reason(after, line.audit_id))
        before, after = stored, line.audit_id
    return after, before


def _reason(after: int, audit_id: int) -> str:
    if audit_id > after + 1:
        missing = f"line {after + 1}" if audit_id == after + 2 else f"lines {after + 1} to {audit_id - 1}"
        return f"its hash does not fit: it was changed, or {missing} before it taken out"
    return "its hash does not fit: it was changed, or put there later"
