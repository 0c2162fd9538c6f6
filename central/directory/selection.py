"""Owns what a filter selects: from columns and a filter to a mask of rows, and what in a filter means nobody.

A scope is a mask, too: who is outside of it is not there, whatever the filter says.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from central.directory.arrays import Mask
from central.directory.columns import Columns, Dimension
from central.directory.employee import DIMENSIONS, Employee
from central.directory.fragments import fold
from wire.people import OrgFilter

_NEAR = 3
_NEIGHBOURS = 25
_FEW = 6
"""So many values are compared faster than they are looked up."""


def select(columns: Columns, people: OrgFilter, scope: Mask | None = None) -> Mask:
    """The rows of those whom a filter lets through."""
    conditions = conditioned(people)
    if people.include and not conditions:
        chosen = np.zeros(len(columns), np.bool_)
    else:
        chosen = listed(columns, people)
        for name, wanted in wants(columns, people).items():
            chosen &= having(columns.dimensions[name], wanted)
    chosen[_rows(columns, people.include)] = True
    chosen[_rows(columns, people.exclude)] = False
    return chosen if scope is None else chosen & scope


def passes(people: OrgFilter, employee: Employee) -> bool:
    """Whether a filter lets one employee through: what `select` says of all of them."""
    one = employee.employee_id
    if one in people.exclude:
        return False
    if one in people.include:
        return True
    if people.include and not conditioned(people):
        return False
    fragment = fold(people.search)
    return (
        (not people.employees or one in people.employees)
        and (fragment in fold(one) or fragment in fold(employee.name))
        and all(_one_of(getattr(employee, name), people, name) for name in DIMENSIONS)
    )


def _one_of(value: str, people: OrgFilter, name: str) -> bool:
    values = getattr(people, name)
    if people.ignore_case:
        return not values or value.casefold() in {one.casefold() for one in values}
    return not values or value in values


def conditioned(people: OrgFilter) -> bool:
    """Whether a filter has any condition, besides its lists of people to add and to leave out."""
    return bool(people.employees or people.search or any(getattr(people, name) for name in DIMENSIONS))


def within(columns: Columns, units: Iterable[Collection[tuple[str, str]]]) -> Mask:
    """The people of any of some units; to a unit belongs who has all of its (dimension, value)."""
    mask = np.zeros(len(columns), np.bool_)
    for unit in units:
        of_unit = np.full(len(columns), bool(unit))
        for name, value in unit:
            dimension = columns.dimensions[name]
            of_unit &= having(dimension, _wanted(dimension, [value], ignore_case=False))
        mask |= of_unit
    return mask


def listed(columns: Columns, people: OrgFilter) -> Mask:
    """The rows that pass all conditions that are none on a dimension."""
    mask = np.ones(len(columns), np.bool_)
    if people.search:
        fragment = fold(people.search).encode("utf-8", "replace")
        mask = np.concatenate([np.zeros(0, np.bool_), *(block.find(fragment) for block in columns.blocks)])
    if people.employees:
        named = np.zeros(len(columns), np.bool_)
        named[_rows(columns, people.employees)] = True
        mask &= named
    return mask


def wants(columns: Columns, people: OrgFilter) -> Mapping[str, NDArray[np.bool_]]:
    """For each dimension that a filter has values for: which of its values, by code, are wanted."""
    return {
        name: _wanted(columns.dimensions[name], values, ignore_case=people.ignore_case)
        for name in DIMENSIONS
        if (values := getattr(people, name))
    }


def _wanted(dimension: Dimension, values: Collection[str], *, ignore_case: bool) -> NDArray[np.bool_]:
    if ignore_case:
        folded = {value.casefold() for value in values}
        found = (value.casefold() in folded for value in dimension.values)
    else:
        found = (value in values for value in dimension.values)
    return np.fromiter(found, np.bool_, len(dimension.values))


def _rows(columns: Columns, employee_ids: Collection[str]) -> list[int]:
    return [row for one in employee_ids if (row := columns.row_of(one)) is not None]


def unknown(
    columns: Columns,
    people: OrgFilter,
    scope: Mask | None = None,
    once: Mapping[str, Collection[str]] | None = None,
) -> Iterator[str]:
    """A sentence for each value and each id that nobody within the scope has, with near matches.

    `once` are values by dimension that somebody had.
    """
    visible = None if scope is None else Some.of(scope)
    for name in DIMENSIONS:
        if values := getattr(people, name):
            dimension = columns.dimensions[name]
            there = [dimension.values[code] for code in np.flatnonzero(count(dimension, visible))]
            there += [] if once is None else sorted(once.get(name, ()))
            alike = {value.casefold() for value in there} if people.ignore_case else set(there)
            for value in values:
                if (value.casefold() if people.ignore_case else value) not in alike:
                    near = _near(value, there)
                    yield f"nobody has the {name.replace('_', ' ')} {value!r}{_hint(near)}"
    for one in dict.fromkeys((*people.employees, *people.include, *people.exclude)):
        row = columns.row_of(one)
        if row is None or (scope is not None and not scope[row]):
            near = _near(one, list(_neighbours(columns, one, scope)))
            yield f"nobody has the employee id {one!r}{_hint(near)}"


@dataclass(frozen=True, slots=True)
class Some:
    """Some rows, ready to be counted by value: these, or all but these where those are fewer."""

    rows: NDArray[np.intp]
    inverted: bool

    @classmethod
    def of(cls, mask: Mask) -> "Some":
        """The rows of a mask."""
        inverted = int(np.count_nonzero(mask)) * 2 > len(mask)
        return cls(np.flatnonzero(~mask if inverted else mask), inverted)


def count(dimension: Dimension, some: Some | None) -> NDArray[np.int64]:
    """How many of some rows have each value, by code; None is all rows."""
    if some is None:
        return dimension.totals
    counts = np.bincount(dimension.codes[some.rows], minlength=len(dimension.values))
    return dimension.totals - counts if some.inverted else counts


def having(dimension: Dimension, wanted: NDArray[np.bool_]) -> Mask:
    """The rows whose value is wanted."""
    codes = np.flatnonzero(wanted)
    if len(codes) > _FEW:
        return wanted.take(dimension.codes, mode="clip")
    mask = np.zeros(len(dimension.codes), np.bool_)
    for code in codes:
        mask |= dimension.codes == code
    return mask


def _near(value: str, there: list[str]) -> list[str]:
    """What somebody may have meant: the same letters in another case first."""
    same = [one for one in there if one.casefold() == value.casefold()]
    return list(dict.fromkeys([*same, *get_close_matches(value, there, _NEAR)]))[:_NEAR]


def _neighbours(columns: Columns, one: str, scope: Mask | None) -> Iterator[str]:
    """Ids that may have been meant: those beside it in order, and those with the same letters in them."""
    here = columns.place(one)
    beside = range(max(here - _NEIGHBOURS, 0), min(here + _NEIGHBOURS, len(columns)))
    holding = np.flatnonzero(listed(columns, OrgFilter(search=one.strip()[:200])))
    for row in (*beside, *islice(holding.tolist(), _NEIGHBOURS)):
        if scope is None or scope[row]:
            yield columns.ids[row]


def _hint(near: list[str]) -> str:
    return f"; did you mean {', '.join(near)}?" if near else ""
