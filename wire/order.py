"""The orders that central gives to an edge. Each is idempotent by `order_id` and expires."""

from typing import Annotated, Literal

import msgspec

from wire.facts import Seq, Span
from wire.punch import ReaderName, UtcTime
from wire.stretches import Stretch
from wire.users import USERS_LIMIT, TerminalUser, UserId


class RereadOrder(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="order", tag="reread"
):
    """Ask the devices again for a span of dates.

    `readers` names them, None means all of the edge. `badges` are raw badge texts (user ids and
    canonical cards); None means everybody. A reader without a memory of its own answers from the outbox,
    by its times of reading in [`since`, `until`), which are the span in the branch's zone; with `source`
    outbox every reader does, and no device is touched.

    With `known`, what central holds (`wire.stretches`), no punch is sent: what the stretches that differ hold
    is told as `FoundPunch` facts. Without, every punch is sent again.
    """

    order_id: str
    expires_at: UtcTime
    span: Span
    readers: tuple[ReaderName, ...] | None = None
    badges: tuple[str, ...] | None = None
    since: UtcTime | None = None
    until: UtcTime | None = None
    source: Literal["device", "outbox"] = "device"
    known: Annotated[tuple[Stretch, ...], msgspec.Meta(min_length=1)] | None = None


class ResendOrder(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="order", tag="resend"
):
    """Ask the outbox again for the facts `first_seq` to `last_seq` of one stream.

    Central gives it when it finds that it no longer holds what it once confirmed.
    """

    order_id: str
    expires_at: UtcTime
    outbox_id: str
    first_seq: Seq
    last_seq: Annotated[int, msgspec.Meta(ge=1)]


class ClockOrder(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="order", tag="clock"
):
    """Set the clock of one terminal to the Pi's time, as a wall shows it in `zone`, an IANA name.

    It is carried out while the Pi is synchronised, and refused otherwise. The outcome is an
    `OrderOutcome` with what the clock showed before and after; the event `clock_set` stands beside it.
    """

    order_id: str
    expires_at: UtcTime
    reader: ReaderName
    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class AccountOrder(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="order", tag="account"
):
    """Ask what readers hold of a span of days, as tallies (`wire.account`) instead of punches.

    `readers` names them, None means all of the edge; a terminal is read for it. The answers are
    `Account` facts: one for each reader and the whole span, or with `detail` day one for each day on which
    the edge or the device holds anything; with `detail` ids the whole span's, and `HeldIds` behind it. An
    `OrderOutcome` ends them.
    """

    order_id: str
    expires_at: UtcTime
    span: Span
    readers: tuple[ReaderName, ...] | None = None
    detail: Literal["span", "day", "ids"] = "span"


class EnrolOrder(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="order", tag="enrol"
):
    """Read the users of a terminal, once those of `put` are written and those of `remove` deleted.

    Who is there as `put` wants it is not written. Nobody loses a fingerprint: a user who is there keeps slot,
    password and privilege, and on a terminal with fingerprints or faces users are deleted only
    `with_templates`. The answers are `UserTable` facts and an `OrderOutcome` with the figures `written`,
    `removed`, `kept` and `failed`.
    """

    order_id: str
    expires_at: UtcTime
    reader: ReaderName
    put: Annotated[tuple[TerminalUser, ...], msgspec.Meta(max_length=USERS_LIMIT)] = ()
    remove: Annotated[tuple[UserId, ...], msgspec.Meta(max_length=USERS_LIMIT)] = ()
    with_templates: bool = False


Order = RereadOrder | ResendOrder | ClockOrder | AccountOrder | EnrolOrder
