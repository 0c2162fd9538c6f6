"""What every reader owes a re-read order: which punches belong to it, what is told of them, the report."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from edge.readers.reader import Desk
from wire.account import EMPTY, ID_BYTES, DayTally, by_day
from wire.facts import REPORT_DAYS_LIMIT, REPORT_IDS_LIMIT, Fact, FoundPunch, RereadReport
from wire.order import RereadOrder
from wire.punch import Punch
from wire.stretches import differing, line_of, place

_CHUNK = 300
"""Facts of one commit: small enough that other readers get their turn."""


@dataclass(frozen=True, slots=True)
class Log:
    """A terminal's log as a whole: whose, how many records, how many fit, its oldest and newest time.

    None where the terminal does not say.
    """

    serial: str
    records: int | None
    capacity: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None


def belongs(order: RereadOrder, badge: str, wall: datetime) -> bool:
    """Whether a record of this user id at this wall clock is asked for."""
    return order.span.first <= wall.date() <= order.span.last and (
        order.badges is None or badge in order.badges
    )


def reports(
    order: RereadOrder, reader: str, ids: Sequence[str], at: datetime, evidence: str = ""
) -> Iterator[RereadReport]:
    """What was found, in parts of at most `REPORT_IDS_LIMIT` ids; one part at least."""
    parts = max(-(-len(ids) // REPORT_IDS_LIMIT), 1)
    for part in range(parts):
        yield RereadReport(
            order_id=order.order_id,
            reader=reader,
            outcome="read",
            at=at,
            part=part + 1,
            parts=parts,
            total=len(ids),
            punch_ids=tuple(ids[part * REPORT_IDS_LIMIT : (part + 1) * REPORT_IDS_LIMIT]),
            evidence=evidence,
        )


def failure(order: RereadOrder, reader: str, at: datetime, reason: str, evidence: str) -> RereadReport:
    """Nothing could be read: a word of `wire.reasons`, and what was seen."""
    return RereadReport(
        order_id=order.order_id, reader=reader, outcome="failed", at=at, reason=reason, evidence=evidence
    )


def answer(
    order: RereadOrder,
    reader: str,
    punches: Callable[[], Iterable[Punch]],
    at: datetime,
    log: Log | None = None,
    evidence: str = "",
    taken: Callable[[frozenset[bytes]], Iterable[bytes]] | None = None,
) -> Iterator[Fact]:
    """All that is owed for an order whose punches these are, the report last.

    `punches` may be asked more than once. Either they are sent, or, where the order says what central holds,
    those are told whose stretch holds something else. `taken` gives what the outbox took of the order's, by
    the ids of the device; None where the outbox itself was read.
    """
    if order.known is None:
        ids = []
        for punch in punches():
            ids.append(punch.punch_id)
            yield punch
        yield from reports(order, reader, ids, at, evidence)
        return
    lines = [line_of(punch) for punch in punches()]
    differ = differing(order.known, lines)
    found = 0
    for punch in punches() if differ else ():
        if place(order.known, bytes.fromhex(punch.punch_id)) in differ:
            found += 1
            yield FoundPunch(order_id=order.order_id, reader=reader, at=at, punch=punch)
    yield RereadReport(
        order_id=order.order_id,
        reader=reader,
        outcome="read",
        at=at,
        total=len(lines),
        differ=tuple(differ),
        found=found,
        edge=() if taken is None else _otherwise(lines, taken),
        serial=None if log is None else log.serial,
        records=None if log is None else log.records,
        capacity=None if log is None else log.capacity,
        begins=None if log is None else log.begins,
        ends=None if log is None else log.ends,
        evidence=evidence,
    )


def _otherwise(
    lines: Iterable[bytes], taken: Callable[[frozenset[bytes]], Iterable[bytes]]
) -> tuple[DayTally, ...]:
    """What the outbox took of the days for which that is not what the device holds."""
    ids = frozenset(one[:ID_BYTES] for one in lines)
    device, edge = dict(by_day(sorted(ids))), dict(by_day(taken(ids)))
    differ = sorted(day for day in device.keys() | edge.keys() if device.get(day) != edge.get(day))
    tallies = [(day, edge.get(day, EMPTY)) for day in differ[:REPORT_DAYS_LIMIT]]
    return tuple(DayTally(day, tally.count, tally.hash) for day, tally in tallies)


def from_outbox(desk: Desk, reader: str, order: RereadOrder) -> None:
    """Answer an order by what the outbox keeps of the reader."""
    at = desk.moment().utc
    if order.known is None:
        desk.emit(list(reports(order, reader, desk.resend(order), at)))
        return
    tell(desk, answer(order, reader, lambda: desk.kept(order), at))


def tell(desk: Desk, facts: Iterable[Fact]) -> None:
    """Commit facts, some at a time."""
    waiting = iter(facts)
    while some := list(islice(waiting, _CHUNK)):
        desk.emit(some)
