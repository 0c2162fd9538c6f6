"""Owns what a message of an edge means: the facts it holds, and its place in the stream of its outbox."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from wire.bulk import open_bulk
from wire.codec import WireError, decode, open_facts
from wire.facts import Envelope, Fact, OtherFact, SealedEnvelope
from wire.punch import Punch
from wire.vitals import Birth

Stream = tuple[str, str]
"""An edge and one of its outbox ids."""

_LAST_SEQ = (1 << 63) - 1
_MAYBE_NUL = b"\\u0000"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Unread:
    """Bytes that could not be read: a whole message, or, with `seq`, one fact of a stream."""

    edge: str
    payload: bytes
    reason: str
    outbox_id: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """An envelope, opened: its facts are numbered from `first_seq` to `last_seq`.

    `punches` and `others` are those that could be read, `unread` the rest; together they are all. `ahead`
    says that they overtake others and come again in their turn.
    """

    edge: str
    outbox_id: str
    first_seq: int
    last_seq: int
    settled: int
    punches: Sequence[tuple[int, Punch]] = ()
    others: Sequence[tuple[int, OtherFact]] = ()
    unread: Sequence[Unread] = ()
    ahead: bool = False

    @classmethod
    def of(
        cls,
        edge: str,
        envelope: Envelope | SealedEnvelope,
        facts: Iterable[tuple[int, Fact]],
        unread: Sequence[Unread] = (),
    ) -> "Parcel":
        """What an edge sent in an envelope, of which these facts could be read."""
        punches: list[tuple[int, Punch]] = []
        others: list[tuple[int, OtherFact]] = []
        for seq, fact in facts:
            if isinstance(fact, Punch):
                punches.append((seq, fact))
            else:
                others.append((seq, fact))
        last = envelope.first_seq + len(envelope.facts) - 1
        origin = (edge, envelope.outbox_id, envelope.first_seq, last, envelope.settled)
        return cls(*origin, punches, others, unread, envelope.ahead)

    @property
    def carries(self) -> bool:
        """Whether there is anything in it, be it unreadable."""
        return bool(self.punches or self.others or self.unread)

    def landed(self) -> "Parcel":
        """What is left of it to be done when its punches are stored."""
        return replace(self, punches=())


def opened(edge: str, payload: bytes) -> Parcel | Unread:
    """Open a message as far as it can be read.

    Text with NUL and sequence numbers beyond what the ledger's columns hold count as unreadable too: they
    would make a whole transaction fail.
    """
    if _MAYBE_NUL not in payload:
        envelope = open_bulk(payload) or _opened_whole(payload)
        if envelope is not None and _numbered(envelope):
            return Parcel.of(edge, envelope, enumerate(envelope.facts, envelope.first_seq))
    try:
        sealed = decode(payload, SealedEnvelope)
    except WireError as error:
        return Unread(edge, payload, str(error))
    if not _numbered(sealed) or "\0" in sealed.outbox_id:
        return Unread(edge, payload, "its outbox id or sequence numbers are out of range")
    return _opened_one_by_one(edge, sealed)


def reopened(unread: Unread) -> Parcel | Unread:
    """Open again what could not be read once: a whole message, or one fact."""
    if unread.outbox_id is None or unread.seq is None:
        return opened(unread.edge, unread.payload)
    facts = (msgspec.Raw(unread.payload),)
    sealed = SealedEnvelope(outbox_id=unread.outbox_id, first_seq=unread.seq, settled=0, facts=facts)
    return _opened_one_by_one(unread.edge, sealed)


def _opened_whole(payload: bytes) -> Envelope | None:
    try:
        return decode(payload, Envelope)
    except WireError:
        return None


def _opened_one_by_one(edge: str, sealed: SealedEnvelope) -> Parcel:
    facts: list[tuple[int, Fact]] = []
    unread: list[Unread] = []
    for seq, fact, raw in open_facts(sealed):
        if isinstance(fact, WireError):
            reason = str(fact)
        elif _NUL.search(raw):
            reason = "a text holds the character NUL"
        else:
            facts.append((seq, fact))
            continue
        unread.append(Unread(edge, raw, reason, sealed.outbox_id, seq))
    return Parcel.of(edge, sealed, facts, unread)


def _numbered(envelope: Envelope | SealedEnvelope) -> bool:
    return max(envelope.first_seq + len(envelope.facts), envelope.settled) <= _LAST_SEQ


def announced(edge: str, birth: Birth) -> Parcel:
    """What an edge says of its stream when it comes: the same as an envelope without facts."""
    return Parcel(edge, birth.outbox_id, birth.settled + 1, birth.settled, birth.settled)


def set_aside(edge: str, payload: bytes, reason: str) -> Parcel | Unread:
    """A message whose facts the ledger refuses for a reason that nobody foresaw: all of them unread."""
    try:
        sealed = decode(payload, SealedEnvelope)
    except WireError:
        return Unread(edge, payload, reason)
    unread = [
        Unread(edge, bytes(raw), reason, sealed.outbox_id, seq)
        for seq, raw in enumerate(sealed.facts, sealed.first_seq)
    ]
    return Parcel.of(edge, sealed, (), unread)


@dataclass(frozen=True, slots=True)
class Place:
    """What an envelope does to its stream.

    `upto` is the stream's mark after it. `lost` is the first and last number of what central once
    confirmed and no longer holds: it must be asked for again. A `gap` says that facts before the
    envelope are still missing: it changes nothing, and the last receipt is repeated.
    """

    upto: int
    lost: tuple[int, int] | None = None
    gap: bool = False


def placed(upto: int | None, first_seq: int, last_seq: int, settled: int, *, ahead: bool = False) -> Place:
    """Where an envelope stands, `upto` being its stream's mark, None for an outbox never seen.

    The edge's `settled` is central's own word: a smaller mark means that central lost what lies between,
    and goes on from there, so that nothing new has to wait for what is asked for again. What overtook
    others is stored and moves no mark: no receipt may cover what it overtook.
    """
    known = upto or 0
    lost = (known + 1, settled) if settled > known else None
    known = max(known, settled)
    if first_seq > known + 1:
        return Place(known, lost, gap=not ahead)
    return Place(max(known, last_seq), lost)


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a group of envelopes does, taken in their order.

    `accepted` are those to be stored, `moved` the marks that change or begin. `lost` is what to ask for
    again. `answers` are the marks that edges do not know yet or have left a gap behind: those of `gaps`.
    `early` are those behind a gap that may yet be filled: to be placed once more.
    """

    accepted: tuple[Parcel, ...]
    moved: Mapping[Stream, int]
    lost: tuple[tuple[Stream, int, int], ...]
    answers: Mapping[Stream, int]
    gaps: frozenset[Stream]
    early: tuple[Parcel, ...] = ()


def sort_in(
    marks: Mapping[Stream, int],
    parcels: Iterable[Parcel],
    may_wait: Callable[[Parcel], bool] = lambda _: False,
) -> Sorted:
    """Place envelopes by their numbers, given the marks of the streams that are known.

    `may_wait` tells of one behind a gap whether another central may be about to fill it.
    """
    now = dict(marks)
    accepted: list[Parcel] = []
    lost: list[tuple[Stream, int, int]] = []
    due: set[Stream] = set()
    gaps: set[Stream] = set()
    early: list[Parcel] = []
    for parcel in sorted(parcels, key=_by_number):
        stream = (parcel.edge, parcel.outbox_id)
        place = placed(now.get(stream), parcel.first_seq, parcel.last_seq, parcel.settled, ahead=parcel.ahead)
        now[stream] = place.upto
        if place.lost is not None:
            lost.append((stream, *place.lost))
        if place.gap and may_wait(parcel):
            early.append(parcel)
            continue
        if place.gap:
            gaps.add(stream)
        else:
            accepted.append(parcel)
        if place.gap or (parcel.settled < place.upto and not parcel.ahead):
            due.add(stream)
    moved = {stream: upto for stream, upto in now.items() if marks.get(stream) != upto}
    return Sorted(
        tuple(accepted),
        moved,
        tuple(lost),
        {stream: now[stream] for stream in sorted(due)},
        frozenset(gaps),
        tuple(early),
    )


def _by_number(parcel: Parcel) -> int:
    return parcel.first_seq
