"""Stretches: what central holds of a reader's days, so that a reader tells only where it holds others.

The days that a re-read is about are cut into stretches of a few hundred punches, each with its number of
punches and a hash. Both sides compute them: the hash is BLAKE2b with 16 bytes of digest over the lines of the
punches, ascending; a line is the 16 bytes of the punch id, and the codes `direction/verify` in decimal,
nothing for a code that is missing, and a line feed. So equal stretches hold the same punches with the same
codes, and none of them has to travel.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import blake2b
from itertools import groupby
from typing import Annotated

import msgspec

from wire.account import ID_BYTES, TallyHash, day_of
from wire.punch import Punch

STRETCH_PUNCHES = 500
"""A stretch ends with the day on which it reaches so many."""


class Stretch(msgspec.Struct, frozen=True, array_like=True):
    """The punches of the days behind the stretch before, or of all days, up to `last`.

    The last of several stretches holds whatever comes behind, too.
    """

    last: date
    count: Annotated[int, msgspec.Meta(ge=0)]
    hash: TallyHash


def line(punch_id: bytes, direction_code: int | None, verify_code: int | None) -> bytes:
    """What of a punch counts in a stretch."""
    direction = "" if direction_code is None else direction_code
    verify = "" if verify_code is None else verify_code
    return punch_id + f"{direction}/{verify}\n".encode()


def line_of(punch: Punch) -> bytes:
    """The line of a punch as it travels."""
    return line(bytes.fromhex(punch.punch_id), punch.direction_code, punch.verify_code)


def stretch(last: date, lines: Iterable[bytes]) -> Stretch:
    """The stretch up to `last` of lines in any order, each once."""
    digest, count = blake2b(digest_size=16), 0
    for one in sorted(lines):
        digest.update(one)
        count += 1
    return Stretch(last, count, digest.hexdigest())


def stretches(lines: Iterable[bytes], last: date, each: int = STRETCH_PUNCHES) -> list[Stretch]:
    """All lines, ascending, cut into stretches of `each` or a few more; the last reaches `last` at least."""
    found: list[Stretch] = []
    pending: list[bytes] = []
    end = last
    for end, theirs in groupby(lines, _day):
        pending += theirs
        if len(pending) >= each:
            found.append(stretch(end, pending))
            pending = []
    if pending or not found:
        found.append(stretch(max(end, last), pending))
    return found


def place(known: Sequence[Stretch], punch_id: bytes) -> int:
    """The place of the stretch that a punch belongs to."""
    return min(bisect_left(known, day_of(punch_id), key=_last), len(known) - 1)


def differing(known: Sequence[Stretch], lines: Iterable[bytes]) -> list[int]:
    """The places of the stretches that hold other lines than these."""
    ours: list[list[bytes]] = [[] for _ in known]
    for one in lines:
        ours[place(known, one[:ID_BYTES])].append(one)
    return [at for at, one in enumerate(known) if one != stretch(one.last, ours[at])]


def _day(one: bytes) -> date:
    return day_of(one[:ID_BYTES])


def _last(one: Stretch) -> date:
    return one.last
