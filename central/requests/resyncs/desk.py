"""Owns the thread of resyncs: what people ask of them is answered between the pieces of their work."""

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from central.access.scope import Sight
from central.ledger.database import Ledger, LedgerError
from central.ledger.resyncs import jobs
from central.ledger.resyncs.jobs import Job
from central.requests.asking import Asking, Refusal
from central.requests.replies import Replies
from central.requests.resyncs.announcing import Announcing
from central.requests.resyncs.following import Following
from central.requests.resyncs.scheduling import Scheduling
from central.requests.resyncs.serving import Serving
from central.requests.resyncs.undoing import Undoing
from ground.journal import Journal
from wire.resync import ResyncRequest, ResyncsRequest

TURN_S = 1.0
LOOK_AGAIN_S = 2.0
"""Open resyncs are looked at so often even without news: for the deadline, and after the ledger was away."""
BREATH_S = 0.002
"""A pause behind each piece of work, in which the other threads come first."""

journal = Journal("resync")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody asks, and may see so much."""

    asking: Asking
    sight: Sight


@dataclass(frozen=True, slots=True)
class _News:
    """Edges told something of these orders; of all where it is None."""

    order_ids: frozenset[str] | None


class ResyncDesk:
    """Serves resyncs. `take`, `landed` and `connected` only take a note, on any thread."""

    def __init__(
        self,
        ledger: Ledger,
        serving: Serving,
        following: Following,
        undoing: Undoing,
        scheduling: Scheduling,
        announcing: Announcing,
        replies: Replies,
    ) -> None:
        self._ledger = ledger
        self._serving = serving
        self._following = following
        self._undoing = undoing
        self._scheduling = scheduling
        self._announcing = announcing
        self._replies = replies
        self._notes: SimpleQueue[_Asked | _News | None] = SimpleQueue()
        self._look_again = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resyncs", daemon=True)

    def take(self, asking: Asking, sight: Sight) -> None:
        """Note what somebody asks who may do so, and sees so much."""
        self._notes.put(_Asked(asking, sight))

    def landed(self, order_ids: Collection[str]) -> None:
        """Note that edges told something of orders."""
        self._notes.put(_News(frozenset(order_ids)))

    def connected(self) -> None:
        """Note that the bus is connected; orders that could not be handed over before go out now."""
        self._notes.put(_News(None))

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop behind the piece at hand, and wait for the thread. Open resyncs go on when central is back."""
        self._stop.set()
        self._notes.put(None)
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread still does its work."""
        return self._thread.is_alive()

    def _run(self) -> None:
        busy: set[int] = set()
        while not self._stop.is_set():
            try:
                busy = self._turn(busy)
            except LedgerError:
                self._stop.wait(TURN_S)
            except Exception as error:  # noqa: BLE001 - people must be answered whatever is odd in a resync
                journal.error("desk_fault", error=repr(error))
                self._stop.wait(TURN_S)

    def _turn(self, busy: set[int]) -> set[int]:
        """Serve who asks, then do one piece for each job that has something to do; return those."""
        wanted: set[str] | None = set()
        for note in self._waiting(BREATH_S if busy else TURN_S):
            match note:
                case _Asked(asking=asking, sight=sight):
                    job_id = self._serve(asking, sight)
                    busy |= set() if job_id is None else {job_id}
                case _News(order_ids=None):
                    wanted = None
                case _News(order_ids=order_ids) if order_ids is not None and wanted is not None:
                    wanted |= order_ids
                case _:
                    pass
        if time.monotonic() >= self._look_again:
            wanted, self._look_again = None, time.monotonic() + LOOK_AGAIN_S
            self._scheduling.begin_due()
        with self._ledger.read() as connection:
            found = [*jobs.still_open(connection), *jobs.being_undone(connection)]
        return self._work_all(
            [
                job
                for job in found
                if wanted is None or job.job_id in busy or any(one.order_id in wanted for one in job.asked)
            ]
        )

    def _work_all(self, found: Sequence[Job]) -> set[int]:
        """Work at each job; return those with more to do. What the ledger refuses one holds up no other."""
        busy: set[int] = set()
        trouble: LedgerError | None = None
        for job in found:
            try:
                busy |= {job.job_id} if self._work(job) else set()
            except LedgerError as error:
                trouble = error
        if trouble is not None:
            raise trouble
        return busy

    def _waiting(self, seconds: float) -> list[_Asked | _News | None]:
        """The notes that are there, or the first to come in time."""
        notes: list[_Asked | _News | None] = []
        try:
            notes.append(self._notes.get(timeout=seconds))
            while True:
                notes.append(self._notes.get_nowait())
        except Empty:
            return notes

    def _work(self, job: Job) -> bool:
        """Do the next things for a job; tell whether there is more to do now. An odd one spoils no other."""
        try:
            if job.undo is None:
                moved, busy = self._following.turn(job)
                self._announcing.tell(moved)
            else:
                moved, busy = self._undoing.turn(job)
                self._announcing.tell_undo(moved)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other resyncs must not suffer for it
            name = {"user": job.actor, "request": job.request.request_id}
            journal.error("resync_fault", **name, error=repr(error))
            self._faulted(self._fresh(job), repr(error))
            return False
        return busy

    def _faulted(self, job: Job, fault: str) -> None:
        if job.undo is not None:
            self._undoing.faulted(job, fault)
            return
        job = self._following.faulted(job, fault)
        if job.ended_at is not None:
            self._announcing.give_up(job)

    def _fresh(self, job: Job) -> Job:
        """A job as it stands now, whatever its turn came to before the fault."""
        with self._ledger.read() as connection:
            return jobs.find(connection, job.actor, job.request.request_id) or job

    def _serve(self, asking: Asking, sight: Sight) -> int | None:
        """Answer; return the id of a job that has something to do now."""
        user, verb, request = asking.user, asking.verb, asking.request
        request_id = request.request_id
        try:
            if isinstance(request, ResyncRequest):
                job = self._serving.begin(user, request, sight)
                self._announcing.tell(job, anyway=True)
                return None if job.ended_at is not None else job.job_id
            if isinstance(request, ResyncsRequest) and request.do == "undo":
                job = self._serving.undo(user, request, sight)
                self._announcing.undo_asked(asking, job)
                return None if job.undone_at is not None else job.job_id
            if isinstance(request, ResyncsRequest):
                answer, ended = self._serving.manage(user, request, sight)
                self._replies.done(asking, answer, {})
                if ended is not None:
                    self._announcing.tell(ended)
        except Refusal as refusal:
            self._replies.refused(user, verb, request_id, str(refusal))
        except LedgerError:
            self._replies.send(user, request_id, "failed", reason="the ledger is away; ask again in a minute")
            raise
        except Exception as error:  # noqa: BLE001 - one odd request must not silence the desk for all others
            journal.error("request_failed", user=user, verb=verb, request=request_id, error=repr(error))
            self._replies.send(user, request_id, "failed", reason=f"central could not do it: {error!r}")
        return None
