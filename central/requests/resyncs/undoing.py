"""Owns the undoing of a resync: what it made of punches is withdrawn, and the days are as they were before.

A day that nobody changed since gets the very result back that was stored before. One that others changed
meanwhile is marked, and computed again without what was withdrawn. No punch is erased.
"""

from datetime import datetime

from sqlalchemy import Connection

from central.days.settling import Settling, standings
from central.ledger.resyncs import amendments, changes
from central.ledger.resyncs.changes import Changed, Standing
from central.ledger.resyncs.jobs import Job
from central.ledger.workdays import coverage, marks, results, waiting
from central.requests.asking import Refusal

_AT_ONCE = 500


def check(job: Job) -> None:
    """Raise Refusal for a resync that there is nothing to undo of."""
    if job.request.dry_run:
        raise Refusal("that was a dry run: it changed nothing")
    if job.undone_at is not None:
        raise Refusal(f"{job.undone_by} undid it at {job.undone_at.isoformat(timespec='seconds')}")
    if job.ended_at is None:
        raise Refusal("it has not ended yet; cancel it first")


def undo(connection: Connection, job: Job, settling: Settling, now: datetime) -> dict[str, int]:
    """Take back what a job did, in one transaction; return figures for the audit."""
    withdrawn = amendments.withdraw(connection, job.job_id, now)
    _restore_standings(connection, job)
    restored, gone, left = _sorted(connection, job)
    before = marks.newest(connection)
    marks.mark_spans(connection, [(one.employee_id, one.day, one.day) for one in gone])
    settling.settle(connection, before)
    results.put(connection, [stored for one in restored if (stored := one.stored_before) is not None])
    results.remove(connection, [one.place for one in gone])
    marks.mark_spans(connection, [(one.employee_id, one.day, one.day) for one in (*restored, *left)])
    return {"withdrawn": withdrawn, "restored": len(restored) + len(gone), "computed_again": len(left)}


def _restore_standings(connection: Connection, job: Job) -> None:
    """Coverage and readers as they were, of those whose nobody touched since."""
    told = changes.standings(connection, job.job_id)
    current = standings(connection, {employee_id for employee_id, _, _ in told})
    for employee_id, was, became in told:
        if current.get(employee_id) == became:
            _restore_standing(connection, employee_id, was)


def _restore_standing(connection: Connection, employee_id: str, was: Standing) -> None:
    coverage.uncover(connection, employee_id)
    if was.coverage is not None:
        coverage.cover(connection, {employee_id: was.coverage})
    waiting.disuse(connection, employee_id)
    waiting.use(connection, [(employee_id, (edge, reader), last) for edge, reader, last in was.uses])


def _sorted(connection: Connection, job: Job) -> tuple[list[Changed], list[Changed], list[Changed]]:
    """The changed days: with a result to be restored, without one before, and those that others changed."""
    restored: list[Changed] = []
    gone: list[Changed] = []
    left: list[Changed] = []
    after = ("", -1)
    while page := changes.page(connection, job.job_id, _AT_ONCE, after):
        after = page[-1].place
        days = [one.day for one in page]
        held = results.held(connection, {one.employee_id for one in page}, min(days), max(days))
        for one in page:
            current = held.get(one.place)
            if one.mixed or current is None or current.result != one.after:
                left.append(one)
            else:
                (gone if one.before is None else restored).append(one)
    return restored, gone, left
