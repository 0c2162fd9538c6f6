"""Owns how a filter of a request becomes people: within the scope of who asks, and told what means nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from central.directory.arrays import Mask
from central.directory.columns import Columns
from central.directory.selection import select, unknown, within
from central.ledger.staff import Staff
from central.requests.asking import Refusal
from wire.people import OrgFilter

Units = frozenset[frozenset[tuple[str, str]]]
"""The units of a manager, as `selection.within` takes them."""

_TOLD = 5


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


class Choosing:
    """Chooses people for requests. Not for more than one thread."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self._columns: Columns | None = None
        self._scopes: dict[Units, Mask] = {}

    def choose(self, people: OrgFilter, units: Units | None) -> Chosen:
        """The people of some units, or of all, whom a filter selects now.

        Raises Refusal, with near matches, for what means nobody.
        """
        columns = self._staff.columns()
        mask = self._mask(columns, units)
        if told := list(unknown(columns, people, mask)):
            more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
            raise Refusal("; ".join(told[:_TOLD]) + more)
        return Chosen(columns, mask, select(columns, people, mask))

    def _mask(self, columns: Columns, units: Units | None) -> Mask | None:
        if units is None:
            return None
        if columns is not self._columns:
            self._columns = columns
            self._scopes.clear()
        if units not in self._scopes:
            self._scopes[units] = within(columns, units)
        return self._scopes[units]
