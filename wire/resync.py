"""What people ask of a resync, and what they are told of its course."""

from typing import Annotated

import msgspec

from wire.facts import Span
from wire.request import RequestId


class ResyncRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read the devices again for some employees and dates, and compare with the ledger."""

    request_id: RequestId
    employees: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    span: Span
    reason: str = ""
    expires_in_s: Annotated[int, msgspec.Meta(ge=1, le=30 * 86400)] = 3600


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What a resync found for one reader.

    `matched`: on the device and in the ledger. `added`: came into the ledger by this resync.
    `only_on_device`: still missing in the ledger. `only_in_ledger`: the device no longer shows it.
    `in_conflict`: same punch with other codes. The id lists are cut at 500 entries; the counts are not.
    """

    edge: str
    reader: str
    state: str
    matched: int = 0
    added: int = 0
    only_on_device: int = 0
    only_in_ledger: int = 0
    in_conflict: int = 0
    ids_only_on_device: tuple[str, ...] = ()
    ids_only_in_ledger: tuple[str, ...] = ()
    reason: str = ""
    evidence: str = ""


class ResyncProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a resync stands: the job's state, and one entry per reader asked."""

    state: str
    readers: tuple[Reconciliation, ...]
    unmatched_employees: tuple[str, ...] = ()
