"""The facts that an edge sends in one gapless stream, and the envelope that carries them."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from wire.account import DayTally, Tally
from wire.punch import NaiveTime, Punch, PunchId, ReaderName, UtcTime
from wire.users import USERS_LIMIT, HeldUser

BATCH_LIMIT = 500
"""Facts in one envelope at the most; `codec.MESSAGE_LIMIT` may cut it shorter."""

REPORT_DAYS_LIMIT = 1000
"""Days that a re-read report tells of the edge's own books at the most."""

REPORT_IDS_LIMIT = 500
"""Punch ids in one part of a re-read report, or of a list of ids, at the most."""

Seq = Annotated[int, msgspec.Meta(ge=1)]


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Calendar dates of the device's wall clock, both included."""

    first: date
    last: date


class RereadReport(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="reread-report"
):
    """What a reader found when it carried out a `RereadOrder`; it travels behind its punches.

    `punch_ids` are the ids that the device holds for the order's span and badges, in parts of
    at most `REPORT_IDS_LIMIT`; `total` counts all parts together. `failed` says in `reason` and
    `evidence` why nothing could be read.

    Where the order told what central holds, there are no ids: `differ` are the places of the stretches that
    hold something else, and `found` is how many `FoundPunch` facts tell their punches. `edge` tells what the
    outbox ever took of the days (`wire.account`) for which that is not what the device holds; None is untold.
    `serial`, `records`, `capacity`, `begins` and `ends` describe the log of a terminal as a whole: its oldest
    and newest time.
    """

    order_id: str
    reader: ReaderName
    outcome: Literal["read", "failed"]
    at: UtcTime
    part: int = 1
    parts: int = 1
    total: int = 0
    punch_ids: Annotated[tuple[PunchId, ...], msgspec.Meta(max_length=REPORT_IDS_LIMIT)] = ()
    differ: tuple[int, ...] | None = None
    found: int = 0
    edge: Annotated[tuple[DayTally, ...], msgspec.Meta(max_length=REPORT_DAYS_LIMIT)] | None = None
    serial: str | None = None
    records: int | None = None
    capacity: int | None = None
    begins: NaiveTime | None = None
    ends: NaiveTime | None = None
    reason: str = ""
    evidence: str = ""


class FoundPunch(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="found-punch"
):
    """A punch that a reader holds, told for an order instead of sent: it waits beside the ledger's own."""

    order_id: str
    reader: ReaderName
    at: UtcTime
    punch: Punch


class OrderOutcome(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="order-outcome"
):
    """What became of an order as a whole: done, or not, and why.

    `figures` are numbers that belong to it: of a `ClockOrder` how many seconds the clock was ahead of the
    wall clock of the order's zone, `before_s` and, read back, `after_s`.
    """

    order_id: str
    outcome: Literal["done", "refused", "expired", "failed"]
    at: UtcTime
    reason: str = ""
    evidence: str = ""
    figures: dict[str, float] = {}


class EdgeEvent(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="edge-event"
):
    """Something that happened at the branch and that central must be able to show later.

    `event` is a stable word (`record_odd`, `outbox_set_aside`, ...); `fields` explain it.
    """

    event: str
    at: UtcTime
    reader: ReaderName | None = None
    fields: dict[str, str | int | float | None] = {}


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="account"):
    """What one reader's days hold by the books of its edge; it travels behind every punch that it counts.

    `span` is a day that has closed, or what an `AccountOrder` asked for; days are those of `wire.account`.
    `edge` counts the punches that the outbox took, those included whose rows have left it by retention.
    `device` counts what the log of the terminal `serial` held when it was read at `read_at`; the oldest of
    its `records` that came is of `begins`, and `capacity` fit, where it tells. It is None for a reader
    without a log, or if the log was not read: `reason` and `evidence` then say why, where there is a reason.
    """

    reader: ReaderName
    span: Span
    at: UtcTime
    edge: Tally
    device: Tally | None = None
    serial: str | None = None
    read_at: UtcTime | None = None
    begins: NaiveTime | None = None
    records: int | None = None
    capacity: int | None = None
    order_id: str | None = None
    reason: str = ""
    evidence: str = ""


class HeldIds(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="held-ids"
):
    """Which punches one side holds of a reader's days, behind the `Account` that counts them.

    The ids ascend through all parts. With `side` edge there are as many `seqs`: the number under which the
    outbox keeps the punch, 0 if its row has left by retention.
    """

    order_id: str
    reader: ReaderName
    side: Literal["edge", "device"]
    at: UtcTime
    part: int = 1
    parts: int = 1
    punch_ids: Annotated[tuple[PunchId, ...], msgspec.Meta(max_length=REPORT_IDS_LIMIT)] = ()
    seqs: Annotated[tuple[int, ...], msgspec.Meta(max_length=REPORT_IDS_LIMIT)] = ()


class UserTable(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="user-table"
):
    """The users that a terminal holds, in parts, as an `EnrolOrder` found them when all else was done."""

    order_id: str
    reader: ReaderName
    at: UtcTime
    serial: str
    part: int = 1
    parts: int = 1
    users: Annotated[tuple[HeldUser, ...], msgspec.Meta(max_length=USERS_LIMIT)] = ()


OtherFact = RereadReport | FoundPunch | OrderOutcome | EdgeEvent | Account | HeldIds | UserTable
Fact = Punch | OtherFact


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Facts `first_seq`, `first_seq + 1`, ... of the outbox `outbox_id`.

    `settled` is the last sequence number for which the edge holds a receipt, 0 for none. A central that
    holds less has lost something that it once confirmed (a restored backup), and can ask for it.
    `ahead` marks fresh facts that overtake a long backlog: they count at once. A receipt covers them
    where nothing is missing before them; elsewhere they travel again in their turn.
    """

    outbox_id: str
    first_seq: Seq
    settled: Annotated[int, msgspec.Meta(ge=0)]
    facts: Annotated[tuple[Fact, ...], msgspec.Meta(min_length=1, max_length=BATCH_LIMIT)]
    ahead: bool = False
    v: Literal[1] = 1


class SealedEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """An `Envelope` whose facts are not opened yet, so that one unknown fact spoils no other."""

    outbox_id: str
    first_seq: Seq
    settled: Annotated[int, msgspec.Meta(ge=0)]
    facts: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(min_length=1, max_length=BATCH_LIMIT)]
    ahead: bool = False
    v: int = 1
