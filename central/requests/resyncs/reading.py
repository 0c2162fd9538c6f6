"""Owns what becomes of the edges' answers: parts moved along their course, and compared once reported."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from central.ledger import orders, queries
from central.ledger.resyncs import found, holdings, jobs
from central.ledger.resyncs.holdings import Extent
from central.ledger.resyncs.jobs import Asked, Job
from central.requests.resyncs.ordering import extent_of, restores
from central.requests.resyncs.versions import Versions
from central.resync.comparing import Verdict, Version, compare
from central.resync.conflicts import Census
from central.resync.course import WAITING, Heard, advance, latest, step
from central.resync.noticing import notices
from wire.account import EMPTY, Tally, by_day, day_of
from wire.facts import RereadReport
from wire.order import RereadOrder
from wire.punch import Punch
from wire.stretches import place


def heard(connection: Connection, asked: Sequence[Asked]) -> dict[str, Heard]:
    """What the edges' streams have brought for the orders of some parts."""
    edge_of = {one.order_id: one.part.edge for one in asked}
    told: dict[str, list[RereadReport]] = {}
    for edge, report in queries.reports(connection, edge_of):
        if edge_of[report.order_id] == edge:
            told.setdefault(report.order_id, []).append(report)
    ends = {
        outcome.order_id: outcome
        for edge, outcome in queries.outcomes(connection, edge_of)
        if edge_of[outcome.order_id] == edge
    }
    counted = found.counts(connection, edge_of)
    return {
        order_id: Heard(counted.get((edge, order_id), 0), latest(told.get(order_id, ())), ends.get(order_id))
        for order_id, edge in edge_of.items()
    }


def moved(connection: Connection, job: Job, now: datetime) -> list[Asked]:
    """The parts of a job as they stand by what the edges told, and by the deadline."""
    waiting = [one for one in job.asked if one.part.state in WAITING]
    news = heard(connection, waiting)
    return [replace(one, part=advance(one.part, news[one.order_id], now, job.expires_at)) for one in waiting]


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both sides of a part: versions by punch id, how many plain matches are whose, the days of either."""

    found: dict[str, Version]
    held: dict[str, Version]
    same: Counter[str | None]
    device: dict[date, Tally]
    ledger: dict[date, Tally]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison of a part came to.

    `asked` is the part as it then is, `verdicts` are those that are no matches, `matched` tells how many
    matches are whose (0 for those who have other verdicts alone). `device` is what the reader holds of each
    day, `ledger` what that holds, and `edge` what the outbox took; None if it does not tell.
    """

    asked: Asked
    verdicts: Sequence[Verdict]
    matched: Mapping[str, int]
    device: Mapping[date, Tally]
    ledger: Mapping[date, Tally]
    edge: Mapping[date, Tally] | None


def compared(connection: Connection, job: Job, one: Asked, versions: Versions) -> Compared:
    """Compare what a part has reported with the ledger: long work where much is held; writes nothing."""
    report = heard(connection, [one])[one.order_id].report
    if report is None:
        raise ValueError(f"part {one.number} of resync {job.job_id} has not reported")
    sides = _sides(connection, job, one, _order(connection, one), report, versions)
    before = holdings.last_serial(connection, one.part.edge, one.part.reader)
    verdicts_found = [
        it
        for it in compare(sides.found, sides.held, _census(report), restores=restores(job))
        if job.everybody or it.punch.owner is not None
    ]
    if not job.everybody:
        people = jobs.people_of(connection, job, one.piece)
        verdicts_found = [it for it in verdicts_found if it.punch.owner in people]
    matched = sides.same
    for it in verdicts_found:
        matched[it.punch.owner] += it.what == "matched"
    moved_on = replace(
        one,
        part=step(one.part, "compare"),
        matched=matched.total(),
        total=report.total,
        notices=tuple(notices(_census(report), before, [it.word for it in verdicts_found])),
    )
    whose = {owner: count for owner, count in matched.items() if owner is not None}
    others = [it for it in verdicts_found if it.what != "matched"]
    edge = _edge_days(job, report, sides)
    return Compared(moved_on, others, whose, sides.device, sides.ledger, edge)


def _edge_days(job: Job, report: RereadReport, sides: _Sides) -> dict[date, Tally] | None:
    """What the outbox took: what the device holds, but for the days of which the edge tells otherwise."""
    if report.edge is None:
        return None
    span = job.request.span
    told = {one.day: one.tally for one in report.edge if span.first <= one.day <= span.last}
    nothing = dict.fromkeys({day_of(bytes.fromhex(punch_id)) for punch_id in sides.held}, EMPTY)
    return {**nothing, **sides.device, **told}


def _sides(
    connection: Connection,
    job: Job,
    one: Asked,
    order: RereadOrder,
    report: RereadReport,
    versions: Versions,
) -> _Sides:
    """What the order's extent holds on either side; of stretches that are equal only how many are whose."""
    extent, known = extent_of(order, one.part.edge, one.part.reader), order.known or ()
    differ = frozenset(range(len(known)) if report.differ is None else report.differ)
    held: dict[str, Version] = {}
    same: Counter[str | None] = Counter()
    equal: list[bytes] = []
    taken_back: list[bytes] = []
    for holding in holdings.of_extent(connection, extent, one.arrival_upto or 0):
        if place(known, holding.punch_id) in differ:
            held[holding.punch_id.hex()] = versions.held(holding)
            continue
        if holding.withdrawn and restores(job):
            taken_back.append(holding.punch_id)
            continue
        same[versions.owner_id(holding)] += 1
        equal.append(holding.punch_id)
    told = {
        punch.punch_id: versions.told(punch, extent.edge)
        for punch in _told(connection, extent, order, differ)
    }
    elsewhere = [bytes.fromhex(punch_id) for punch_id in told if punch_id not in held]
    for holding in holdings.of_ids(connection, elsewhere):
        held[holding.punch_id.hex()] = versions.held(holding)
    device = dict(by_day(sorted([*equal, *map(bytes.fromhex, told)])))
    ledger = dict(by_day(sorted([*equal, *taken_back, *map(bytes.fromhex, held)])))
    return _Sides(told, held, same, device, ledger)


def _told(
    connection: Connection, extent: Extent, order: RereadOrder, differ: frozenset[int]
) -> Iterator[Punch]:
    """The punches that were told, as far as they were asked for."""
    for punch in found.of_order(connection, extent.edge, order.order_id):
        asked = (
            place(order.known or (), bytes.fromhex(punch.punch_id)) in differ
            and holdings.within(extent, punch.device_wall, punch.read_at)
            and holdings.of_badges(extent.badges, punch.badge.raw, punch.badge.canon)
        )
        if asked:
            yield punch


def _order(connection: Connection, one: Asked) -> RereadOrder:
    found_order = orders.find(connection, one.order_id)
    assert isinstance(found_order, RereadOrder), "a part is asked by an order to read again"
    return found_order


def _census(report: RereadReport) -> Census:
    return Census(report.serial, report.records, report.capacity, report.begins, report.ends)


def ledger_days(connection: Connection, one: Asked) -> dict[date, Tally]:
    """What the ledger holds now, by day, of what the order asked and the reader told."""
    extent = extent_of(_order(connection, one), one.part.edge, one.part.reader)
    ids = {held.punch_id for held in holdings.of_extent(connection, extent, one.arrival_upto or 0)}
    told = [bytes.fromhex(punch.punch_id) for punch in found.of_order(connection, extent.edge, one.order_id)]
    ids.update(held.punch_id for held in holdings.of_ids(connection, [it for it in told if it not in ids]))
    return dict(by_day(sorted(ids)))
