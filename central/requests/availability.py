"""Owns the answer to how much of a time edges were up, for the branches that may be seen."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from central.access.scope import Scope
from central.availability import Life, Uptime, outlived, uptime
from central.ledger import lives
from central.requests.asking import check_span
from central.requests.branches import edges_within
from central.workdays.interpretation import Sites
from central.zones import midnight
from wire.availability import AvailabilityPage, AvailabilityRequest, EdgeAvailability, Gap
from wire.codec import encode
from wire.facts import Span

_GAPS = 50
_LONGEST_PAGE = 100_000
"""Bytes of a page; the wire can carry it with what is around it."""
_DAY = timedelta(days=1)


def availability_page(
    connection: Connection,
    sites: Sites,
    known: Collection[str],
    scope: Scope,
    request: AvailabilityRequest,
    now: datetime,
) -> AvailabilityPage:
    """The availability of the edges that are `known`, and of all that ever told of a life. Raises Refusal."""
    check_span(request.span)
    edges = edges_within(sites, scope, request.branch, "an edge serves all of a branch")
    since, until = request.span.first, request.span.last + _DAY
    organization = sites.zones.organization
    told = lives.of_edges(
        connection, edges, midnight(since, organization) - _DAY, midnight(until, organization) + _DAY
    )
    names = sorted(edge for edge in {*known, *told} if edges is None or edge in edges)
    behind = [edge for edge in names if request.after is None or edge > request.after]
    rows: list[EdgeAvailability] = []
    size = 0
    for edge in behind[: request.limit]:
        row = _row(edge, _uptime(connection, sites, edge, told.get(edge, []), request.span, now))
        size += len(encode(row))
        if rows and size > _LONGEST_PAGE:
            break
        rows.append(row)
    more = len(behind) > len(rows)
    return AvailabilityPage(edges=tuple(rows), after=behind[len(rows) - 1] if more else None)


def _uptime(
    connection: Connection, sites: Sites, edge: str, heard: list[Life], span: Span, now: datetime
) -> Uptime | None:
    zone = sites.zones.of(edge)
    since, until = midnight(span.first, zone), midnight(span.last + _DAY, zone)
    found = uptime(heard, since, until, now)
    if found is None or not found.gaps:
        return found
    signs = lives.signs_within(connection, edge, found.gaps)
    return uptime(outlived(heard, signs), since, until, now)


def _row(edge: str, found: Uptime | None) -> EdgeAvailability:
    if found is None:
        return EdgeAvailability(edge=edge)
    longest = sorted(found.gaps, key=lambda gap: gap[1] - gap[0])[-_GAPS:]
    return EdgeAvailability(
        edge=edge,
        since=found.since,
        until=found.until,
        percent=found.percent,
        down_s=round(found.down.total_seconds()),
        gaps=tuple(Gap(begins=begin, ends=end) for begin, end in sorted(longest)),
        more_gaps=len(found.gaps) - len(longest),
    )
