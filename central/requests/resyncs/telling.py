"""Owns what people are told of where a resync stands."""

from collections.abc import Iterator

from sqlalchemy import Connection

from central.ledger.resyncs import changes, strangers, verdicts
from central.ledger.resyncs.jobs import Asked, Job, names, people_count
from central.requests.choosing import echo
from central.requests.resyncs.planning import NOBODY_KNOWS
from central.resync.course import FINAL, WAITING, job_state
from wire.resync import Reconciliation, ResyncEntry, ResyncProgress

_NAMES = 500


def state(job: Job) -> str:
    """Where a job stands, in the words of its course, or as it ended."""
    if job.undone_at is not None:
        return "undone"
    if job.undo is not None:
        return "undoing"
    if job.failed_at is not None:
        return "failed"
    if job.cancelled_at is not None:
        return "cancelled"
    if job.ended_at is not None and not job.asked:
        return "reconciled"
    told = job_state([one.part for one in job.asked])
    return "landing" if job.ended_at is None and told in FINAL else told


def progress(connection: Connection, job: Job) -> ResyncProgress:
    """The whole of a job, as people see it."""
    figures = verdicts.figures(connection, job.job_id)
    request, undo = job.request, job.undo
    return ResyncProgress(
        name=request.request_id,
        user=job.actor,
        state=state(job),
        mode=request.mode,
        dry_run=request.dry_run,
        people=echo(request.people),
        selected=job.people,
        visible=job.visible,
        people_done=_people_done(connection, job),
        punches_read=sum(one.total for one in job.asked),
        edges_waiting=tuple(sorted({one.part.edge for one in job.asked if one.part.state in WAITING})),
        days_changed=changes.count(connection, job.job_id),
        readers=tuple(_readers(job, figures)),
        unmatched_employees=tuple(names(connection, job, NOBODY_KNOWS, _NAMES)),
        unmatched_count=people_count(connection, job, NOBODY_KNOWS),
        strangers=strangers.count(connection, job.job_id),
        fault=job.fault if undo is None else undo.fault,
        undo_done=0 if undo is None else undo.withdrawn + undo.restored + undo.computed_again,
        undo_of=0 if undo is None else undo.punches + undo.days,
    )


def _people_done(connection: Connection, job: Job) -> int:
    """Those about whom nobody is asked any more; of a recomputation, those who were computed."""
    if not job.asked:
        return changes.count_tried(connection, job.job_id)
    open_edges = {(one.piece, one.part.edge) for one in job.asked if one.part.state not in FINAL}
    return sum(
        count for piece, edges, count in job.groups if not any((piece, edge) in open_edges for edge in edges)
    )


def _readers(job: Job, figures: dict[int, dict[str, int]]) -> Iterator[Reconciliation]:
    """One entry for each reader, the pieces of the people put together."""
    together: dict[tuple[str, str], list[Asked]] = {}
    for one in job.asked:
        together.setdefault((one.part.edge, one.part.reader), []).append(one)
    for (edge, reader), theirs in sorted(together.items()):
        counted: dict[str, int] = {}
        for one in theirs:
            for what, count in figures.get(one.number, {}).items():
                counted[what] = counted.get(what, 0) + count
        parts = [one.part for one in theirs]
        stands = job_state(parts)
        slowest = next(part for part in parts if part.state == stands)
        yield Reconciliation(
            edge=edge,
            reader=reader,
            state=stands,
            read=sum(one.total for one in theirs),
            matched=sum(one.matched for one in theirs) + counted.get("matched", 0),
            to_add=counted.get("to-add", 0),
            added=counted.get("added", 0),
            to_change=counted.get("to-change", 0),
            changed=counted.get("changed", 0),
            in_conflict=counted.get("in-conflict", 0),
            only_on_device=counted.get("only-on-device", 0),
            only_in_ledger=counted.get("only-in-ledger", 0),
            unmatched=counted.get("unmatched", 0),
            reason=slowest.reason,
            evidence=slowest.evidence,
            notices=tuple(dict.fromkeys(notice for one in theirs for notice in one.notices)),
        )


def entry(job: Job) -> ResyncEntry:
    """A job as a line of the list."""
    return ResyncEntry(
        name=job.request.request_id,
        user=job.actor,
        state=state(job),
        mode=job.request.mode,
        dry_run=job.request.dry_run,
        selected=job.people,
        span=job.request.span,
        began_at=job.began_at,
        ended_at=job.ended_at,
        undone_at=job.undone_at,
        undone_by=job.undone_by if job.undo is None else job.undo.by,
        reason=job.request.reason,
    )
