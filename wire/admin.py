"""The verbs by which people ask central: which request belongs to each.

Each family of verbs has its own module; what all have in common is in `wire.request`.
"""

from wire.accounting import AccountRequest
from wire.availability import AvailabilityRequest
from wire.clocks import ClockRequest
from wire.enrolment import EnrolmentRequest
from wire.listing import ExportRequest, PunchesRequest, SummaryRequest
from wire.people import EmployeesRequest, FacetsRequest, FiltersRequest, TreeRequest
from wire.person import PersonRequest
from wire.reporting import DayRequest, ReportRequest
from wire.resync import ResyncRequest, ResyncsRequest
from wire.rights import AuditRequest, UserRequest

Request = (
    ResyncRequest
    | ResyncsRequest
    | PunchesRequest
    | SummaryRequest
    | ReportRequest
    | DayRequest
    | UserRequest
    | AuditRequest
    | EmployeesRequest
    | FacetsRequest
    | FiltersRequest
    | ExportRequest
    | ClockRequest
    | EnrolmentRequest
    | AccountRequest
    | PersonRequest
    | TreeRequest
    | AvailabilityRequest
)
VERBS: dict[str, type[Request]] = {
    "resync": ResyncRequest,
    "resyncs": ResyncsRequest,
    "punches": PunchesRequest,
    "summary": SummaryRequest,
    "report": ReportRequest,
    "day": DayRequest,
    "user": UserRequest,
    "audit": AuditRequest,
    "employees": EmployeesRequest,
    "facets": FacetsRequest,
    "filters": FiltersRequest,
    "export": ExportRequest,
    "clock": ClockRequest,
    "enrolment": EnrolmentRequest,
    "account": AccountRequest,
    "person": PersonRequest,
    "tree": TreeRequest,
    "availability": AvailabilityRequest,
}
