"""What people ask of availability: how much of a time edges were up, and when nothing shows it."""

from typing import Annotated

import msgspec

from wire.facts import Span
from wire.punch import EdgeId, UtcTime
from wire.request import RequestId


class AvailabilityRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The availability of edges on dates of their calendars, `limit` at a time, maybe of one branch alone."""

    request_id: RequestId
    span: Span
    branch: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100
    after: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Between a last sign of an edge and the next beginning of its daemon: it was down there at the most."""

    begins: UtcTime
    ends: UtcTime


class EdgeAvailability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One edge: up for `percent` at least of the time from `since` to `until`, and for `down_s` maybe not.

    `since` is later than asked where the edge was heard of later, and None if it never was. `gaps` are the
    longest in their order, and `more_gaps` how many are left out.
    """

    edge: EdgeId
    since: UtcTime | None = None
    until: UtcTime | None = None
    percent: float | None = None
    down_s: int = 0
    gaps: tuple[Gap, ...] = ()
    more_gaps: int = 0


class AvailabilityPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of edges by name; `after` continues it, None at the end."""

    edges: tuple[EdgeAvailability, ...]
    after: str | None
