"""Owns how a filter of a request becomes people: within the scope of who asks, and told what means nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from central.directory.arrays import Mask
from central.directory.bygone import columns_on, employed, moved
from central.directory.columns import Columns
from central.directory.directory import Directory
from central.directory.selection import select, unknown, within
from central.ledger.staff import Staff
from central.requests.asking import Refusal
from wire.people import OrgFilter

Units = frozenset[frozenset[tuple[str, str]]]
"""The units of a manager, as `selection.within` takes them."""

_TOLD = 5
_DATES = 4
"""The organisation is kept as it was on so many dates: pages of one list ask for the same again."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a filter selects: `mask`, of the rows of `columns`, within `scope`; without one, of everybody."""

    columns: Columns
    scope: Mask | None
    mask: Mask

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

    def ids(self, limit: int, after: str = "") -> Sequence[str]:
        """At most `limit` ids in order, behind the id `after`."""
        first = self.columns.place(after)
        found: list[int] = []
        while first < len(self.mask) and len(found) <= limit:
            found += (np.flatnonzero(self.mask[first : first + 65_536]) + first).tolist()
            first += 65_536
        return [one for row in found[: limit + 1] if (one := self.columns.ids[row]) != after][:limit]


@dataclass(frozen=True, slots=True)
class _Then:
    """The organisation as it was on a date, as far as a directory knows it, and who was employed."""

    now: Columns
    directory: Directory
    day: date
    columns: Columns
    employed: Mask


class Choosing:
    """Chooses people for requests. Not for more than one thread."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self._columns: Columns | None = None
        self._scopes: dict[Units, Mask] = {}
        self._thens: list[_Then] = []

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
        then = self._then(columns, directory, day)
        _check(then.columns, people, mask)
        scope = then.employed if mask is None else then.employed & mask
        return Chosen(then.columns, scope, select(then.columns, people, scope))

    def _then(self, columns: Columns, directory: Directory, day: date) -> _Then:
        for one in self._thens:
            if one.now is columns and one.directory is directory and one.day == day:
                return one
        then = columns_on(columns, moved(directory.moved, day), day)
        made = _Then(columns, directory, day, then, employed(then, directory.employees.values(), day))
        self._thens = [made, *self._thens[: _DATES - 1]]
        return made

    def _mask(self, columns: Columns, units: Units | None) -> Mask | None:
        if units is None:
            return None
        if columns is not self._columns:
            self._columns = columns
            self._scopes.clear()
        if units not in self._scopes:
            self._scopes[units] = within(columns, units)
        return self._scopes[units]


def _check(columns: Columns, people: OrgFilter, scope: Mask | None) -> None:
    """Raise Refusal for what in a filter means nobody."""
    if told := list(unknown(columns, people, scope)):
        more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        raise Refusal("; ".join(told[:_TOLD]) + more)
