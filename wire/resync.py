"""What people ask of resyncs, and what they are told of their course and their outcome."""

from typing import Annotated, Literal

import msgspec

from wire.facts import Span
from wire.people import OrgFilter
from wire.punch import UtcTime
from wire.request import RequestId
from wire.rights import UserName

ResyncMode = Literal["reread", "resend", "recompute"]
Place = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9-]{1,32}/)?[a-z0-9-]{1,32}\Z")]
"""A reader by its name, or as `edge/reader`."""


class ResyncRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Compare what readers hold of some people and dates with the ledger, and take in what it misses.

    `reread` asks the devices, `resend` the outboxes, `recompute` nobody: it computes the workdays again from
    what the ledger holds. `readers` are those asked, none means all. With `dry_run` nothing is changed, and
    the answer tells what would be; without it a `reason` is needed.
    """

    request_id: RequestId
    span: Span
    people: OrgFilter = OrgFilter()
    readers: tuple[Place, ...] = ()
    mode: ResyncMode = "reread"
    dry_run: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    expires_in_s: Annotated[int, msgspec.Meta(ge=1, le=30 * 86400)] = 3600


class ResyncsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Look at resyncs: list them, show what one found, cancel one, undo one.

    `name` is the request id of the resync, `user` whose it is where several have one of this name. `show`
    gives a page of its people, workdays, punches, nobody's badges, or the proof.
    """

    request_id: RequestId
    do: Literal["list", "show", "cancel", "undo"] = "list"
    name: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    user: UserName | None = None
    what: Literal["people", "days", "punches", "badges", "proof"] = "people"
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 200
    after: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What a resync found at one reader, each punch counted once.

    `matched`: on both sides. `to_add`: the ledger misses it; `added`: it was taken in. `to_change`: the
    reader's version is to count; `changed`: it does. `in_conflict`: the versions differ, and the ledger's
    stands. `only_on_device`: the ledger does not take it in, with a reason. `only_in_ledger`: the reader does
    not hold it. `unmatched`: how many of these belong to nobody. `read` is how many the reader holds,
    `notices` are sentences about its log.
    """

    edge: str
    reader: str
    state: str
    read: int = 0
    matched: int = 0
    to_add: int = 0
    added: int = 0
    to_change: int = 0
    changed: int = 0
    in_conflict: int = 0
    only_on_device: int = 0
    only_in_ledger: int = 0
    unmatched: int = 0
    reason: str = ""
    evidence: str = ""
    notices: tuple[str, ...] = ()


class ResyncProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a resync stands: the whole of it, and one entry for each reader asked.

    `people` is the filter as it was understood, `selected` how many it selects of the `visible` whom the user
    may see; `people_done` are those about whom nobody is asked any more. `edges_waiting` have not answered
    yet. `days_changed` are the workdays that have, or would have, another result. `unmatched_employees` are
    some of the `unmatched_count` of whom no reader knows a badge. `strangers` is how many badges of nobody
    were met at the readers, told at the end. `readers_more` did not fit the message. `fault` is what central
    met and tries again, or, in the state failed, gave up at. Once it is being undone, `undo_done` of
    `undo_of` punches and workdays are as they were.
    """

    name: str
    user: str
    state: str
    mode: ResyncMode
    dry_run: bool
    people: OrgFilter
    selected: int
    visible: int
    people_done: int
    punches_read: int
    edges_waiting: tuple[str, ...]
    days_changed: int
    readers: tuple[Reconciliation, ...]
    readers_more: int = 0
    unmatched_employees: tuple[str, ...] = ()
    unmatched_count: int = 0
    strangers: int = 0
    fault: str = ""
    undo_done: int = 0
    undo_of: int = 0


class ResyncEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the list of resyncs. `undone_by` is told from when somebody wants it undone."""

    name: str
    user: str
    state: str
    mode: ResyncMode
    dry_run: bool
    selected: int
    span: Span
    began_at: UtcTime
    ended_at: UtcTime | None = None
    undone_at: UtcTime | None = None
    undone_by: str | None = None
    reason: str = ""


class ResyncList(msgspec.Struct, frozen=True, kw_only=True):
    """Resyncs, the latest first; `after` continues them, None at the end."""

    resyncs: tuple[ResyncEntry, ...]
    after: str | None


class ResyncShown(msgspec.Struct, frozen=True, kw_only=True):
    """A resync with a page of what it found; `after` continues the page, None at the end."""

    entry: ResyncEntry
    progress: ResyncProgress
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | int | None, ...], ...] = ()
    after: str | None = None
