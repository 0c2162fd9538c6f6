"""What people ask of accounts: what device, outbox and ledger hold of readers' days, and why it differs."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec

from wire.account import Tally
from wire.punch import EdgeId, PunchId, ReaderName, UtcTime
from wire.request import RequestId

Cause = Literal[
    "not-in-ledger",
    "not-at-edge",
    "not-on-device",
    "not-counted",
    "log-cleared",
    "log-overwritten",
    "other-terminal",
    "other-outbox",
    "other-reader",
]
"""Why some side lacks a punch."""
CAUSES: Mapping[Cause, str] = {
    "not-in-ledger": "missing in the ledger",
    "not-at-edge": "missing in the outbox",
    "not-on-device": "missing in the terminal's log",
    "not-counted": "not told one by one",
    "log-cleared": "older than the terminal's log, which was cleared",
    "log-overwritten": "older than the terminal's log, which is full",
    "other-terminal": "of another terminal",
    "other-outbox": "of an earlier outbox",
    "other-reader": "in the ledger at another reader",
}
"""The causes in words, behind a number of punches."""
Verdict = Literal["counting", "equal", "explained", "differs"]


def in_words(counts: Mapping[Cause, int]) -> str:
    """The causes of a difference as one line: `1 missing in the ledger, 3 of another terminal`."""
    return ", ".join(f"{count} {CAUSES.get(cause, cause)}" for cause, count in counts.items() if count)


class AccountRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """List the accounts of one day by edge and reader, `limit` at a time, maybe of one branch alone."""

    request_id: RequestId
    date: date
    branch: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100
    after: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class AccountCause(msgspec.Struct, frozen=True, kw_only=True):
    """How many punches some side lacks for a cause, and the first of them."""

    cause: Cause
    count: int
    punch_ids: tuple[PunchId, ...] = ()


class AccountRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The account of a reader's day.

    `verdict` is None before the edge told anything. `device` is what the log of the terminal `serial` held at
    `read_at`, None without a log; `outbox` what the edge counted at `told_at`; `ledger` what central holds
    now. `healing` tells that orders are under way for it.
    """

    edge: EdgeId
    reader: ReaderName
    ledger: Tally
    verdict: Verdict | None = None
    device: Tally | None = None
    outbox: Tally | None = None
    serial: str | None = None
    told_at: UtcTime | None = None
    read_at: UtcTime | None = None
    causes: tuple[AccountCause, ...] = ()
    healing: bool = False


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of accounts; `after` continues it, None at the end."""

    accounts: tuple[AccountRow, ...]
    after: str | None
