"""Owns how people compare a terminal's users with the directory, and bring the terminal to it by orders."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b

import msgspec
from sqlalchemy import Connection

from central.directory.directory import Directory
from central.directory.enrolment import difference, wanted
from central.ledger import audit, orders, queries
from central.ledger.database import Ledger
from central.ledger.workdays.coverage import COUNTED
from central.post import Publish, Readers
from central.requests.asking import Asking, Refusal, check_reader
from central.requests.replies import Replies
from central.workdays.interpretation import Sites
from wire.codec import encode
from wire.enrolment import Differing, EnrolmentAnswer, EnrolmentRequest
from wire.facts import OrderOutcome
from wire.order import EnrolOrder
from wire.topics import Topics
from wire.users import USERS_LIMIT, HeldUser, TerminalUser

_LISTED = 300
"""Users in each list of an answer at the most; the wire can carry three such lists."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody who waits for the outcome of orders, and whom the directory wants on the terminal."""

    user: str
    request: EnrolmentRequest
    orders: tuple[EnrolOrder, ...]
    directory: Directory
    day: date


class EnrolmentDesk:
    """Serves requests for enrolment. Not for more than one thread.

    Who waits is known in memory alone: after a restart of central the same request is asked again, and finds
    its orders by their ids.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        sites: Sites,
        readers: Readers,
        replies: Replies,
        clock: Callable[[], datetime],
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._sites = sites
        self._readers = readers
        self._replies = replies
        self._clock = clock
        self._waiting: list[_Waiting] = []

    def serve(self, asked: Asking, request: EnrolmentRequest, directory: Directory) -> None:
        """Order what was asked, and tell how that goes. Raises Refusal for an unknown reader."""
        check_reader(request.edge, request.reader, self._readers())
        now = self._clock()
        day = now.astimezone(self._sites.zones.of(request.edge)).date()
        if request.do == "diff" and request.remove:
            raise Refusal("diff deletes nobody; push does")
        given = tuple(self._orders(asked.user, request, self._wanted(request, directory, day), now))
        with self._ledger.write() as connection:
            fresh = [order for order in given if orders.give(connection, request.edge, order, now)]
            if fresh:
                detail = {"request": msgspec.to_builtins(request), "outcome": "accepted"}
                audit.record(connection, now, asked.user, "enrolment", request.request_id, detail)
        for order in fresh:
            self._publish(self._topics.orders(request.edge), encode(order))
        with self._ledger.read() as connection:
            kept = tuple(self._kept(connection, order) for order in given)
        waiting = _Waiting(asked.user, request, kept, directory, day)
        self._waiting = [one for one in self._waiting if one.orders[0].order_id != kept[0].order_id]
        self._waiting.append(waiting)
        body = EnrolmentAnswer(
            edge=request.edge, reader=request.reader, state="ordered", order_id=kept[0].order_id
        )
        self._replies.send(asked.user, request.request_id, "progress", body=body)
        self.follow(None)

    def follow(self, order_ids: Collection[str] | None) -> None:
        """Tell those who wait for one of these orders, or None for any, what became of it."""
        concerned = [
            one
            for one in self._waiting
            if order_ids is None or any(order.order_id in order_ids for order in one.orders)
        ]
        if not concerned:
            return
        with self._ledger.read() as connection:
            for one in concerned:
                if (body := self._answer(connection, one)) is not None:
                    self._waiting.remove(one)
                    self._replies.send(one.user, one.request.request_id, "done", body=body)

    def _wanted(self, request: EnrolmentRequest, directory: Directory, day: date) -> list[TerminalUser]:
        branches = {name for name, edges in self._sites.branches.items() if request.edge in edges}
        return wanted(directory, request.edge, branches, day, COUNTED)

    def _orders(
        self, user: str, request: EnrolmentRequest, want: Sequence[TerminalUser], now: datetime
    ) -> Iterator[EnrolOrder]:
        """As many orders as it takes, each with an id that is the same for the same request."""
        put = want if request.do == "push" else ()
        for place in range(max(1, -(-len(put) // USERS_LIMIT))):
            asked = f"{user}\n{request.request_id}\n{request.edge}\n{request.reader}\n{place}"
            yield EnrolOrder(
                order_id="enrol-" + blake2b(asked.encode(), digest_size=12).hexdigest(),
                expires_at=now + timedelta(seconds=request.expires_in_s),
                reader=request.reader,
                put=tuple(put[place * USERS_LIMIT : (place + 1) * USERS_LIMIT]),
                remove=() if place else request.remove,
                with_templates=request.with_templates,
            )

    def _kept(self, connection: Connection, order: EnrolOrder) -> EnrolOrder:
        """The order as it was given the first time."""
        stored = orders.find(connection, order.order_id)
        return stored if isinstance(stored, EnrolOrder) else order

    def _answer(self, connection: Connection, one: _Waiting) -> EnrolmentAnswer | None:
        """The last answer, if the edge has told all outcomes, or will not tell any more."""
        ids = [order.order_id for order in one.orders]
        told = {
            outcome.order_id: outcome
            for edge, outcome in queries.outcomes(connection, ids)
            if edge == one.request.edge
        }
        outcomes = [told.get(order.order_id) or self._overdue(order) for order in one.orders]
        ended = [outcome for outcome in outcomes if outcome is not None]
        if len(ended) < len(outcomes):
            return None
        worst = next((outcome for outcome in ended if outcome.outcome != "done"), ended[-1])
        figures: dict[str, float] = {}
        for outcome in ended:
            for name, figure in outcome.figures.items():
                figures[name] = figures.get(name, 0) + figure
        body = EnrolmentAnswer(
            edge=one.request.edge,
            reader=one.request.reader,
            state=worst.outcome,
            order_id=worst.order_id,
            figures=figures,
            reason=worst.reason,
            evidence=worst.evidence,
        )
        last = next((order_id for order_id in reversed(ids) if order_id in told), ids[-1])
        held = queries.user_table(connection, one.request.edge, last)
        return body if held is None else self._compared(one, body, held)

    def _compared(self, one: _Waiting, body: EnrolmentAnswer, held: Sequence[HeldUser]) -> EnrolmentAnswer:
        want = self._wanted(one.request, one.directory, one.day)
        found = difference(held, want, one.directory, one.request.edge, one.day)
        lists = (found.missing, found.unknown, found.differing)
        return msgspec.structs.replace(
            body,
            users=len(held),
            missing=found.missing[:_LISTED],
            unknown=found.unknown[:_LISTED],
            differing=tuple(Differing(held=it, wanted=want) for it, want in found.differing[:_LISTED]),
            more=sum(max(0, len(told) - _LISTED) for told in lists),
        )

    def _overdue(self, order: EnrolOrder) -> OrderOutcome | None:
        now = self._clock()
        if now <= order.expires_at:
            return None
        evidence = f"no word from the edge until {order.expires_at.isoformat(timespec='seconds')}"
        return OrderOutcome(
            order_id=order.order_id, outcome="expired", at=now, reason="expired", evidence=evidence
        )
