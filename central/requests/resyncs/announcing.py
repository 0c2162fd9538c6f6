"""Owns what those hear who wait for a resync: where it stands, not too often, and the last answer."""

import time

from central.ledger.database import Ledger
from central.ledger.resyncs.jobs import Job
from central.requests.asking import Asking
from central.requests.replies import Replies
from central.requests.resyncs import pages, telling
from central.requests.resyncs.ordering import CENTRAL
from central.resync.undoing import Undo
from wire.codec import encode
from wire.resync import ResyncProgress, ResyncsRequest

TELL_S = 1.0
"""Progress of one resync is told no more often."""


class Announcing:
    """Answers who began a resync, and who wants one undone. Not for more than one thread."""

    def __init__(self, ledger: Ledger, replies: Replies) -> None:
        self._ledger = ledger
        self._replies = replies
        self._told: dict[int, tuple[bytes, float]] = {}
        self._waiting: dict[int, dict[tuple[str, str], Asking]] = {}

    def tell(self, job: Job, *, anyway: bool = False) -> None:
        """Answer with where a resync stands, if that is news; its last answer once it has ended."""
        if job.actor == CENTRAL:
            return
        ended = job.ended_at is not None
        body = self._news(job, anyway=anyway, last=ended)
        if body is not None:
            status = "done" if ended else "progress"
            self._replies.send(job.actor, job.request.request_id, status, body=body)

    def give_up(self, job: Job) -> None:
        """Tell the last answer of a job that failed, without looking at what may be odd in it."""
        self._told.pop(job.job_id, None)
        if job.actor != CENTRAL:
            reason = f"central gave it up at the {job.faults}th try: {job.fault}"
            self._replies.send(job.actor, job.request.request_id, "failed", reason=reason)

    def undo_asked(self, asking: Asking, job: Job) -> None:
        """Note that somebody waits until a resync is undone, and tell how far it is."""
        self._waiting.setdefault(job.job_id, {})[asking.user, asking.request_id] = asking
        self.tell_undo(job, anyway=True)

    def tell_undo(self, job: Job, *, anyway: bool = False) -> None:
        """Answer who wants a resync undone with how far it is, if that is news, at last with all of it."""
        if job.undo is None:
            return
        undone = job.undone_at is not None
        body = self._news(job, anyway=anyway, last=undone)
        if body is None:
            return
        waiting = _first(job, job.undo) | self._waiting.get(job.job_id, {})
        if not undone:
            for user, request_id in waiting:
                self._replies.send(user, request_id, "progress", body=body)
            return
        self._waiting.pop(job.job_id, None)
        for asking in waiting.values():
            assert isinstance(asking.request, ResyncsRequest), "nothing else undoes"
            with self._ledger.read() as connection:
                shown = pages.shown(connection, job, asking.request)
            self._replies.done(asking, shown, job.undo.figures)

    def _news(self, job: Job, *, anyway: bool, last: bool) -> ResyncProgress | None:
        """Where a resync stands; None if that was told, or something else was told just now."""
        told, told_at = self._told.get(job.job_id, (b"", 0.0))
        now = time.monotonic()
        if not (anyway or last) and now - told_at < TELL_S:
            return None
        with self._ledger.read() as connection:
            body = telling.progress(connection, job)
        stand = encode(body)
        if not (anyway or last) and told == stand:
            return None
        self._told[job.job_id] = stand, now
        if last:
            del self._told[job.job_id]
        return body


def _first(job: Job, undo: Undo) -> dict[tuple[str, str], Asking]:
    """Who asked first for an undoing, though it was another life of central that heard it."""
    request = ResyncsRequest(
        request_id=undo.request_id, do="undo", name=job.request.request_id, user=job.actor
    )
    return {(undo.by, undo.request_id): Asking(undo.by, "resyncs", request)}
