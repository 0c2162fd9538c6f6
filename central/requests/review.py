"""Owns the report on punches whose time cannot be right: they count nowhere until somebody looks at them."""

from datetime import date, datetime

from sqlalchemy import Connection

from central.computing import Computer
from central.directory.employee import Employee
from central.ledger.workdays import doubts, raw
from central.reports import REVIEW, Cell, minute
from central.requests.asking import Refusal
from central.requests.choosing import Chosen
from central.timing.verdict import timed
from central.workdays.interpretation import Raw
from central.workdays.span import day_of, number
from wire.people import OrgFilter
from wire.reporting import ReportPage, ReportRequest


def review(connection: Connection, request: ReportRequest, chosen: Chosen, computer: Computer) -> ReportPage:
    """A page of the punches received within the span, by punch id; those of nobody only without a filter."""
    rows: list[tuple[Cell, ...]] = []
    noted = dict(doubts.listed(connection, request.limit, _behind(request.after)))
    punches = sorted(raw.of_ids(connection, noted), key=lambda punch: punch.punch_id)
    for punch in punches:
        owner = computer.owner(punch)
        received = computer.today(punch.received_at_us // 1_000_000)
        within = number(request.span.first) <= received <= number(request.span.last)
        if within and _passes(chosen, request.people, owner, day_of(received)):
            rows.append(_row(punch, owner and owner.on(day_of(received)), noted[punch.punch_id], computer))
    after = punches[-1].punch_id.hex() if len(noted) == request.limit else None
    return ReportPage(columns=REVIEW, rows=tuple(rows), after=after)


def _behind(after: str | None) -> bytes:
    try:
        return bytes.fromhex(after or "")
    except ValueError:
        raise Refusal(f"{after!r} is no place to go on from") from None


def _passes(chosen: Chosen, people: OrgFilter, owner: Employee | None, day: date) -> bool:
    if owner is None:
        return chosen.scope is None and people == OrgFilter()
    return chosen.has_on(owner.employee_id, day)


def _row(punch: Raw, owner: Employee | None, reason: str, computer: Computer) -> tuple[Cell, ...]:
    who = (owner.employee_id, owner.name, owner.department) if owner else (None, None, None)
    time = timed(punch, computer.sites)
    at = minute(datetime.fromtimestamp(time.at, computer.zone))
    proposed = time.proposed and minute(datetime.fromtimestamp(time.proposed, computer.zone))
    reader = f"{punch.edge}/{punch.reader}"
    return (*who, at, reader, punch.badge_raw, reason, proposed, punch.punch_id.hex())
