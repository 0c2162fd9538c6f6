"""Owns the answers that one look at the ledger gives: all verbs that order nothing, for what may be seen."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.access.scope import Sight
from central.ledger.database import Ledger
from central.ledger.staff import Staff
from central.post import Readers
from central.requests.accounts import account_page
from central.requests.asking import Asking
from central.requests.auditing import audit_answer
from central.requests.availability import availability_page
from central.requests.lists import punches_page, summary
from central.requests.staff import StaffDesk
from central.requests.workdays import WorkdayDesk
from central.rules.plan import Options
from central.users import Users
from central.workdays.interpretation import Sites
from central.zones import Zones
from wire.accounting import AccountRequest
from wire.availability import AvailabilityRequest
from wire.clocks import ClockRequest
from wire.enrolment import EnrolmentRequest
from wire.listing import PunchesRequest, SummaryRequest
from wire.reporting import DayRequest, ReportRequest
from wire.resync import ResyncRequest, ResyncsRequest
from wire.rights import AuditRequest, UserRequest

Answered = tuple[msgspec.Struct, Mapping[str, int]]
"""The body of an answer, and the figures that the audit keeps of it."""
_FIGURES = ("punches", "rows", "employees", "entries", "accounts", "edges")


class Answering:
    """Answers requests. Not for more than one thread."""

    def __init__(
        self,
        ledger: Ledger,
        zones: Zones,
        sites: Sites,
        users: Users,
        options: Options,
        staff: Staff,
        readers: Readers = dict,
    ) -> None:
        self._ledger = ledger
        self._zones = zones
        self._sites = sites
        self._readers = readers
        self._users = users
        self._workdays = WorkdayDesk(ledger, staff, sites, options)
        self._staff = StaffDesk(ledger, staff, zones)

    def answer(self, asked: Asking, sight: Sight, now: datetime) -> Answered:
        """What somebody is answered who sees so much. Raises Refusal, ChangeRefused and LedgerError."""
        body = self._body(asked, sight, now)
        lists = {name: told for name in _FIGURES if isinstance(told := getattr(body, name, None), tuple)}
        return body, {name: len(told) for name, told in lists.items()}

    def _body(self, asked: Asking, sight: Sight, now: datetime) -> msgspec.Struct:
        match asked.request:
            case ReportRequest() as request:
                return self._workdays.report(request, sight, now)
            case DayRequest() as request:
                return self._workdays.day(request, sight, now)
            case AccountRequest() as request:
                return account_page(self._ledger, self._sites, self._readers(), sight.scope, request, now)
            case UserRequest() as request:
                return self._users.serve(asked.user, request, now)
            case PunchesRequest() | SummaryRequest() | AuditRequest() | AvailabilityRequest() as request:
                with self._ledger.read() as connection:
                    return self._read(connection, request, sight, now)
            case ResyncRequest() | ResyncsRequest() | ClockRequest() | EnrolmentRequest():
                raise TypeError(f"{asked.verb} is no single answer")
            case request:
                return self._staff.answer(asked.user, sight.directory, sight.scope.units, request)

    def _read(
        self,
        connection: Connection,
        request: PunchesRequest | SummaryRequest | AuditRequest | AvailabilityRequest,
        sight: Sight,
        now: datetime,
    ) -> msgspec.Struct:
        match request:
            case PunchesRequest():
                return punches_page(connection, self._zones, sight, request)
            case SummaryRequest():
                return summary(connection, self._zones, sight, now)
            case AvailabilityRequest():
                return availability_page(connection, self._sites, self._readers(), sight.scope, request, now)
            case AuditRequest():
                return audit_answer(connection, self._zones.organization, request)
