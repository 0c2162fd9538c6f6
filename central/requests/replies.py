"""Owns what goes back to people: answers on their own topics, and the audit beside each last one."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from central.ledger import audit
from central.ledger.database import Ledger
from central.post import Publish
from central.requests.asking import Asking, answer, fits
from ground.journal import Journal
from wire.listing import PunchesPage
from wire.topics import TopicError, Topics

journal = Journal("requests")


class Replies:
    """Answers people. Any thread may call."""

    def __init__(
        self, topics: Topics, publish: Publish, ledger: Ledger, clock: Callable[[], datetime]
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._clock = clock

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
            self._publish(self._topics.answer(user, request_id), message)
        except TopicError as error:
            journal.warning("answer_impossible", user=user, request=request_id, error=error)

    def _record(self, user: str, verb: str, request_id: str, detail: Mapping[str, object]) -> None:
        with self._ledger.write() as connection:
            audit.record(connection, self._clock(), user, verb, request_id, detail)
