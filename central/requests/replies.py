"""Owns what goes back to people: answers on their own topics, and the audit beside each last one."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from central.ledger import audit
from central.ledger.database import Ledger
from central.post import Respond
from central.requests.asking import Asking, answer, fits
from ground.journal import Journal
from wire.listing import PunchesPage
from wire.topics import TopicError, Topics

journal = Journal("requests")


_REMEMBERED = 10_000
"""Requests whose answers go to a topic of their own; a resync may take days to its last answer."""


class Replies:
    """Answers people. Any thread may call."""

    def __init__(
        self, topics: Topics, publish: Respond, ledger: Ledger, clock: Callable[[], datetime]
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._clock = clock
        self._places: dict[tuple[str, str], tuple[str, bytes | None]] = {}

    def wanted_at(self, user: str, request_id: str, topic: str, correlation: bytes | None) -> None:
        """Note where somebody wants the answers to a request, and what they are to carry.

        A topic that does not lie below his own answers is not his to name: then they go where they always go.
        """
        topic = topic if self._is_of(user, topic) else ""
        if topic or correlation is not None:
            while len(self._places) >= _REMEMBERED:
                del self._places[next(iter(self._places))]
            self._places[user, request_id] = topic or self._topics.answer(user, request_id), correlation
        else:
            self._places.pop((user, request_id), None)

    def _is_of(self, user: str, topic: str) -> bool:
        try:
            levels = self._topics.parse(topic)
        except TopicError:
            return False
        return levels[:3] == ("admin", user, "answers") and len(levels) > len(("admin", user, "answers"))

    def done(self, asked: Asking, body: msgspec.Struct, figures: Mapping[str, int]) -> None:
        """Tell that a request was carried out, and audit it with some figures of the answer."""
        request = msgspec.to_builtins(asked.request)
        request.pop("verifier", None)
        detail = {"request": request, "outcome": "done", **figures}
        self._record(asked.user, asked.verb, asked.request.request_id, detail)
        self.send(asked.user, asked.request.request_id, "done", body=body)

    def refused(self, user: str, verb: str, request_id: str | None, reason: str) -> None:
        """Tell that a request was refused, as far as it can be answered, and audit it."""
        journal.warning("request_refused", user=user, verb=verb, request=request_id or "", reason=reason)
        self._record(user, verb, request_id or "", {"outcome": "refused", "reason": reason})
        if request_id is not None:
            self.send(user, request_id, "refused", reason=reason)

    def send(
        self, user: str, request_id: str, status: str, *, reason: str = "", body: msgspec.Struct | None = None
    ) -> None:
        """Publish an answer; a page of punches that is too long for a message is cut."""
        message = answer(request_id, status, self._clock(), reason=reason, body=body)
        while isinstance(body, PunchesPage) and not fits(message):
            half = body.punches[: len(body.punches) // 2]
            body = PunchesPage(punches=half, after=half[-1].punch_id)
            message = answer(request_id, status, self._clock(), body=body)
        try:
            place = self._places.get((user, request_id)) or (self._topics.answer(user, request_id), None)
        except TopicError as error:
            journal.warning("answer_impossible", user=user, request=request_id, error=error)
            return
        self._publish(place[0], message, correlation=place[1])

    def _record(self, user: str, verb: str, request_id: str, detail: Mapping[str, object]) -> None:
        with self._ledger.write() as connection:
            audit.record(connection, self._clock(), user, verb, request_id, detail)
