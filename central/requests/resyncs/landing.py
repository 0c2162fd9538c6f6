"""Owns the work of a resync once it knows what is missing: pieces that are landed, or tried and taken back.

Each piece is one transaction: punches, workdays, and the word that it is done. So a resync goes on where it
was after a kill at any instant. A preview is the same transaction, rolled back once it has told its changes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from central.days.settling import Settled, Settling
from central.ledger import landing
from central.ledger.database import Ledger
from central.ledger.loads import Load
from central.ledger.punches import keep_version
from central.ledger.resyncs import amendments, changes, found, verdicts
from central.ledger.resyncs.amendments import Codes
from central.ledger.resyncs.jobs import Asked, Job
from central.ledger.resyncs.verdicts import Task
from central.ledger.workdays import coverage, marks
from central.requests.resyncs.ordering import restores
from central.resync import measuring
from central.resync.doubling import doubled
from central.streams import Parcel
from central.workdays.span import number
from wire.codec import decode
from wire.days import DayResult
from wire.punch import Punch

TASKS = 300
"""Punches in one piece at the most; the intake waits that long."""
PEOPLE = 50
"""People whose days are tried in one piece at the most. `measuring` makes it fewer where it would be long."""


class Landing:
    """Does the work of jobs, piece by piece. `settling` gives what computes by the state of now."""

    def __init__(
        self, ledger: Ledger, settling: Callable[[Connection], Settling], clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._settling = settling
        self._clock = clock

    def piece(self, job: Job) -> bool:
        """Do the next piece of what is known of a job; False if there is none now."""
        if job.request.mode == "recompute":
            return self._recompute(job)
        return self._try(job) if job.request.dry_run else self._land(job)

    def _land(self, job: Job) -> bool:
        with self._ledger.write() as connection:
            waiting = verdicts.tasks(connection, job.job_id, TASKS)
            if not waiting:
                return False
            covered = coverage.covered(connection, {one.employee_id for one in waiting})
            tasks = measuring.punches(waiting, covered)
            settled = self._take_in(connection, job, tasks)
            changes.keep(connection, job.job_id, settled.changes)
            changes.keep_standing(connection, job.job_id, settled.standings)
            verdicts.explain(connection, job.job_id, _doubled(settled))
        return True

    def _try(self, job: Job) -> bool:
        """What landing would change of some people's days."""
        with self._ledger.read() as connection:
            waiting = verdicts.untried(connection, job.job_id, PEOPLE)
            each = ((who, verdicts.tasks_of(connection, job.job_id, who)) for who in waiting)
            found = measuring.people(each, coverage.covered(connection, waiting))
        if not found:
            return False
        people, tasks = [who for who, _ in found], [task for _, theirs in found for task in theirs]
        self._keep_tried(job, people, self._tried(lambda connection: self._take_in(connection, job, tasks)))
        return True

    def _recompute(self, job: Job) -> bool:
        first, last = number(job.request.span.first), number(job.request.span.last)
        with self._ledger.read() as connection:
            waiting = changes.untried(connection, job.job_id, PEOPLE)
            people = measuring.spans(waiting, first, last, coverage.covered(connection, waiting))
        if not people:
            return False
        if job.request.dry_run:
            self._keep_tried(
                job, people, self._tried(lambda connection: self._computed(connection, job, people))
            )
            return True
        with self._ledger.write() as connection:
            settled = self._computed(connection, job, people)
            changes.keep(connection, job.job_id, settled.changes)
            changes.keep_standing(connection, job.job_id, settled.standings)
            changes.tried(connection, job.job_id, people)
        return True

    def _tried(self, work: Callable[[Connection], Settled]) -> Settled:
        """What some work would change: it is done, looked at, and taken back."""
        with self._ledger.trial() as connection:
            return work(connection)

    def _keep_tried(self, job: Job, people: Sequence[str], settled: Settled) -> None:
        with self._ledger.write() as connection:
            changes.keep(connection, job.job_id, settled.changes)
            changes.tried(connection, job.job_id, people)
            verdicts.explain(connection, job.job_id, _doubled(settled))

    def _computed(self, connection: Connection, job: Job, people: Sequence[str]) -> Settled:
        """Compute days of people again. Nobody else need do so: no punch is new."""
        before = marks.newest(connection)
        first, last = number(job.request.span.first), number(job.request.span.last)
        marks.mark_spans(connection, [(one, first, last) for one in people])
        settled = self._settling(connection).settle(connection, before)
        marks.drop(connection, [mark.mark_id for mark in marks.behind(connection, before)])
        return settled

    def _take_in(self, connection: Connection, job: Job, tasks: Sequence[Task]) -> Settled:
        """Land what readers told, let their codes count where they should, and compute what that changes."""
        now, before = self._clock(), marks.newest(connection)
        by_part: dict[int, list[Task]] = {}
        for task in tasks:
            by_part.setdefault(task.part, []).append(task)
        asked = {one.number: one for one in job.asked}
        for part, theirs in by_part.items():
            self._take_in_part(connection, job, asked[part], theirs, now)
        return self._settling(connection).settle(connection, before)

    def _take_in_part(
        self, connection: Connection, job: Job, one: Asked, tasks: Sequence[Task], now: datetime
    ) -> None:
        """What came by itself meanwhile is a match: to undo the resync must not take it back."""
        parcels = found.parcels(connection, one.part.edge, one.order_id, [task.punch_id for task in tasks])
        wanted = {task.punch_id for task in tasks if task.what == "to-add"}
        back = amendments.withdrawn(connection, wanted) if restores(job) else set[bytes]()
        brought = landing.land_punches(connection, list(map(Load.of, parcels)), now, reread=True)
        added = back | wanted.intersection(brought.punch_ids)
        amendments.note_added(connection, job.job_id, added, now)
        verdicts.done(connection, job.job_id, tasks, arrived=wanted - added)
        changed = {task.punch_id for task in tasks if task.what == "to-change"}
        codes = [
            Codes(bytes.fromhex(punch.punch_id), punch.direction_code, punch.verify_code)
            for punch in _punches(parcels)
            if bytes.fromhex(punch.punch_id) in changed
        ]
        amendments.note_codes(connection, job.job_id, codes, now)

    def keep_other_versions(self, job: Job, one: Asked) -> None:
        """Keep what a reader told differently, with the reason, beside the ledger's punches."""
        with self._ledger.read() as connection:
            told = verdicts.beside(connection, job.job_id, one.number)
        ids = list(told)
        for start in range(0, len(ids), TASKS):
            with self._ledger.write() as connection:
                some = ids[start : start + TASKS]
                for punch in _punches(found.parcels(connection, one.part.edge, one.order_id, some)):
                    beside, word = told[bytes.fromhex(punch.punch_id)]
                    keep_version(connection, beside, one.part.edge, punch, word, self._clock())


def _doubled(settled: Settled) -> Iterator[tuple[bytes, str, str]]:
    """Which punches of the days that changed are one event at two readers, and what is said of them."""
    for change in settled.changes.values():
        for punch_id, ruling in doubled(decode(change.after.result, DayResult)):
            yield bytes.fromhex(punch_id), ruling.word, ruling.why


def _punches(parcels: Sequence[Parcel]) -> list[Punch]:
    return [punch for parcel in parcels for _, punch in parcel.punches]
