"""What people ask about employees, and the answers: pages of them, facets, saved filters."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from wire.request import RequestId

FilterName = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,64}\Z")]


class OrgFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """People of the directory: any of the values within a dimension, and all conditions together.

    A dimension without values lets everybody through; values are compared as they are spelled, or, with
    `ignore_case`, by their letters alone. `employees` are the only ones that may pass, `search` is a fragment
    of their ids or names. `include` are people who pass whatever the conditions say, and with no condition at
    all the only ones; `exclude` are people who never do.

    `saved` is the name under which the user who asks saved a filter, or else the name of one that all share:
    that one is meant, and each part that is given beside the name takes the place of the saved part. Answers
    tell the filter itself, without the name.
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
    saved: FilterName | None = None


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


class EmployeesRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """List the people whom a filter selects, by a column and then by id, `limit` at a time.

    With `on` everything is as it was on that date, and those alone count who were employed then.
    """

    request_id: RequestId
    people: OrgFilter = OrgFilter()
    on: date | None = None
    sort: Column = "employee_id"
    descending: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    after: Annotated[str, msgspec.Meta(max_length=4000)] | None = None


class FacetsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Count people by value in each dimension, given the rest of a filter; the `limit` most common values.

    `on` is a date as in a list of employees.
    """

    request_id: RequestId
    people: OrgFilter = OrgFilter()
    on: date | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50


class TreeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Count people by unit: SBU, state, branch, department, sub-department, each within the one before.

    `on` is a date as in a list of employees; `depth` is how many of these levels are wanted.
    """

    request_id: RequestId
    people: OrgFilter = OrgFilter()
    on: date | None = None
    depth: Annotated[int, msgspec.Meta(ge=1, le=5)] = 5


class FiltersRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """List, save or delete filters by name; each user has his own. `people` is what `save` keeps.

    With `shared` it is one that all users share; only administrators and HR change those.
    """

    request_id: RequestId
    do: Literal["list", "save", "delete"] = "list"
    name: FilterName | None = None
    people: OrgFilter | None = None
    shared: bool = False


class EmployeeRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An employee as the directory spells him; what is missing is empty."""

    employee_id: str
    name: str
    status: str = ""
    sbu: str = ""
    state: str = ""
    branch: str = ""
    department: str = ""
    sub_department: str = ""
    designation: str = ""
    employee_type: str = ""


class EmployeesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of employees; `after` continues it, None at the end.

    `people` is the filter as it was understood, `selected` how many it selects of the `visible` whom the user
    may see at all.
    """

    people: OrgFilter
    selected: int
    visible: int
    employees: tuple[EmployeeRow, ...]
    after: str | None


class Count(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many people have a value; `chosen` if the filter names it."""

    value: str
    people: int
    chosen: bool = False


class FacetCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a dimension, most people first, chosen ones always; `more` are values left out."""

    dimension: str
    values: tuple[Count, ...]
    more: int


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """The facets of all dimensions under a filter; `people`, `selected` and `visible` as in a page."""

    people: OrgFilter
    selected: int
    visible: int
    facets: tuple[FacetCounts, ...]


class UnitCount(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of the organisation and how many people it has; `level` 1 is an SBU."""

    level: int
    value: str
    people: int


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation, each unit before those within it; `people`, `selected` and `visible` as in a page.

    `depth` is how many levels it has: fewer than were wanted where the wire could not carry more.
    """

    people: OrgFilter
    selected: int
    visible: int
    depth: int
    units: tuple[UnitCount, ...]


class SavedFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A filter under a name, of the user who asks or `shared` by all."""

    name: str
    people: OrgFilter
    shared: bool = False


class SavedFilters(msgspec.Struct, frozen=True, kw_only=True):
    """A user's own filters and those that all share, by name; what he may not see is left out of these."""

    filters: tuple[SavedFilter, ...]
