"""Owns how people see terminals' clocks and have them set: an order to the edge, followed to its outcome."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec
from sqlalchemy import Connection

from central.ledger import audit, orders, queries
from central.ledger.database import Ledger
from central.post import Publish, Readers
from central.requests.asking import Asking, check_reader
from central.requests.replies import Replies
from central.zones import Zones
from wire.clocks import ClockAnswer, ClockRequest
from wire.codec import encode
from wire.facts import OrderOutcome
from wire.order import ClockOrder
from wire.topics import Topics
from wire.vitals import Heartbeat, ReaderVital

Heartbeats = Callable[[], Mapping[str, Heartbeat]]
"""The last heartbeat of each edge that ever sent one."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody who waits for the outcome of an order."""

    user: str
    request: ClockRequest
    order: ClockOrder


class ClockDesk:
    """Serves requests for clocks. Not for more than one thread.

    Who waits is known in memory alone: after a restart of central the same request is asked again, and finds
    its order by its id.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        zones: Zones,
        readers: Readers,
        heartbeats: Heartbeats,
        replies: Replies,
        clock: Callable[[], datetime],
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._zones = zones
        self._readers = readers
        self._heartbeats = heartbeats
        self._replies = replies
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}

    def serve(self, asked: Asking, request: ClockRequest) -> None:
        """Show a clock, or have it set and tell how that goes. Raises Refusal for an unknown reader."""
        check_reader(request.edge, request.reader, self._readers())
        if request.do == "show":
            self._replies.done(asked, self._shown(request), {})
        else:
            self._order(asked.user, request)

    def follow(self, order_ids: Collection[str] | None) -> None:
        """Tell those who wait for one of these orders, or None for any, what became of it."""
        wanted = [
            self._waiting[order_id]
            for order_id in list(self._waiting)
            if order_ids is None or order_id in order_ids
        ]
        if not wanted:
            return
        with self._ledger.read() as connection:
            for waiting in wanted:
                self._tell(connection, waiting)

    def _order(self, user: str, request: ClockRequest) -> None:
        now = self._clock()
        order_id = _order_id(user, request)
        with self._ledger.read() as connection:
            order = orders.find(connection, order_id)
        if not isinstance(order, ClockOrder):
            order = ClockOrder(
                order_id=order_id,
                expires_at=now + timedelta(seconds=request.expires_in_s),
                reader=request.reader,
                zone=str(self._zones.of(request.edge)),
            )
            with self._ledger.write() as connection:
                detail = {"request": msgspec.to_builtins(request), "outcome": "accepted", "order": order_id}
                audit.record(connection, now, user, "clock", request.request_id, detail)
                orders.give(connection, request.edge, order, now)
            self._publish(self._topics.orders(request.edge), encode(order))
        waiting = self._waiting[order_id] = _Waiting(user, request, order)
        body = msgspec.structs.replace(self._shown(request), state="ordered", order_id=order_id)
        self._replies.send(user, request.request_id, "progress", body=body)
        with self._ledger.read() as connection:
            self._tell(connection, waiting)

    def _tell(self, connection: Connection, waiting: _Waiting) -> None:
        """The last answer, if the edge has told the outcome, or will not tell any more."""
        request, order = waiting.request, waiting.order
        told = [
            outcome
            for edge, outcome in queries.outcomes(connection, {order.order_id})
            if edge == request.edge
        ]
        outcome = told[-1] if told else self._overdue(order)
        if outcome is None:
            return
        body = msgspec.structs.replace(
            self._shown(request),
            state=outcome.outcome,
            order_id=order.order_id,
            before_s=outcome.figures.get("before_s"),
            after_s=outcome.figures.get("after_s"),
            reason=outcome.reason,
            evidence=outcome.evidence,
        )
        del self._waiting[order.order_id]
        self._replies.send(waiting.user, request.request_id, "done", body=body)

    def _overdue(self, order: ClockOrder) -> OrderOutcome | None:
        now = self._clock()
        if now <= order.expires_at:
            return None
        evidence = f"no word from the edge until {order.expires_at.isoformat(timespec='seconds')}"
        return OrderOutcome(
            order_id=order.order_id, outcome="expired", at=now, reason="expired", evidence=evidence
        )

    def _shown(self, request: ClockRequest) -> ClockAnswer:
        """What the last heartbeat tells."""
        beat = self._heartbeats().get(request.edge)
        vital = None if beat is None else _vital(beat, request.reader)
        zone = self._zones.of(request.edge)
        answer = ClockAnswer(edge=request.edge, reader=request.reader, zone=str(zone), state="shown")
        if beat is None or vital is None:
            return answer
        ahead_s = None
        if vital.clock_offset_s is not None and vital.clock_at is not None:
            wall_s = (vital.clock_at.astimezone(zone).utcoffset() or timedelta()).total_seconds()
            ahead_s = round(vital.clock_offset_s - wall_s, 1)
        return msgspec.structs.replace(
            answer, device=vital.device, ahead_s=ahead_s, measured_at=vital.clock_at, trust=beat.trust
        )


def _vital(beat: Heartbeat, reader: str) -> ReaderVital | None:
    return next((vital for vital in beat.readers if vital.reader == reader), None)


def _order_id(user: str, request: ClockRequest) -> str:
    """The same for the same request, so that an order can never be given twice."""
    asked = f"{user}\n{request.request_id}\n{request.edge}\n{request.reader}"
    return "clock-" + blake2b(asked.encode(), digest_size=12).hexdigest()
