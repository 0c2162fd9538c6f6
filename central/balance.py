"""Owns the comparison of a reader's day on its three sides: what differs, why, and what can be healed.

Equal tallies need nothing more. Where they are not, the ids are asked for, and each id that some side lacks
gets a cause. A cause that is nobody's loss explains the difference; the others are what the board shows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wire.account import Tally
from wire.accounting import Cause, Verdict

UNEXPLAINED: frozenset[Cause] = frozenset({"not-in-ledger", "not-at-edge", "not-on-device", "not-counted"})
"""The causes that may be a loss. The others say where a punch is, or why a log no longer has it."""
Causes = Mapping[Cause, Sequence[bytes]]
"""The ids that some side lacks, by the cause, ascending."""

TRIES = 3
"""A difference that so many attempts did not heal waits for a person, or for another account."""
_GAP = 100
"""Numbers that lie closer together are asked for in one piece, what lies between with them."""
_PIECES = 10


@dataclass(frozen=True, slots=True)
class Sides:
    """The tallies of a day. `device` is None where no log was counted, and says nothing then."""

    device: Tally | None
    edge: Tally
    ledger: Tally

    @property
    def equal(self) -> bool:
        """Whether all that were counted agree."""
        return self.edge == self.ledger and self.device in (None, self.ledger)

    @property
    def key(self) -> str:
        """Stands for exactly these tallies."""
        device = "-" if self.device is None else self.device.hash
        return f"{device} {self.edge.hash} {self.ledger.hash}"


@dataclass(frozen=True, slots=True)
class Origin:
    """How a punch first came into the ledger: as which fact of which outbox, from which terminal."""

    outbox_id: str
    seq: int
    device: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """A terminal's log as it was counted: the ids of the day, whose it is, its oldest record, how full."""

    ids: Collection[bytes]
    serial: str | None
    begins: datetime | None
    full: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What an edge told of a day by id, in one answer.

    `kept` are the ids that its outbox holds with the number of the row, 0 if that has left. The answer was
    given as fact `seq` of `outbox_id`: what came behind it says nothing.
    """

    outbox_id: str
    seq: int
    kept: Mapping[bytes, int]
    log: Log | None


def differences(told: Told, ledger: Mapping[bytes, Origin], elsewhere: Collection[bytes]) -> Causes:
    """Each id that not every side holds, by its cause.

    `ledger` is what it holds of the reader's day, `elsewhere` which of the told ids it holds for another
    reader. An id has one cause: that the ledger lacks it counts before all others.
    """
    found: dict[Cause, list[bytes]] = {}
    late = {
        punch_id
        for punch_id, origin in ledger.items()
        if origin.outbox_id == told.outbox_id and origin.seq > told.seq
    }
    logged = set() if told.log is None else set(told.log.ids)
    for punch_id in sorted((told.kept.keys() | ledger.keys() | logged) - late):
        if punch_id not in ledger:
            cause: Cause | None = "other-reader" if punch_id in elsewhere else "not-in-ledger"
        elif punch_id not in told.kept:
            ours = ledger[punch_id].outbox_id == told.outbox_id or punch_id in logged
            cause = "not-at-edge" if ours else "other-outbox"
        elif told.log is not None and punch_id not in logged:
            cause = _not_logged(punch_id, told.log, ledger[punch_id])
        else:
            cause = None
        if cause is not None:
            found.setdefault(cause, []).append(punch_id)
    return found


def _not_logged(punch_id: bytes, log: Log, origin: Origin) -> Cause:
    if origin.device != log.serial:
        return "other-terminal"
    wall_ms = int.from_bytes(punch_id[:6], "big")
    if log.begins is None or wall_ms <= log.begins.replace(tzinfo=UTC).timestamp() * 1000:
        return "log-overwritten" if log.full else "log-cleared"
    return "not-on-device"


def judged(causes: Causes) -> Verdict:
    """What differences by id come to."""
    if not causes:
        return "equal"
    return "differs" if UNEXPLAINED & causes.keys() else "explained"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What can be asked of the edge: rows of its outbox again, from number to number, and its device."""

    resend: tuple[tuple[int, int], ...] = ()
    reread: bool = False


def remedy(causes: Causes, told: Told) -> Remedy:
    """What would heal: the row, where the outbox keeps it, else the device, where its log holds the punch."""
    logged = frozenset() if told.log is None else frozenset(told.log.ids)
    missing = causes.get("not-in-ledger", ())
    rows = sorted(seq for punch_id in missing if (seq := told.kept.get(punch_id, 0)))
    unkept = [punch_id for punch_id in missing if not told.kept.get(punch_id)]
    pieces: list[tuple[int, int]] = []
    for seq in rows:
        if pieces and seq - pieces[-1][1] <= _GAP:
            pieces[-1] = (pieces[-1][0], seq)
        else:
            pieces.append((seq, seq))
    reread = any(punch_id in logged for punch_id in (*unkept, *causes.get("not-at-edge", ())))
    return Remedy(tuple(pieces[:_PIECES]), reread)
