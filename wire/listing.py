"""What people ask of the punches of the ledger: pages, figures, exports, and the answers."""

from typing import Annotated, Literal

import msgspec

from wire.facts import Span
from wire.people import OrgFilter
from wire.punch import PunchId
from wire.request import RequestId


class PunchesRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """List punches of the ledger by wall date, oldest first, `limit` at a time."""

    request_id: RequestId
    span: Span
    employee: str | None = None
    reader: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    after: PunchId | None = None


class SummaryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many punches the ledger holds, by edge and reader, and how many employees are present."""

    request_id: RequestId


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Complete rows for other programs: punches by wall time, or workdays by employee id and date."""

    request_id: RequestId
    kind: Literal["punches", "days"]
    span: Span
    people: OrgFilter = OrgFilter()
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 500
    after: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class PunchRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One punch of the ledger as people read it. `wall` is the branch's wall clock."""

    punch_id: PunchId
    wall: str
    edge: str
    reader: str
    badge: str
    employee: str | None = None
    name: str | None = None
    direction: str | None = None
    how: str = ""


class PunchesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of punches; `after` continues it, None at the end."""

    punches: tuple[PunchRow, ...]
    after: PunchId | None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger in figures."""

    punches: int
    present: int
    quarantined: int
    by_reader: dict[str, int]
    """`edge/reader` to number of punches."""
