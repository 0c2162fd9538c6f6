"""Owns the undoing of a resync: what it made of punches is withdrawn, and the days are as they were before.

It goes in pieces, each a transaction of its own with the mark of how far it is done, so that it goes on where
it was after a kill at any instant. First of all it is sorted out which days others changed meanwhile: those
are computed again without what was withdrawn, all others get the very result back that was stored before.
Nothing is marked to be computed before its day is given back. No punch is erased.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from central.days.settling import Settling, standings
from central.ledger import audit
from central.ledger.database import Ledger
from central.ledger.resyncs import amendments, changes, standing
from central.ledger.resyncs.changes import Changed
from central.ledger.resyncs.jobs import Job
from central.ledger.workdays import coverage, marks, results, waiting
from central.requests.asking import Refusal
from central.resync.course import rest
from central.resync.undoing import Standing, Step, Undo, without
from ground.journal import Journal

ROWS = 1000
"""Amendments, or days that are only looked at, in one piece."""
DAYS = 200
"""Workdays, or people, that are given back in one piece; some of them are computed in it."""

journal = Journal("resync")


class Undoing:
    """Takes jobs back, piece by piece. `settling` gives what computes by the state of now."""

    def __init__(
        self, ledger: Ledger, settling: Callable[[Connection], Settling], clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._settling = settling
        self._clock = clock
        self._steps: dict[Step, Callable[[Connection, Job, Undo], Undo]] = {
            "sorting": _sort,
            "withdrawing": self._withdraw,
            "standings": _restore_standings,
            "days": self._restore_days,
            "marking": _mark,
        }

    def begin(self, job: Job, by: str, request_id: str) -> Job:
        """Note that somebody wants a job undone, unless it is noted. Raises Refusal if it makes no sense."""
        if job.undo is not None and (job.undone_at is None or _asked(job.undo) == (by, request_id)):
            return job
        _check(job)
        now, job_id = self._clock(), job.job_id
        with self._ledger.write() as connection:
            punches, days = amendments.count(connection, job_id), changes.count_all(connection, job_id)
            undo = Undo(by=by, request_id=request_id, since=now, punches=punches, days=days)
            _record(connection, now, job, {"outcome": "undoing", "by": by})
            return standing.undoing(connection, job, undo)

    def turn(self, job: Job) -> tuple[Job, bool]:
        """Do the next piece of a job that is being undone; return it then, and whether there is more."""
        undo = job.undo
        if undo is None or job.undone_at is not None:
            return job, False
        now = self._clock()
        if undo.again_at is not None and now < undo.again_at:
            return job, False
        with self._ledger.write() as connection:
            if undo.step is not None:
                job = standing.undoing(connection, job, self._steps[undo.step](connection, job, undo))
                return job, True
            job = standing.undone(connection, job, undo.by, now)
            _record(connection, now, job, {"outcome": "undone", "by": undo.by, **undo.figures})
        name = {"user": job.actor, "request": job.request.request_id}
        journal.info("resync_undone", **name, by=undo.by, **undo.figures)
        return job, False

    def faulted(self, job: Job, fault: str) -> Job:
        """Let an undoing rest that met a fault. It is never given up: half of it is worse than either."""
        if job.undo is None:
            return job
        faults = job.undo.faults + 1
        undo = replace(job.undo, faults=faults, fault=fault, again_at=self._clock() + rest(faults))
        with self._ledger.write() as connection:
            return standing.undoing(connection, job, undo)

    def _withdraw(self, connection: Connection, job: Job, undo: Undo) -> Undo:
        after = bytes.fromhex(undo.after[0])
        last = amendments.stretch(connection, job.job_id, ROWS, after)
        if last is None:
            return undo.moved(None)
        count = amendments.withdraw(connection, job.job_id, after, last, self._clock())
        return undo.moved((last.hex(), 0), withdrawn=count)

    def _restore_days(self, connection: Connection, job: Job, undo: Undo) -> Undo:
        page = changes.page(connection, job.job_id, DAYS, undo.after)
        if not page:
            return undo.moved(None)
        ours, theirs = [one for one in page if not one.mixed], [one for one in page if one.mixed]
        before = [stored for one in ours if (stored := one.stored_before) is not None]
        self._tell_what_is_left(connection, [one for one in ours if one.before is None])
        results.put(connection, before)
        again = [one.place for one in before] + [one.place for one in theirs]
        marks.mark_spans(connection, [(*place, place[1]) for place in again])
        return undo.moved(page[-1].place, restored=len(ours), computed_again=len(theirs))

    def _tell_what_is_left(self, connection: Connection, gone: Sequence[Changed]) -> None:
        """Days without a result before: computed once more to be told, and nobody finds them any more."""
        newest = marks.newest(connection)
        marks.mark_spans(connection, [(*one.place, one.day) for one in gone])
        self._settling(connection).settle(connection, newest)
        results.remove(connection, [one.place for one in gone])


def _record(connection: Connection, now: datetime, job: Job, detail: Mapping[str, Any]) -> None:
    audit.record(connection, now, job.actor, "resync", job.request.request_id, detail)


def _asked(undo: Undo) -> tuple[str, str]:
    return undo.by, undo.request_id


def _check(job: Job) -> None:
    """Raise Refusal for a resync that there is nothing to undo of."""
    if job.request.dry_run:
        raise Refusal("that was a dry run: it changed nothing")
    if job.undone_at is not None:
        raise Refusal(f"{job.undone_by} undid it at {job.undone_at.isoformat(timespec='seconds')}")
    if job.ended_at is None:
        raise Refusal("it has not ended yet; cancel it first")


def _sort(connection: Connection, job: Job, undo: Undo) -> Undo:
    return undo.moved(changes.note_strange(connection, job.job_id, ROWS, undo.after))


def _restore_standings(connection: Connection, job: Job, undo: Undo) -> Undo:
    """Coverage and readers as they were, but for what others did since."""
    page = changes.standings(connection, job.job_id, DAYS, undo.after[0])
    if not page:
        return undo.moved(None)
    current = standings(connection, {employee_id for employee_id, _, _ in page})
    for employee_id, was, became in page:
        now = current[employee_id]
        if (back := without(was, became, now)) != now:
            _restore_standing(connection, employee_id, back)
    return undo.moved((page[-1][0], 0))


def _restore_standing(connection: Connection, employee_id: str, was: Standing) -> None:
    coverage.uncover(connection, employee_id)
    if was.coverage is not None:
        coverage.cover(connection, {employee_id: was.coverage})
    waiting.disuse(connection, employee_id)
    waiting.use(connection, [(employee_id, (edge, reader), last) for edge, reader, last in was.uses])


def _mark(connection: Connection, job: Job, undo: Undo) -> Undo:
    """Have everything computed that the withdrawn punches touched, whosever they are by now."""
    after = bytes.fromhex(undo.after[0])
    last = amendments.stretch(connection, job.job_id, ROWS, after)
    if last is not None:
        amendments.mark(connection, job.job_id, after, last)
    return undo.moved(None if last is None else (last.hex(), 0))
