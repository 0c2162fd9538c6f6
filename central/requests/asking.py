"""Owns how requests are read and answers are written: the user is the topic's level, never the payload."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from typing import Any

import msgspec

from wire.admin import VERBS, Request
from wire.codec import MESSAGE_LIMIT, WireError, decode, encode
from wire.facts import Span
from wire.request import Answer, RequestId
from wire.resync import ResyncProgress, ResyncShown

_EARLIEST, _LATEST = date(1970, 1, 2), date(2199, 12, 31)
_READERS_BYTES = 80_000
_READERS_BESIDE_A_PAGE_BYTES = 30_000


class Refusal(Exception):
    """A request that central does not carry out; the text is the reason, for the person who asked."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that was understood: who asks, by which verb, for what."""

    user: str
    verb: str
    request: Request

    @property
    def request_id(self) -> str:
        """What the request is called."""
        return self.request.request_id


@dataclass(frozen=True, slots=True)
class Unclear:
    """A request that was not understood. Without a `request_id` nobody can be answered."""

    user: str
    verb: str
    request_id: str | None
    reason: str


class _Named(msgspec.Struct):
    request_id: RequestId


def read_request(user: str, verb: str, payload: bytes) -> Asking | Unclear:
    """Read a message on a person's request topic."""
    try:
        request_id = decode(payload, _Named).request_id
    except WireError as error:
        return Unclear(user, verb, None, f"the request cannot be read: {error}")
    kind = VERBS.get(verb)
    if kind is None:
        return Unclear(user, verb, request_id, f"there is no verb {verb!r}; there are {', '.join(VERBS)}")
    try:
        return Asking(user, verb, decode(payload, kind))
    except WireError as error:
        return Unclear(user, verb, request_id, f"the request cannot be read: {error}")


def check_span(span: Span) -> None:
    """Raise Refusal for dates that no punch can have, or that are the wrong way round."""
    if span.last < span.first:
        raise Refusal(f"the last date {span.last} is before the first {span.first}")
    if span.first < _EARLIEST or span.last > _LATEST:
        raise Refusal(f"dates must lie between {_EARLIEST} and {_LATEST}")


def check_reader(edge: str, reader: str, known: Mapping[str, Collection[str]]) -> None:
    """Raise Refusal for a reader that nobody has heard of; `known` are those of each edge."""
    if edge not in known:
        raise Refusal(f"there is no edge {edge}; there is {', '.join(sorted(known)) or 'none yet'}")
    if reader not in known[edge]:
        raise Refusal(f"{edge} has no reader {reader}; it has {', '.join(sorted(known[edge])) or 'none'}")


def answer(request_id: str, status: str, at: datetime, *, reason: str = "", body: Any = None) -> bytes:
    """An answer as a message that the wire can carry: lists of ids are cut where they must be."""
    if isinstance(body, ResyncProgress):
        body = _cut(body, _READERS_BYTES)
    if isinstance(body, ResyncShown):
        body = msgspec.structs.replace(body, progress=_cut(body.progress, _READERS_BESIDE_A_PAGE_BYTES))
    told = msgspec.convert(
        {"request_id": request_id, "status": status, "at": at, "reason": reason[:2000]}, Answer
    )
    return encode(msgspec.structs.replace(told, body=body))


def fits(message: bytes) -> bool:
    """Whether the wire can carry a message."""
    return len(message) <= MESSAGE_LIMIT


def _cut(progress: ResyncProgress, most: int) -> ResyncProgress:
    """As many readers as a message can carry; the figures of the whole stay whole."""
    sizes = accumulate(len(encode(reader)) + 1 for reader in progress.readers)
    kept = sum(size <= most for size in sizes)
    more = len(progress.readers) - kept
    return msgspec.structs.replace(progress, readers=progress.readers[:kept], readers_more=more)
