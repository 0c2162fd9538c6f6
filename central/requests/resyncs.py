"""Owns the course of resyncs: jobs in the ledger, orders to edges, and the comparison when all has arrived.

Everything here runs inside the caller's transaction; what is to be published is returned.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import Connection

from central.directory.directory import Directory
from central.ledger import audit, jobs, orders, queries
from central.ledger.jobs import Asked, Job
from central.ledger.queries import Held
from central.requests.asking import Refusal, check_span, fits
from central.requests.lists import all_badges
from central.resync import (
    FINAL,
    LedgerRow,
    Part,
    State,
    Told,
    advance,
    compare,
    gather,
    job_state,
    so_far,
    step,
)
from central.zones import Zones, midnight
from ground.journal import Journal
from wire.codec import encode
from wire.facts import OrderOutcome
from wire.order import RereadOrder
from wire.resync import ResyncProgress, ResyncRequest

journal = Journal("resync")


@dataclass(frozen=True, slots=True)
class Given:
    """An order for an edge, ready to be published."""

    edge: str
    order: RereadOrder


def plan(
    actor: str,
    request: ResyncRequest,
    directory: Directory,
    readers: Mapping[str, Sequence[str]],
    zones: Zones,
    now: datetime,
) -> tuple[Job, list[Given]]:
    """Turn a request into a job and one order for each edge that has readers and knows any of the people.

    Raises Refusal where nothing could come of it.
    """
    check_span(request.span)
    there = {edge: names for edge, names in readers.items() if names}
    if not there:
        raise Refusal("no edge with a reader is known yet")
    expires_at = now + timedelta(seconds=request.expires_in_s)
    given: list[Given] = []
    asked: list[Asked] = []
    matched: set[str] = set()
    for edge, names in sorted(there.items()):
        badges = {one: all_badges(directory, one, edge) for one in request.employees}
        matched.update(one for one, theirs in badges.items() if theirs)
        wanted = tuple(sorted(set().union(*badges.values())))
        if not wanted:
            continue
        zone = zones.of(edge)
        order = RereadOrder(
            order_id=_order_id(actor, request.request_id, edge),
            expires_at=expires_at,
            span=request.span,
            badges=wanted,
            since=midnight(request.span.first, zone),
            until=midnight(request.span.last + timedelta(days=1), zone),
        )
        if not fits(encode(order)):
            raise Refusal(
                f"{len(request.employees)} employees have too many badges for one order; ask for fewer"
            )
        given.append(Given(edge, order))
        asked += [Asked(Part(edge, name), order.order_id) for name in names]
    unmatched = tuple(one for one in request.employees if one not in matched)
    if not given:
        raise Refusal(f"none of them has a badge that an edge knows: {', '.join(unmatched[:20])}")
    return Job(actor, request, unmatched, now, expires_at, tuple(asked)), given


def _order_id(actor: str, request_id: str, edge: str) -> str:
    """The same for the same request, so that an order can never be given twice."""
    return "reread-" + blake2b(f"{actor}\n{request_id}\n{edge}".encode(), digest_size=12).hexdigest()


def begin(connection: Connection, job: Job, given: Sequence[Given], now: datetime) -> bool:
    """Store a planned job and its orders; False if its name was used before."""
    if not jobs.begin(connection, job):
        return False
    for one in given:
        orders.give(connection, one.edge, one.order, now)
    return True


def mark_ordered(connection: Connection, job: Job, edges: Iterable[str]) -> Job:
    """Note that the orders of these edges were handed to the broker."""
    sent = set(edges)
    return _moved(
        connection,
        job,
        [replace(one, part=step(one.part, "order")) if one.part.edge in sent else one for one in job.asked],
    )


def refresh(connection: Connection, job: Job, zones: Zones, now: datetime) -> Job:
    """Bring a job up to what its edges have told, and end it when nothing is left to wait for."""
    order_of = {one.part.edge: one.order_id for one in job.asked}
    reports = queries.reports(connection, set(order_of.values()))
    outcomes = {
        edge: outcome
        for edge, outcome in queries.outcomes(connection, set(order_of.values()))
        if outcome.order_id == order_of.get(edge)
    }
    told = {
        edge: gather(report for other, report in reports if other == edge and report.order_id == order_id)
        for edge, order_id in order_of.items()
    }
    known = {(one.part.edge, one.part.reader) for one in job.asked}
    newcomers = [
        Asked(Part(edge, reader, "ordered"), order_of[edge])
        for edge, readers in told.items()
        for reader in readers
        if (edge, reader) not in known
    ]
    asked = [
        _advanced(connection, job, one, told[one.part.edge].get(one.part.reader), outcomes, zones, now)
        for one in (*job.asked, *newcomers)
    ]
    job = _moved(connection, job, asked)
    if state(job) in FINAL and job.ended_at is None:
        jobs.end(connection, job, now)
        job = replace(job, ended_at=now)
        _record_end(connection, job, now)
    return job


def _advanced(
    connection: Connection,
    job: Job,
    one: Asked,
    told: Told | None,
    outcomes: Mapping[str, OrderOutcome],
    zones: Zones,
    now: datetime,
) -> Asked:
    part = one.part
    if told is not None or part.edge in outcomes:
        part = step(part, "order")  # whoever answers was asked
    part = advance(part, told, outcomes.get(part.edge), now, job.expires_at)
    if part.state != "reported" or told is None:
        return replace(one, part=part)
    result = compare(part, told.punch_ids, _rows(connection, job, part, told, zones), job.began_at)
    return replace(one, part=step(part, "compare"), result=result)


def _rows(connection: Connection, job: Job, part: Part, told: Told, zones: Zones) -> list[LedgerRow]:
    """What the ledger holds of a reader for the people and dates, and every row of a reported id."""
    order = orders.find(connection, _order_id(job.actor, job.request.request_id, part.edge))
    badges = order.badges if isinstance(order, RereadOrder) else None
    page = queries.page(
        connection, zones, job.request.span, edges={part.edge}, reader_names={part.reader}, badges=badges
    )
    ids = sorted(told.punch_ids | {held.punch_id for held in page if _is_of(held, badges)})
    conflicts = queries.in_conflict(connection, ids)
    return [
        LedgerRow(punch_id, origin.how, origin.received_at, punch_id in conflicts)
        for punch_id, origin in queries.origins(connection, ids).items()
    ]


def _is_of(held: Held, badges: Sequence[str] | None) -> bool:
    """Whether the edge, too, would find a punch by these badges."""
    return badges is None or held.badge_raw in badges or held.badge_canon in badges


def _moved(connection: Connection, job: Job, asked: Sequence[Asked]) -> Job:
    """Store the parts that moved, and tell each step."""
    before = {(one.part.edge, one.part.reader): one for one in job.asked}
    moved = [one for one in asked if before.get((one.part.edge, one.part.reader)) != one]
    jobs.keep(connection, job, moved)
    for one in moved:
        part = one.part
        journal.info(
            "resync_moved",
            user=job.actor,
            request=job.request.request_id,
            edge=part.edge,
            reader=part.reader,
            state=part.state,
            reason=part.reason,
        )
    return replace(job, asked=tuple(asked)) if moved else job


def _record_end(connection: Connection, job: Job, now: datetime) -> None:
    figures = [
        {
            "edge": part.edge,
            "reader": part.reader,
            "state": part.state,
            "matched": part.matched,
            "added": part.added,
            "only_on_device": part.only_on_device,
            "only_in_ledger": part.only_in_ledger,
            "in_conflict": part.in_conflict,
            "reason": part.reason,
        }
        for part in progress(job).readers
    ]
    detail = {"outcome": state(job), "readers": figures, "unmatched": job.unmatched}
    audit.record(connection, now, job.actor, "resync", job.request.request_id, detail)


def state(job: Job) -> State:
    """Where the job stands as a whole."""
    return job_state([one.part for one in job.asked])


def progress(job: Job) -> ResyncProgress:
    """The job as people see it."""
    return ResyncProgress(
        state=state(job),
        readers=tuple(one.result or so_far(one.part) for one in job.asked),
        unmatched_employees=job.unmatched,
    )
