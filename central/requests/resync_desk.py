"""Owns how resyncs are served: begun for those who ask, handed to the edges, followed, and told."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from central.access.scope import Sight
from central.ledger import audit, jobs, orders
from central.ledger.database import Ledger
from central.ledger.jobs import Job
from central.post import Publish
from central.requests import resyncs
from central.requests.asking import Refusal
from central.requests.replies import Replies
from central.zones import Zones
from wire.codec import encode
from wire.order import Order
from wire.resync import ResyncRequest
from wire.topics import Topics

Readers = Callable[[], Mapping[str, Sequence[str]]]
"""The readers of each edge that is known."""


class ResyncDesk:
    """Serves resyncs. Not for more than one thread."""

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        zones: Zones,
        readers: Readers,
        replies: Replies,
        clock: Callable[[], datetime],
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._zones = zones
        self._readers = readers
        self._replies = replies
        self._clock = clock
        self._told: dict[tuple[str, str], bytes] = {}

    def serve(self, user: str, request: ResyncRequest, sight: Sight) -> None:
        """Start a resync, or tell how the one of this name stands. Raises Refusal."""
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

    def send_unsent_orders(self) -> None:
        """Hand over what could not be handed over before."""
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

    def repeat_orders(self, edge: str) -> None:
        """Give an edge that is there again what it has still to carry out."""
        with self._ledger.read() as connection:
            waiting = orders.open_orders(connection, edge, self._clock())
        for order in waiting:
            self._publish(self._topics.orders(edge), order)

    def _hand_over(self, edge: str, order: Order) -> bool:
        return self._publish(self._topics.orders(edge), encode(order))

    def follow(self, order_ids: Collection[str] | None) -> None:
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
        self._replies.send(*name, "progress" if job.ended_at is None else "done", body=body)
