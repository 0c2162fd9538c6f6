"""Owns the taking in of files that a person carried here: verified as a whole, then landed like messages.

A file moves no stream's mark, so that a receipt covers only what came over the wire in its order: what was
carried comes again when its edge has a network, is known then, and is confirmed then.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from central.ledger import audit, edge_facts, landing, quarantine
from central.ledger.database import Ledger, LedgerError
from central.ledger.loads import Load
from central.streams import Parcel, Unread, opened, set_aside
from wire.carried import Closing, Lines
from wire.codec import MESSAGE_LIMIT, WireError, decode

_GROUP = 16
"""Lines of one transaction: at most two megabytes, and other writers wait no longer than for that."""
_BREATH_S = 0.05
"""A pause between two of them, in which those who wait to write come in."""


class NotWhole(Exception):
    """A file is not all that an edge wrote; the text says how that shows. Nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: punches that were new, and known; `unread` went into quarantine."""

    edge: str
    facts: int
    new: int
    known: int
    unread: int


def take(ledger: Ledger, path: Path, now: datetime) -> Taken:
    """Take a file into the ledger; once more does no harm. Raises NotWhole, OSError and LedgerError.

    A central at work goes on. The punches are no news of their readers: they do not say how these are now.
    """
    with path.open("rb") as file:
        closing = _verified(file)
        file.seek(0)
        lines = islice(_lines(file), closing.envelopes)
        messages = new = known = unread = 0
        while group := [(line, opened(closing.edge, line)) for line in islice(lines, _GROUP)]:
            if messages:
                time.sleep(_BREATH_S)
            messages += len(group)
            for landed in _landed(ledger, closing.edge, group, now):
                new, known, unread = new + landed.new, known + landed.known, unread + landed.unread
    taken = Taken(closing.edge, closing.facts, new, known, unread)
    detail = {**asdict(taken), "digest": closing.digest, "outcome": "done"}
    with ledger.write() as connection:
        audit.record(connection, now, "punchwire-central", "take", path.name, detail)
    return taken


def _verified(file: BinaryIO) -> Closing:
    """The closing line, if it is the last one and all before it is what it says."""
    lines, last = Lines(), b""
    for line in _lines(file):
        if last:
            lines.add(last)
        last = line
    try:
        closing = decode(last, Closing)
    except WireError:
        raise NotWhole("it does not end with its closing line; let the edge export it again") from None
    if closing != lines.closing(closing.edge, closing.facts):
        raise NotWhole("it was damaged on the way; copy it again, or let the edge export it again")
    return closing


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; one that is longer than a message comes in pieces."""
    return iter(lambda: file.readline(MESSAGE_LIMIT + 1), b"")


@dataclass(frozen=True, slots=True)
class _Landed:
    new: int
    known: int
    unread: int


def _landed(
    ledger: Ledger, edge: str, group: Sequence[tuple[bytes, Parcel | Unread]], now: datetime
) -> Iterator[_Landed]:
    """Store a group; if the ledger refuses it, line by line, and what is refused then as unread."""
    try:
        yield _commit(ledger, [message for _, message in group], now)
    except LedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other lines must not suffer for it
        for line, message in group:
            if len(group) > 1:
                yield from _landed(ledger, edge, [(line, message)], now)
            else:
                reason = f"the ledger refused it: {' '.join(str(error).split())}"
                yield _commit(ledger, [set_aside(edge, line, reason)], now)


def _commit(ledger: Ledger, messages: Sequence[Parcel | Unread], now: datetime) -> _Landed:
    parcels = [message for message in messages if isinstance(message, Parcel)]
    unread = [message for message in messages if isinstance(message, Unread)]
    unread += [one for parcel in parcels for one in parcel.unread]
    with ledger.write() as connection:
        new = landing.land_punches(connection, list(map(Load.of, parcels)), now, reread=True).new
        edge_facts.keep(connection, parcels, now)
        quarantine.keep(connection, unread, now)
    punches = sum(len(parcel.punches) for parcel in parcels)
    return _Landed(new, punches - new, len(unread))
