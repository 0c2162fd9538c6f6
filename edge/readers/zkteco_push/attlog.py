"""Reads the lines of an uploaded attendance log one by one, and makes punches of them.

Equal records (same PIN, same second) are numbered within one body: a terminal that logged two sends both
together, and a log read by port 4370 numbers them the same. Across bodies an equal line is the same
record, because a terminal repeats a body whenever an answer was lost: a repeat must never make a
second punch. The price is known: of two equal records that a terminal happens to
send apart, the second is taken for a repeat until the log is read as a whole.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from edge.readers.identity import terminal_punch_id
from edge.readers.reader import Moment
from wire.punch import Badge, How, Punch

LONGEST_PIN = 64
LONGEST_TEXT = 500
_RAW_BYTES = 128
_EPOCH = 1970
_WALL = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})", re.ASCII)
_CODE = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `pin` is the user id exactly as sent but for blanks around it; `line` the bytes."""

    pin: str
    wall: datetime
    status: int | None
    verify: int | None
    occurrence: int
    line: bytes


@dataclass(frozen=True, slots=True)
class Odd:
    """A line that is no record: why, and the line with everything unprintable escaped."""

    why: str
    text: str


def read_lines(body: bytes) -> Iterator[Record | Odd]:
    """Every line of a body that is not blank. No line spoils another."""
    seen: Counter[tuple[str, datetime]] = Counter()
    for raw in io.BytesIO(body):
        line = raw.rstrip(b"\r\n")
        if not line.strip():
            continue
        try:
            fields = line.decode("utf-8").split("\t")
            pin, wall = _pin(fields[0]), _wall(fields[1] if len(fields) > 1 else "")
        except ValueError as error:
            why = "it is no text" if isinstance(error, UnicodeDecodeError) else str(error)
            yield Odd(why, shown(line))
            continue
        seen[pin, wall] += 1
        yield Record(pin, wall, _code(fields, 2), _code(fields, 3), seen[pin, wall], line)


def shown(line: bytes) -> str:
    """A line as printable ASCII, at most `LONGEST_TEXT` long."""
    return line[:LONGEST_TEXT].decode("latin-1").encode("unicode_escape").decode("ascii")[:LONGEST_TEXT]


def punch_of(
    record: Record, *, serial: str, reader: str, moment: Moment, how: How, offset_s: float | None
) -> Punch:
    """The record as a punch. `offset_s` is terminal minus Pi where it was measured."""
    return Punch(
        punch_id=terminal_punch_id(serial, record.pin, record.wall, record.occurrence),
        reader=reader,
        kind="terminal",
        badge=Badge(raw=record.pin, form="user-id"),
        read_at=moment.utc,
        clock=moment.clock(offset_s),
        how=how,
        device=serial,
        device_wall=record.wall,
        direction_code=record.status,
        verify_code=record.verify,
        raw=record.line[:_RAW_BYTES].hex(),
    )


def _pin(text: str) -> str:
    pin = text.strip(" ")
    if not pin:
        raise ValueError("it names nobody")
    if len(pin) > LONGEST_PIN or not pin.isprintable():
        raise ValueError("its user id is none")
    return pin


def _wall(text: str) -> datetime:
    found = _WALL.fullmatch(text.strip(" "))
    if found is None:
        raise ValueError("it has no time")
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    if year < _EPOCH:
        raise ValueError("its time is before 1970")
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - terminals know no zone
    except ValueError:
        raise ValueError("no calendar has its time") from None


def _code(fields: list[str], at: int) -> int | None:
    told = fields[at].strip(" ") if len(fields) > at else ""
    return int(told) if _CODE.fullmatch(told) else None
