"""The requests that people send to central, and the answers that they get."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from wire.days import DayResult
from wire.facts import Span
from wire.punch import PunchId, UtcTime
from wire.rights import AuditHash, Role, Unit, UserName, Verifier

RequestId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,64}\Z")]


class ResyncRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read the devices again for some employees and dates, and compare with the ledger."""

    request_id: RequestId
    employees: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    span: Span
    reason: str = ""
    expires_in_s: Annotated[int, msgspec.Meta(ge=1, le=30 * 86400)] = 3600


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


class OrgFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """People of the directory: any of the values within a dimension, and all conditions together.

    A dimension without values lets everybody through; values are compared as they are spelled, or, with
    `ignore_case`, by their letters alone. `employees` are the only ones that may pass, `search` is a fragment
    of their ids or names. `include` are people who pass whatever the conditions say, and with no condition at
    all the only ones; `exclude` are people who never do.
    """

    employees: tuple[str, ...] = ()
    search: Annotated[str, msgspec.Meta(max_length=200)] = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore_case: bool = False
    status: tuple[str, ...] = ()
    sbu: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    sub_department: tuple[str, ...] = ()
    designation: tuple[str, ...] = ()
    employee_type: tuple[str, ...] = ()


ReportKind = Literal["attendance", "timecard", "overtime", "breaks", "late", "missing", "who-is-in", "review"]


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report on the workdays of some people, by employee id and date, about `limit` rows at a time."""

    request_id: RequestId
    kind: ReportKind
    span: Span
    people: OrgFilter = OrgFilter()
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 500
    after: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class DayRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One workday of one employee with everything that explains it."""

    request_id: RequestId
    employee: str
    date: date


class UserRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """List or change who may do what. `name` is missing for `list` alone; `verifier` is a new password."""

    request_id: RequestId
    do: Literal["list", "add", "role", "scope", "password", "disable", "enable"]
    name: UserName | None = None
    role: Role | None = None
    units: tuple[Unit, ...] = ()
    verifier: Verifier | None = None


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """List lines of the audit behind the line `after`, or `verify` its chain behind that line.

    Dates are the organisation's. `noted` asks for a hash that somebody noted down earlier.
    """

    request_id: RequestId
    do: Literal["list", "verify"] = "list"
    span: Span | None = None
    actor: str | None = None
    verb: str | None = None
    subject: str | None = None
    outcome: str | None = None
    noted: AuditHash | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 200
    after: Annotated[int, msgspec.Meta(ge=0)] = 0


Column = Literal[
    "employee_id",
    "name",
    "status",
    "sbu",
    "state",
    "branch",
    "department",
    "sub_department",
    "designation",
    "employee_type",
]
FilterName = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,64}\Z")]


class EmployeesRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """List the people whom a filter selects, by a column and then by id, `limit` at a time."""

    request_id: RequestId
    people: OrgFilter = OrgFilter()
    sort: Column = "employee_id"
    descending: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    after: Annotated[str, msgspec.Meta(max_length=4000)] | None = None


class FacetsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Count people by value in each dimension, given the rest of a filter; the `limit` most common values."""

    request_id: RequestId
    people: OrgFilter = OrgFilter()
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50


class FiltersRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """List, save or delete filters by name; each user has his own. `people` is what `save` keeps."""

    request_id: RequestId
    do: Literal["list", "save", "delete"] = "list"
    name: FilterName | None = None
    people: OrgFilter | None = None


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


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a report: rows as wide as `columns`; `after` continues it, None at the end.

    A page may be short, even empty, and still not be the last. Lengths are whole minutes, cut.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    after: str | None


class DayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A workday explained: one sentence for each decision, with its rule, punches and numbers.

    `stored` is False if the day is not in the ledger as it is told here: it will be in a moment, or it lies
    outside of what is kept.
    """

    name: str
    day: DayResult
    why: tuple[str, ...]
    stored: bool


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


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger in figures."""

    punches: int
    present: int
    quarantined: int
    by_reader: dict[str, int]
    """`edge/reader` to number of punches."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer to a request; `progress` may come any number of times before the last one."""

    request_id: str
    status: Literal["progress", "done", "refused", "failed"]
    at: UtcTime
    reason: str = ""
    body: Any = None


Request = (
    ResyncRequest
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
)
VERBS: dict[str, type[Request]] = {
    "resync": ResyncRequest,
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
}
