"""Owns the answers about the audit: pages of its lines, and how far its chain holds."""

from datetime import datetime, timedelta, tzinfo

import msgspec
from sqlalchemy import Connection

from central.ledger import audit
from central.ledger.audit import Entry, Wanted
from central.requests.asking import check_span
from central.zones import midnight
from wire.rights import AuditCheck, AuditEntry, AuditPage, AuditRequest

_FOLLOWED = 50_000
"""Lines of the chain that one answer follows."""
_LONGEST_PAGE = 100_000
"""Bytes of a page; the wire can carry it with what is around it."""


def audit_answer(connection: Connection, zone: tzinfo, request: AuditRequest) -> AuditPage | AuditCheck:
    """Lines of the audit, or how far its chain holds; raises Refusal for dates that make no sense."""
    return _checked(connection, request) if request.do == "verify" else _page(connection, zone, request)


def _page(connection: Connection, zone: tzinfo, request: AuditRequest) -> AuditPage:
    since, until = _limits(request, zone)
    wanted = Wanted(since, until, request.actor, request.verb, request.subject, request.outcome)
    found, after = audit.found(connection, wanted, request.limit, request.after)
    entries: list[AuditEntry] = []
    size = 0
    for line in found:
        entry = _told(line)
        size += len(msgspec.json.encode(entry))
        if size > _LONGEST_PAGE and entries:
            return AuditPage(entries=tuple(entries), after=entries[-1].audit_id)
        entries.append(entry)
    return AuditPage(entries=tuple(entries), after=after)


def _limits(request: AuditRequest, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    if request.span is None:
        return None, None
    check_span(request.span)
    return midnight(request.span.first, zone), midnight(request.span.last + timedelta(days=1), zone)


def _told(line: Entry) -> AuditEntry:
    """A line as the wire carries it; one that is longer than a message is told without its detail."""
    detail = line.detail
    if (size := len(msgspec.json.encode(detail))) > _LONGEST_PAGE:
        detail = {"outcome": detail.get("outcome"), "too_long_for_a_message": size}
    return AuditEntry(
        audit_id=line.audit_id,
        at=line.at,
        actor=line.actor,
        verb=line.verb,
        subject=line.subject,
        detail=detail,
        hash=line.digest.hex(),
    )


def _checked(connection: Connection, request: AuditRequest) -> AuditCheck:
    found = audit.check(connection, request.after, _FOLLOWED)
    noted = None if request.noted is None else audit.line_of(connection, bytes.fromhex(request.noted))
    return AuditCheck(
        lines=found.lines,
        last=found.last,
        hash=found.digest.hex(),
        after=None if found.complete else found.last,
        broken=None if found.broken is None else found.broken.audit_id,
        reason="" if found.broken is None else found.broken.reason,
        noted=noted,
    )
