"""Decides whether a read of a terminal's log can be believed, whole or not at all, and in which layout."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise

from edge.readers.zkteco.records import SIZES, Layout, Odd, Record, decode

_FEW_ODD, _ODD_SHARE = 3, 0.05
_LONG_ENOUGH, _ZIGZAG_SHARE = 20, 0.2
_LAYOUT_SURE = 0.75
FILLING, NEARLY_FULL = 0.80, 0.95
"""Shares of a log's capacity."""
_TERMINALS_BEGIN = datetime(2002, 1, 1)  # noqa: DTZ001 - earlier dates are dead batteries
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing of this read may be used; `why` is one line of evidence."""

    why: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A whole log: `body` its bytes, `records` and `odd` together every record of it, oldest first."""

    body: bytes
    layout: Layout
    size: int
    records: list[Record]
    odd: list[Odd]

    @property
    def count(self) -> int:
        """How many records the log has."""
        return len(self.records) + len(self.odd)

    def raw(self, place: int) -> bytes:
        """The bytes of the record at a place."""
        return self.body[place * self.size : (place + 1) * self.size]

    def numbered(self) -> Iterator[tuple[Record, int]]:
        """Each record with its occurrence: 1, or 2, 3 ... among equal ones (same user, same second)."""
        seen: dict[tuple[str, int], int] = {}
        for record in self.records:
            key = record.user, record.stamp
            seen[key] = occurrence = seen.get(key, 0) + 1
            yield record, occurrence


def judge(
    dataset: bytes, before: int, after: int, clock: datetime, layout: Layout | None = None
) -> Accepted | Rejected:
    """Accept or reject what a terminal sent for its log.

    `dataset` is a number of bytes and the records. `before` and `after` are the record counts that the
    terminal told just before and just after the read; while people punch, `after` may be larger, and the
    log must have a count in between. `clock` is the terminal's own wall clock; `layout` what is known of
    this terminal from an earlier read.
    """
    declared = int.from_bytes(dataset[:4], "little")
    body = dataset[4:]
    if len(dataset) < 4 or declared != len(body):  # noqa: PLR2004 - the length field
        return Rejected(f"the terminal declared {declared} bytes and sent {len(body)}")
    if not 0 <= before <= after:
        return Rejected(f"the terminal counted {before} records before the read and {after} after it")
    if not body:
        if before > 0:
            return Rejected(f"the log reads as empty; the terminal counts {before} records")
        return Accepted(b"", layout or "40", 0, [], [])
    fitting = [size for size in SIZES if len(body) % size == 0 and before <= len(body) // size <= after]
    if len(fitting) != 1:
        return Rejected(f"{len(body)} bytes are no log of {_span(before, after)} records")
    read = _read(body, fitting[0], clock, layout)
    return read if isinstance(read, Rejected) else _check(read)


def _span(before: int, after: int) -> str:
    return str(before) if before == after else f"{before} to {after}"


def _read(body: bytes, size: int, clock: datetime, layout: Layout | None) -> Accepted | Rejected:
    layouts = SIZES[size]
    if layout in layouts:
        layouts = (layout,)
    reads = [Accepted(body, each, size, *decode(body, each)) for each in layouts]
    if len(reads) == 1:
        return reads[0]
    sense = [_sensible(read, clock) / read.count for read in reads]
    best = max(sense)
    if best < _LAYOUT_SURE or sense.count(best) > 1:
        told = ", ".join(f"{read.layout}: {share:.0%}" for read, share in zip(reads, sense, strict=True))
        return Rejected(f"it is not clear which layout the {reads[0].count} records have ({told} sensible)")
    return reads[sense.index(best)]


def _sensible(read: Accepted, clock: datetime) -> int:
    first = min(_TERMINALS_BEGIN, clock - _DAY)
    return sum(1 for record in read.records if first <= record.wall <= clock + _DAY)


def _check(read: Accepted) -> Accepted | Rejected:
    """The last look: a true log has few odd records, and its times run in one direction."""
    if len(read.odd) > max(_FEW_ODD, read.count * _ODD_SHARE):
        return Rejected(f"{len(read.odd)} of {read.count} records make no sense ({read.odd[0].why})")
    if read.count >= _LONG_ENOUGH:
        back = sum(1 for a, b in pairwise(read.records) if b.stamp < a.stamp)
        forth = sum(1 for a, b in pairwise(read.records) if b.stamp > a.stamp)
        if min(back, forth) > read.count * _ZIGZAG_SHARE:
            return Rejected(f"the times of {read.count} records jump back {back} times")
    return read


def fullness(records: int, capacity: int) -> str:
    """The word for a log that will soon lose its oldest records or refuse new ones, "" if it has room."""
    if capacity <= 0 or records < capacity * FILLING:
        return ""
    return "log-full" if records >= capacity * NEARLY_FULL else "log-filling"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a terminal's log is known: so many bytes of it, with this digest, in this layout."""

    length: int
    digest: str
    layout: Layout
    size: int

    @property
    def count(self) -> int:
        """Records known."""
        return self.length // self.size if self.size else 0

    @classmethod
    def of(cls, read: Accepted) -> "Mark":
        """The mark behind a whole log."""
        return cls(len(read.body), _digest(read.body), read.layout, read.size)

    def begins(self, read: Accepted) -> bool:
        """Whether the log still begins with what is known: then only its rest is new."""
        return (
            read.layout == self.layout
            and len(read.body) >= self.length
            and _digest(read.body[: self.length]) == self.digest
        )

    def to_text(self) -> str:
        """The mark as a reader's memo keeps it."""
        return f"{self.length} {self.digest} {self.layout} {self.size}"

    @classmethod
    def from_text(cls, text: str) -> "Mark | None":
        """The mark from a memo; None if there is none, or an unreadable one."""
        fields = text.split()
        layouts: dict[str, Layout] = {layout: layout for of_size in SIZES.values() for layout in of_size}
        if len(fields) != 4 or not (fields[0].isdigit() and fields[3].isdigit()):  # noqa: PLR2004
            return None
        layout = layouts.get(fields[2])
        return None if layout is None else cls(int(fields[0]), fields[1], layout, int(fields[3]))


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()
