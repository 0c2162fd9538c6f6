"""Owns the precedence between versions of one event: which counts, and why. `docs/resync.md` has the table.

Nothing is ever overwritten: the version that does not count stays where it is, with the reason.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from wire.punch import How

Word = Literal[
    "same-event",
    "other-codes",
    "codes-of-the-log",
    "clock-moved",
    "outbox-pruned",
    "terminal-replaced",
    "log-overwritten",
    "log-cleared",
    "log-tampered",
    "log-untold",
    "badge-reassigned",
]
Counts = Literal["ledger", "device", "earlier", "holder-then"]

MOVED_S = 60.0
"""A clock is taken to have been moved when its measured offset changed by more than this."""
MEASURED_S = 3.0
"""By how much two measurements of one clock may differ without its having moved."""
_FULL = 0.98
"""A log this full loses its oldest records to new ones."""


@dataclass(frozen=True, slots=True)
class TwoReaders:
    """One person's punches at two readers, `edge/reader`, of which the rules of workdays count one alone."""

    earlier: str
    later: str


@dataclass(frozen=True, slots=True)
class OtherCodes:
    """A punch of which ledger and device tell other codes; how each was read."""

    ledger_how: How
    device_how: How


@dataclass(frozen=True, slots=True)
class OtherTime:
    """Two punches of one badge at one terminal, one in the ledger alone and one on the device alone.

    The offsets are the terminal's clock minus UTC in seconds, as it was measured when each was read.
    """

    ledger_wall: datetime
    device_wall: datetime
    ledger_offset_s: float | None
    device_offset_s: float | None


@dataclass(frozen=True, slots=True)
class Census:
    """A terminal's log as a whole, as the reader counted it: None where nobody counts, or it is empty."""

    serial: str | None = None
    records: int | None = None
    capacity: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotOnDevice:
    """A punch that the ledger holds and the device does not: from which terminal, at what time it printed."""

    serial: str | None
    wall: datetime | None
    census: Census


@dataclass(frozen=True, slots=True)
class Reassigned:
    """A punch whose badge somebody else holds by now; `since` dates the change."""

    wall: datetime
    since: datetime


Conflict = TwoReaders | OtherCodes | OtherTime | NotOnDevice | Reassigned


@dataclass(frozen=True, slots=True)
class Ruling:
    """Which version counts; the other one stays, with the word and the sentence."""

    word: Word
    counts: Counts
    why: str


def rule(conflict: Conflict) -> Ruling | None:
    """Decide one conflict; None if it turns out to be none."""
    match conflict:
        case TwoReaders():
            return _two_readers(conflict)
        case OtherCodes():
            return _codes(conflict)
        case OtherTime():
            return _time(conflict)
        case NotOnDevice():
            return _not_on_device(conflict)
        case Reassigned():
            return _reassigned(conflict)


def _two_readers(conflict: TwoReaders) -> Ruling | None:
    """What repeats at one reader is no conflict of readers."""
    if conflict.earlier == conflict.later:
        return None
    why = f"{conflict.later} repeats what {conflict.earlier} had before; the earlier punch counts"
    return Ruling("same-event", "earlier", why)


def _codes(conflict: OtherCodes) -> Ruling:
    """A live event is a hint, and the log is the truth; of two readings of a log the first stands."""
    if conflict.ledger_how in ("live", "push") and conflict.device_how in ("catch-up", "reread"):
        why = f"the ledger has it as it came {conflict.ledger_how}; the terminal's own log says other codes"
        return Ruling("codes-of-the-log", "device", why)
    return Ruling("other-codes", "ledger", "the first version stands; the device tells other codes now")


def _time(conflict: OtherTime) -> Ruling | None:
    """The same event, if the printed times are apart by as much as the clock was moved in between."""
    before, now = conflict.ledger_offset_s, conflict.device_offset_s
    if before is None or now is None:
        return None
    moved_s = now - before
    apart_s = (conflict.device_wall - conflict.ledger_wall).total_seconds()
    if abs(moved_s) <= MOVED_S or abs(apart_s - moved_s) > MEASURED_S:
        return None
    why = f"the terminal's clock was moved by {timedelta(seconds=round(abs(moved_s)))}; the first time stands"
    return Ruling("clock-moved", "ledger", why)


def _not_on_device(conflict: NotOnDevice) -> Ruling:
    """Told apart by the census: what a log can lose by itself, and what somebody must have taken out."""
    census, wall = conflict.census, conflict.wall
    if wall is None:
        why = "the reader has no memory, and the outbox keeps settled punches for a while only"
        return Ruling("outbox-pruned", "ledger", why)
    if census.serial and conflict.serial and census.serial != conflict.serial:
        why = f"it was read from terminal {conflict.serial}; {census.serial} stands there now"
        return Ruling("terminal-replaced", "ledger", why)
    if census.records is None:
        return Ruling("log-untold", "ledger", "the terminal does not tell what its log holds as a whole")
    if census.begins is None or wall < census.begins:
        if census.capacity and census.records >= census.capacity * _FULL:
            why = f"the log is full ({census.records} of {census.capacity}) and begins later"
            return Ruling("log-overwritten", "ledger", why)
        begins = "is empty" if census.begins is None else f"begins at {census.begins}"
        return Ruling("log-cleared", "ledger", f"the log {begins}, and is not full: it was cleared")
    why = f"the log holds records from {census.begins} to {census.ends}, but not this one"
    return Ruling("log-tampered", "ledger", why)


def _reassigned(conflict: Reassigned) -> Ruling | None:
    if conflict.wall >= conflict.since:
        return None
    why = f"the badge was handed on at {conflict.since}, behind this punch"
    return Ruling("badge-reassigned", "holder-then", why)
