"""Owns the thread that serves people: takes requests, answers, audits, and follows the open resyncs."""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

import msgspec

from central.access import roles
from central.access.changing import ChangeRefused
from central.access.scope import Sight
from central.ledger import audit, jobs, orders
from central.ledger.database import Ledger, LedgerError
from central.ledger.jobs import Job
from central.ledger.people import People
from central.post import Delivery, Landed, Publish
from central.requests import resyncs
from central.requests.answering import Answering
from central.requests.asking import Asking, Refusal, Unclear, answer, fits, read_request
from central.requests.sights import Sights
from central.users import Users
from central.workdays.interpretation import Sites
from central.zones import Zones
from ground.journal import Journal
from wire.admin import PunchesPage, ResyncRequest
from wire.codec import encode
from wire.order import Order
from wire.topics import TopicError, Topics

TICK_S = 1.0
LOOK_AGAIN_S = 2.0
"""Open resyncs are looked at so often even without news: for the deadline, and after the ledger was away."""
ACCOUNTS_AGAIN_S = 30.0
"""The broker's accounts are compared with the users so often, whoever had his hands on them in between."""

journal = Journal("requests")
Readers = Callable[[], Mapping[str, Sequence[str]]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Connected:
    """The bus is connected, for the first time or again."""


class Requests:
    """Serves people. `take`, `landed` and `connected` only take a note, on any thread.

    It wants the messages below `admin/+/+`. `readers` gives the readers of each edge that is known, `sites`
    their roles and branches, `users` decides who may do what.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        people: People,
        zones: Zones,
        readers: Readers,
        *,
        sites: Sites | None = None,
        users: Users | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._users = users or Users(ledger, people)
        self._sights = Sights(people)
        self._zones = zones
        self._readers = readers
        self._answering = Answering(ledger, zones, sites or Sites(zones), self._users)
        self._clock = clock
        self._notes: SimpleQueue[Delivery | Landed | _Connected | None] = SimpleQueue()
        self._told: dict[tuple[str, str], bytes] = {}
        self._look_again = self._accounts_again = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="requests", daemon=True)

    def take(self, delivery: Delivery) -> None:
        """Note a message of a person."""
        self._notes.put(delivery)

    def landed(self, landed: Landed) -> None:
        """Note that edges told something of orders."""
        if landed.orders:
            self._notes.put(landed)

    def connected(self) -> None:
        """Note that the bus is connected; orders that could not be handed over before go out now."""
        self._notes.put(_Connected())

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread. Open resyncs go on when central is back."""
        self._stop.set()
        self._notes.put(None)
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread still does its work."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                note = self._notes.get(timeout=TICK_S)
            except Empty:
                note = None
            try:
                self._serve(note)
                if time.monotonic() >= self._look_again:
                    self._look_again = time.monotonic() + LOOK_AGAIN_S
                    self._follow(None)
                if time.monotonic() >= self._accounts_again:
                    self._accounts_again = time.monotonic() + ACCOUNTS_AGAIN_S
                    self._users.write_accounts()
            except LedgerError as error:
                journal.warning("ledger_unavailable", error=error)

    def _serve(self, note: Delivery | Landed | _Connected | None) -> None:
        match note:
            case Delivery(levels=("admin", user, verb), payload=payload) if payload:
                self._request(user, verb, payload)
            case Landed(orders=order_ids):
                self._follow(order_ids)
            case _Connected():
                self._send_unsent_orders()
            case _:
                pass

    def _request(self, user: str, verb: str, payload: bytes) -> None:
        asked = read_request(user, verb, payload)
        if isinstance(asked, Unclear):
            self._refuse(user, verb, asked.request_id, asked.reason)
            return
        request_id = asked.request.request_id
        decision = roles.decide(user, self._users.find(user), verb)
        if isinstance(decision, roles.Denied):
            self._refuse(user, verb, request_id, decision.reason)
            return
        try:
            self._carry_out(asked, self._sights.of(decision.scope))
        except (Refusal, ChangeRefused) as refusal:
            self._refuse(user, verb, request_id, str(refusal))
        except LedgerError:
            self._reply(user, request_id, "failed", reason="the ledger is away; ask again in a minute")
            raise
        except Exception as error:  # noqa: BLE001 - one odd request must not silence the desk for all others
            journal.error("request_failed", user=user, verb=verb, request=request_id, error=repr(error))
            self._reply(user, request_id, "failed", reason=f"central could not carry it out: {error!r}")

    def _carry_out(self, asked: Asking, sight: Sight) -> None:
        if isinstance(asked.request, ResyncRequest):
            self._resync(asked.user, asked.request, sight)
        else:
            self._done(asked, *self._answering.answer(asked, sight, self._clock()))

    def _done(self, asked: Asking, body: msgspec.Struct, figures: Mapping[str, int]) -> None:
        request = msgspec.to_builtins(asked.request)
        request.pop("verifier", None)
        detail = {"request": request, "outcome": "done", **figures}
        self._record(asked.user, asked.verb, asked.request.request_id, detail)
        self._reply(asked.user, asked.request.request_id, "done", body=body)

    def _refuse(self, user: str, verb: str, request_id: str | None, reason: str) -> None:
        journal.warning("request_refused", user=user, verb=verb, request=request_id or "", reason=reason)
        self._record(user, verb, request_id or "", {"outcome": "refused", "reason": reason})
        if request_id is not None:
            self._reply(user, request_id, "refused", reason=reason)

    def _record(self, user: str, verb: str, request_id: str, detail: Mapping[str, object]) -> None:
        with self._ledger.write() as connection:
            audit.record(connection, self._clock(), user, verb, request_id, detail)

    def _reply(
        self, user: str, request_id: str, status: str, *, reason: str = "", body: msgspec.Struct | None = None
    ) -> None:
        message = answer(request_id, status, self._clock(), reason=reason, body=body)
        while isinstance(body, PunchesPage) and not fits(message):
            half = body.punches[: len(body.punches) // 2]
            body = PunchesPage(punches=half, after=half[-1].punch_id)
            message = answer(request_id, status, self._clock(), body=body)
        try:
            self._publish(self._topics.answer(user, request_id), message)
        except TopicError as error:
            journal.warning("answer_impossible", user=user, request=request_id, error=error)

    def _resync(self, user: str, request: ResyncRequest, sight: Sight) -> None:
        """Start a resync, or tell how the one of this name stands."""
        with self._ledger.read() as connection:
            job = jobs.find(connection, user, request.request_id)
        if job is None:
            job = self._begin(user, request, sight)
        elif not sight.whole and any(one not in sight.directory.employees for one in job.request.employees):
            raise Refusal("that resync is about people whom you may not see any more")
        self._tell(job, anyway=True)

    def _begin(self, user: str, request: ResyncRequest, sight: Sight) -> Job:
        now = self._clock()
        job, given = resyncs.plan(user, request, sight.directory, self._readers(), self._zones, now)
        with self._ledger.write() as connection:
            resyncs.begin(connection, job, given, now)
            detail = {"request": msgspec.to_builtins(request), "outcome": "accepted"}
            audit.record(connection, now, user, "resync", request.request_id, detail)
        self._send_orders([job])
        with self._ledger.read() as connection:
            return jobs.find(connection, user, request.request_id) or job

    def _send_unsent_orders(self) -> None:
        with self._ledger.read() as connection:
            found = jobs.still_open(connection)
        for job in self._send_orders(found):
            self._tell(job)

    def _send_orders(self, found: Sequence[Job]) -> list[Job]:
        """Hand over the orders of parts that nobody was asked for yet; return the jobs that moved by it.

        An edge that is not there gets them when it returns: the intake repeats whatever is open.
        """
        sent: list[tuple[Job, set[str]]] = []
        with self._ledger.read() as connection:
            for job in found:
                unsent = {one.part.edge: one.order_id for one in job.asked if one.part.state == "requested"}
                given = {edge: orders.find(connection, order_id) for edge, order_id in unsent.items()}
                done = {edge for edge, order in given.items() if order and self._hand_over(edge, order)}
                if done:
                    sent.append((job, done))
        if not sent:
            return []
        with self._ledger.write() as connection:
            return [resyncs.mark_ordered(connection, job, edges) for job, edges in sent]

    def _hand_over(self, edge: str, order: Order) -> bool:
        return self._publish(self._topics.orders(edge), encode(order))

    def _follow(self, order_ids: Collection[str] | None) -> None:
        """Look again at the resyncs of these orders, None for all that are open; answer where one moved."""
        with self._ledger.read() as connection:
            found = (
                jobs.still_open(connection) if order_ids is None else jobs.of_orders(connection, order_ids)
            )
        if not found:
            return
        with self._ledger.write() as connection:
            now = self._clock()
            moved = [resyncs.refresh(connection, job, self._zones, now) for job in found]
        for job in moved:
            self._tell(job)

    def _tell(self, job: Job, *, anyway: bool = False) -> None:
        """Answer with where a resync stands, if that is news; its last answer once it has ended."""
        name = (job.actor, job.request.request_id)
        body = resyncs.progress(job)
        stand = encode(body)
        if not anyway and self._told.get(name) == stand:
            return
        self._told[name] = stand
        if job.ended_at is not None:
            del self._told[name]
        self._reply(*name, "progress" if job.ended_at is None else "done", body=body)
