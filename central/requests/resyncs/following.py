"""Owns how resyncs go on: orders handed over, answers compared, pieces landed, and the end recorded.

Every turn looks at what the ledger holds of a job and does the next small thing, so that a job goes on where
it was, whatever was killed in between.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from central.ledger import orders
from central.ledger.database import Ledger
from central.ledger.people import People
from central.ledger.resyncs import jobs, proofs, standing, verdicts
from central.ledger.resyncs.jobs import Asked, Job
from central.post import Publish
from central.requests.resyncs import ending, keeping, ordering, reading, strangers
from central.requests.resyncs.landing import Landing
from central.requests.resyncs.versions import Versions
from central.resync.course import FINAL, again_at, step
from central.zones import Zones
from ground.journal import Journal
from wire.codec import encode
from wire.topics import Topics

_AT_ONCE = 10
"""Orders made, or reports compared, in one turn of a job."""
_LONG_S = 0.3
"""Once a turn has taken so long it begins no more of them: others wait for the thread."""

journal = Journal("resync")


class Following:
    """Moves jobs on. Not for more than one thread."""

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        people: People,
        zones: Zones,
        landing: Landing,
        clock: Callable[[], datetime],
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._people = people
        self._zones = zones
        self._landing = landing
        self._clock = clock

    def turn(self, job: Job) -> tuple[Job, bool]:
        """Do the next things for an open job; return it as it is then, and whether there is more to do."""
        if job.again_at is not None and self._clock() < job.again_at:
            return job, False
        job, ordered = self._order(job)
        job = self._read(job)
        job, compared = self._compare(job)
        landed = self._may_land(job) and self._landing.piece(job)
        job, reconciled = (job, False) if landed else self._reconcile(job)
        busy = ordered or compared or landed or reconciled
        if busy and job.faults:
            with self._ledger.write() as connection:
                job = standing.recovered(connection, job)
        if not busy and all(one.part.state in FINAL for one in job.asked):
            self._note_strangers(job)
            job = self.end(job)
        return job, busy

    def _order(self, job: Job) -> tuple[Job, bool]:
        """Make and hand over the orders of parts that nobody was asked for yet.

        An edge that is not there gets them when it returns: the intake repeats whatever is open.
        """
        unsent = [one for one in job.asked if one.part.state == "requested"]
        if not unsent:
            return job, False
        directory = self._people.directory()
        with self._ledger.read() as connection:
            made = [ordering.made(connection, job, one, directory, self._zones) for one in _some(unsent)]
        with self._ledger.write() as connection:
            now = self._clock()
            for order, one in made:
                orders.give(connection, one.part.edge, order, now)
            jobs.keep(connection, job, [one for _, one in made])
        sent = [
            replace(one, part=step(one.part, "order"))
            for order, one in made
            if self._publish(self._topics.orders(one.part.edge), encode(order))
        ]
        with self._ledger.write() as connection:
            return self._moved(connection, job, sent), bool(sent)

    def _read(self, job: Job) -> Job:
        """Move the parts by what the edges told, and by the deadline."""
        with self._ledger.read() as connection:
            now_at = reading.moved(connection, job, self._clock())
        if all(one in job.asked for one in now_at):
            return job
        with self._ledger.write() as connection:
            return self._moved(connection, job, now_at)

    def _compare(self, job: Job) -> tuple[Job, bool]:
        """Compare some parts that have reported; each counts once the last of its pieces is stored."""
        reported = [one for one in job.asked if one.part.state == "reported"]
        versions = Versions(self._people.directory(), self._zones)
        for one in _some(reported):
            with self._ledger.read() as connection:
                compared = reading.compared(connection, job, one, versions)
            keeping.keep_verdicts(self._ledger, job, compared)
            with self._ledger.write() as connection:
                proofs.keep_device(connection, job.job_id, one.number, compared.device)
                proofs.keep_ledger(connection, job.job_id, one.number, compared.ledger)
                if compared.edge is not None:
                    proofs.keep_edge(connection, job.job_id, one.number, compared.edge)
                verdicts.count_matched(connection, job.job_id, one.piece, compared.matched)
                job = self._moved(connection, job, [compared.asked])
        return job, bool(reported)

    def _may_land(self, job: Job) -> bool:
        """A preview is tried once everybody has answered: punches of several readers make up one day."""
        asked_all = all(one.part.state in FINAL for one in job.asked)
        return job.cancelled_at is None and (asked_all or not job.request.dry_run)

    def _reconcile(self, job: Job) -> tuple[Job, bool]:
        """End some parts of which nothing is left to be landed, with the proof of what all hold now."""
        waiting = [one for one in job.asked if one.part.state == "landing"]
        if not waiting:
            return job, False
        with self._ledger.read() as connection:
            left = set() if job.request.dry_run else verdicts.to_do(connection, job.job_id)
            told = verdicts.figures(connection, job.job_id)
        done = [one for one in waiting if one.number not in left]
        for one in _some(done):
            if not job.request.dry_run:
                self._landing.keep_other_versions(job, one)
            with self._ledger.read() as connection:
                days = reading.ledger_days(connection, one) if one.number in told else None
            with self._ledger.write() as connection:
                if days is not None:
                    proofs.keep_ledger(connection, job.job_id, one.number, days)
                job = self._moved(connection, job, [replace(one, part=step(one.part, "land"))])
        return job, bool(done)

    def _note_strangers(self, job: Job) -> None:
        """Keep which badges of nobody were met, for somebody who may be told."""
        if job.strangers and job.cancelled_at is None:
            with self._ledger.read() as connection:
                found = strangers.met(connection, job, self._people.directory(), self._zones)
            with self._ledger.write() as connection:
                strangers.keep(connection, job, found)

    def cancel(self, job: Job) -> Job:
        """Ask nobody any more, and land nothing more; what was landed stays."""
        with self._ledger.write() as connection:
            now = self._clock()
            job = self._moved(
                connection, job, [replace(one, part=step(one.part, "cancel")) for one in job.asked]
            )
            job = standing.cancelled(connection, job, now)
        return self.end(job)

    def end(self, job: Job) -> Job:
        """Close a job."""
        return ending.end(self._ledger, job, self._clock())

    def faulted(self, job: Job, fault: str) -> Job:
        """Let a job rest that met a fault, a little longer each time, and give it up in the end."""
        now = self._clock()
        next_try = again_at(job.faults + 1, now)
        with self._ledger.write() as connection:
            job = standing.faulted(connection, job, fault, next_try)
        return ending.fail(self._ledger, job, now) if next_try is None else job

    def _moved(self, connection: Connection, job: Job, news: Sequence[Asked]) -> Job:
        """Store the parts that moved, and tell each step."""
        now_at = {one.number: one for one in news}
        moved = [one for one in news if one not in job.asked]
        jobs.keep(connection, job, moved)
        before = {one.number: one.part for one in job.asked}
        for one in moved:
            if (part := one.part) != before[one.number]:
                journal.info(
                    "resync_moved",
                    user=job.actor,
                    request=job.request.request_id,
                    edge=part.edge,
                    reader=part.reader,
                    state=part.state,
                    reason=part.reason,
                )
        return replace(job, asked=tuple(now_at.get(one.number, one) for one in job.asked))


def _some(waiting: Sequence[Asked]) -> Iterator[Asked]:
    """As many of these parts as one turn has time for, one at least."""
    until = time.monotonic() + _LONG_S
    for one in waiting[:_AT_ONCE]:
        yield one
        if time.monotonic() > until:
            return
