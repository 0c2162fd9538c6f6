"""What people are answered about employees: pages of them, facets, saved filters."""

import msgspec

from wire.admin import OrgFilter


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


class SavedFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter under a name."""

    name: str
    people: OrgFilter


class SavedFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters that a user has saved, by name."""

    filters: tuple[SavedFilter, ...]
