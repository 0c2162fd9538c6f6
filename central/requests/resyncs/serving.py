"""Owns what people may do with resyncs: begin one, list them, look at one, cancel it, undo it."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.access.scope import Sight
from central.directory.directory import Directory
from central.ledger import audit
from central.ledger.database import Ledger
from central.ledger.people import People
from central.ledger.resyncs import jobs
from central.ledger.resyncs.jobs import Job
from central.post import Readers
from central.requests.asking import Refusal, check_span
from central.requests.choosing import Choosing, Chosen
from central.requests.resyncs import pages, telling
from central.requests.resyncs.following import Following
from central.requests.resyncs.planning import plan
from central.requests.resyncs.undoing import Undoing
from wire.resync import ResyncList, ResyncRequest, ResyncShown, ResyncsRequest


class Serving:
    """Serves people. Not for more than one thread."""

    def __init__(
        self,
        ledger: Ledger,
        people: People,
        choosing: Choosing,
        readers: Readers,
        following: Following,
        undoing: Undoing,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._choosing = choosing
        self._readers = readers
        self._following = following
        self._undoing = undoing
        self._clock = clock

    def begin(self, user: str, request: ResyncRequest, sight: Sight) -> Job:
        """Start a resync, or find the one of this name. Raises Refusal."""
        with self._ledger.read() as connection:
            job = jobs.find(connection, user, request.request_id)
            if job is not None:
                self._check_sight(connection, job, sight)
                return job
        now = self._clock()
        chosen = self._chosen(request, sight)
        directory: Directory = self._people.directory()
        planned = plan(user, request, chosen, directory, self._readers(), now, whole=sight.whole)
        with self._ledger.write() as connection:
            begun = jobs.begin(connection, planned.job, planned.pieces)
            if begun is None:
                raise Refusal("a resync of this name was begun just now; ask again")
            detail = {"request": msgspec.to_builtins(request), "outcome": "accepted", "people": begun.people}
            audit.record(connection, now, user, "resync", request.request_id, detail)
        return begun

    def _chosen(self, request: ResyncRequest, sight: Sight) -> Chosen:
        """Whom a request selects on any of its dates: who moved meanwhile was there for some of them."""
        check_span(request.span)
        return self._choosing.choose_through(request.people, sight.scope.units, sight.directory, request.span)

    def manage(
        self, user: str, request: ResyncsRequest, sight: Sight
    ) -> tuple[ResyncList | ResyncShown, Job | None]:
        """Answer a request to list, show or cancel, with the job that it ended, if it did. Raises Refusal."""
        if request.do == "list":
            return self._list(user, request, sight), None
        job = self._named(user, request, sight)
        ended: Job | None = None
        if request.do == "cancel":
            if job.ended_at is not None:
                raise Refusal("it has ended already; what it did can be undone")
            job = ended = self._following.cancel(job)
        with self._ledger.read() as connection:
            return pages.shown(connection, job, request), ended

    def undo(self, user: str, request: ResyncsRequest, sight: Sight) -> Job:
        """Note that somebody wants a resync undone, and find it as it stands then. Raises Refusal."""
        return self._undoing.begin(self._named(user, request, sight), user, request.request_id)

    def _list(self, user: str, request: ResyncsRequest, sight: Sight) -> ResyncList:
        """Everybody's for those who see the whole organisation, else one's own."""
        before = None if request.after is None else _number(request.after)
        with self._ledger.read() as connection:
            found = jobs.latest(connection, request.limit, before, request.user if sight.whole else user)
        after = str(found[-1].job_id) if len(found) == request.limit else None
        return ResyncList(resyncs=tuple(map(telling.entry, found)), after=after)

    def _named(self, user: str, request: ResyncsRequest, sight: Sight) -> Job:
        """The resync that is meant: one's own first, others' for those who see the whole organisation."""
        if request.name is None:
            raise Refusal(f"{request.do} needs the name of a resync; punchwire resync list tells them")
        with self._ledger.read() as connection:
            found = jobs.named(connection, request.name)
            if not sight.whole:
                found = [job for job in found if job.actor == user]
            elif request.user is not None:
                found = [job for job in found if job.actor == request.user]
            found = [job for job in found if job.actor == user] or found
            if not found:
                raise Refusal(
                    f"there is no resync {request.name}; punchwire resync list tells which there are"
                )
            if len(found) > 1:
                names = ", ".join(sorted(job.actor for job in found))
                raise Refusal(f"several have a resync {request.name}: {names}; say whose with --by")
            self._check_sight(connection, found[0], sight)
            return found[0]

    def _check_sight(self, connection: Connection, job: Job, sight: Sight) -> None:
        if sight.whole:
            return
        if job.everybody or any(
            one not in sight.directory.employees for one in jobs.people_of(connection, job)
        ):
            raise Refusal("that resync is about people whom you may not see any more")


def _number(after: str) -> int:
    if not (after.isascii() and after.isdecimal()):
        raise Refusal(f"{after!r} is no place to go on from")
    return int(after)
