"""Owns how a filter of a request becomes people: within the scope of who asks, and told what means nobody.

The scope of who asks is always that of now; a filter may also mean the units of a date, or of each date.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

import msgspec
import numpy as np

from central.directory.arrays import Mask
from central.directory.bygone import columns_on, employed, ever, moved, values
from central.directory.columns import Columns
from central.directory.directory import Directory
from central.directory.employee import DIMENSIONS, Employee
from central.directory.selection import passes, select, unknown, within
from central.ledger.staff import Staff
from central.requests.asking import Refusal
from wire.facts import Span
from wire.listing import ExportRequest
from wire.people import OrgFilter
from wire.reporting import ReportPage, ReportRequest

Units = frozenset[frozenset[tuple[str, str]]]
"""The units of a manager, as `selection.within` takes them."""

_TOLD = 5
_LONGEST_LIST = 200
_LISTS = ("employees", "include", "exclude")
_KEPT = 4
"""So many answers about the past are kept: the pages of a list ask for the same again."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a filter selects: `mask`, of the rows of `columns`, within `scope`; without one, of everybody.

    Of those who `moved` in a span of dates the filter `people` decides for each date; they are in the mask if
    it selects them on any.
    """

    columns: Columns
    scope: Mask | None
    mask: Mask
    people: OrgFilter = field(default_factory=OrgFilter)
    moved: Mapping[str, Employee] = field(default_factory=dict)

    @property
    def selected(self) -> int:
        """How many people the filter selects."""
        return int(np.count_nonzero(self.mask))

    @property
    def visible(self) -> int:
        """How many people the one who asks may see."""
        return len(self.columns) if self.scope is None else int(np.count_nonzero(self.scope))

    def has(self, employee_id: str) -> bool:
        """Whether the filter selects this person."""
        row = self.columns.row_of(employee_id)
        return row is not None and bool(self.mask[row])

    def has_on(self, employee_id: str, day: date) -> bool:
        """Whether the filter selects this person as of a date of the span."""
        mover = self.moved.get(employee_id)
        return self.has(employee_id) if mover is None else passes(self.people, mover.on(day))

    def ids(self, limit: int, after: str = "") -> Sequence[str]:
        """At most `limit` ids in order, behind the id `after`."""
        first = self.columns.place(after)
        found: list[int] = []
        while first < len(self.mask) and len(found) <= limit:
            found += (np.flatnonzero(self.mask[first : first + 65_536]) + first).tolist()
            first += 65_536
        return [one for row in found[: limit + 1] if (one := self.columns.ids[row]) != after][:limit]


class _Latest(Generic[T]):
    """The last few things that were made of the same columns and the same directory, by what they are for."""

    def __init__(self) -> None:
        self._kept: list[tuple[Columns, Directory, object, T]] = []

    def of(self, columns: Columns, directory: Directory, key: object, make: Callable[[], T]) -> T:
        """The one that is there, or a new one."""
        for one, other, of_what, made in self._kept:
            if one is columns and other is directory and of_what == key:
                return made
        new = make()
        self._kept = [(columns, directory, key, new), *self._kept[: _KEPT - 1]]
        return new


class Choosing:
    """Chooses people for requests. Not for more than one thread."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self._columns: Columns | None = None
        self._scopes: dict[Units, Mask] = {}
        self._thens = _Latest[tuple[Columns, Mask]]()
        self._throughs = _Latest[Chosen]()

    def choose(self, people: OrgFilter, units: Units | None) -> Chosen:
        """The people of some units, or of all, whom a filter selects now.

        Raises Refusal, with near matches, for what means nobody.
        """
        columns = self._staff.columns()
        mask = self._mask(columns, units)
        _check(columns, people, mask)
        return Chosen(columns, mask, select(columns, people, mask))

    def choose_on(self, people: OrgFilter, units: Units | None, directory: Directory, day: date) -> Chosen:
        """Those whom a filter selects as they were on a date, of all who were employed then.

        The units of who asks are those of now. `directory` has the people of these alone. Raises Refusal.
        """
        columns = self._staff.columns()
        mask = self._mask(columns, units)
        then, there = self._thens.of(
            columns,
            directory,
            day,
            lambda: (
                columns_on(columns, moved(directory.moved, day), day),
                employed(columns, directory.employees.values(), day),
            ),
        )
        _check(then, people, mask)
        scope = there if mask is None else there & mask
        return Chosen(then, scope, select(then, people, scope))

    def choose_through(
        self, people: OrgFilter, units: Units | None, directory: Directory, span: Span
    ) -> Chosen:
        """Those whom a filter selects on any date of a span; `has_on` says on which.

        The units of who asks are those of now. `directory` has the people of these alone. Raises Refusal.
        """
        if not any(getattr(people, name) for name in DIMENSIONS):
            return self.choose(people, units)
        columns = self._staff.columns()
        key = (people, units, span)
        return self._throughs.of(
            columns, directory, key, lambda: self._through(columns, people, units, directory, span)
        )

    def _through(
        self, columns: Columns, people: OrgFilter, units: Units | None, directory: Directory, span: Span
    ) -> Chosen:
        scope = self._mask(columns, units)
        away = moved(directory.moved, span.first)
        _check(columns, people, scope, values(away.values(), span.first, span.last))
        mask = select(columns, people, scope)
        for one, employee in away.items():
            if (row := columns.row_of(one)) is not None:
                mask[row] = ever(people, employee, span.first, span.last)
        return Chosen(columns, scope, mask, people, away)

    def _mask(self, columns: Columns, units: Units | None) -> Mask | None:
        if units is None:
            return None
        if columns is not self._columns:
            self._columns = columns
            self._scopes.clear()
        if units not in self._scopes:
            self._scopes[units] = within(columns, units)
        return self._scopes[units]


def echo(people: OrgFilter) -> OrgFilter:
    """The filter as it is told back: without lists of people that would fill the answer."""
    long = [name for name in _LISTS if len(getattr(people, name)) > _LONGEST_LIST]
    return msgspec.structs.replace(people, **dict.fromkeys(long, ()))


def introduced(page: ReportPage, request: ReportRequest | ExportRequest, chosen: Chosen) -> ReportPage:
    """A page, if it is the first one with the filter as it was understood and how many people that is."""
    if request.after is not None:
        return page
    return msgspec.structs.replace(
        page, people=echo(request.people), selected=chosen.selected, visible=chosen.visible
    )


def _check(
    columns: Columns, people: OrgFilter, scope: Mask | None, once: Mapping[str, Collection[str]] | None = None
) -> None:
    """Raise Refusal for what in a filter means nobody; `once` are values that somebody had."""
    if told := list(unknown(columns, people, scope, once)):
        more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        raise Refusal("; ".join(told[:_TOLD]) + more)
