"""The account of a reader's day: which punches belong to a day, and the tally by which sides compare them.

A punch belongs to the day of the time with which its id begins, read as UTC. For a terminal that is the date
that its own clock printed; for a reader without memory it is the UTC date at which the edge read it. So
everybody who holds an id knows its day, without a zone, a setting or the punch itself, and a time that is
repaired later moves nothing: the repair stands beside the punch, and its id stays. The ids of a day are one
range, so a tally is one walk along an index.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import blake2b
from itertools import groupby
from typing import Annotated

import msgspec

ID_BYTES = 16
WINDOW_DAYS = 35
"""Both sides count the days of the last five weeks again and again; older ones when something changes."""
_MS_PER_DAY = 86_400_000
FIRST_DAY = date(1970, 1, 1)
"""Ids have no time before it."""
_EPOCH = FIRST_DAY.toordinal()
_BEYOND = b"\xff" * (ID_BYTES + 1)
"""Behind every id."""

TallyHash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many punches, and BLAKE2b with 16 bytes of digest over their ids, 16 bytes each, ascending."""

    count: Annotated[int, msgspec.Meta(ge=0)]
    hash: TallyHash


class DayTally(msgspec.Struct, frozen=True, array_like=True):
    """The tally of one day."""

    day: date
    count: Annotated[int, msgspec.Meta(ge=0)]
    hash: TallyHash

    @property
    def tally(self) -> Tally:
        """The same without the day."""
        return Tally(count=self.count, hash=self.hash)


def day_of(punch_id: bytes) -> date:
    """The day that a punch belongs to, by the 16 bytes of its id; at the most the last of the calendar."""
    ordinal = _EPOCH + int.from_bytes(punch_id[:6], "big") // _MS_PER_DAY
    return date.fromordinal(min(ordinal, date.max.toordinal()))


def ids_between(first: date, last: date) -> tuple[bytes, bytes]:
    """The ids of all days from `first` to `last`: at least the one and less than the other.

    Days before 1970 hold no id.
    """
    return _beginning(first.toordinal()), _beginning(last.toordinal() + 1)


def _beginning(ordinal: int) -> bytes:
    if ordinal > date.max.toordinal():
        return _BEYOND
    return (max(ordinal - _EPOCH, 0) * _MS_PER_DAY).to_bytes(6, "big") + bytes(ID_BYTES - 6)


def tally(ids: Iterable[bytes]) -> Tally:
    """The tally of ids that come in ascending order, each once; raises ValueError for others."""
    digest, count, before = blake2b(digest_size=16), 0, b""
    for punch_id in ids:
        if punch_id <= before:
            raise ValueError(f"{punch_id.hex()} comes behind {before.hex()}")
        digest.update(punch_id)
        count, before = count + 1, punch_id
    return Tally(count=count, hash=digest.hexdigest())


EMPTY = tally(())
"""The tally of a day without punches."""


def by_day(ids: Iterable[bytes]) -> Iterator[tuple[date, Tally]]:
    """The tally of each day that has any, of ids in ascending order; raises ValueError for others."""
    for day, theirs in groupby(ids, day_of):
        yield day, tally(theirs)
