"""Owns facets: for each dimension, how many people each of its values would leave, all else being as it is.

What is chosen within a dimension does not narrow that dimension itself, or nobody could add a second value;
it narrows all others, whichever stands higher. So a chosen SBU leaves its states, those leave their branches.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from central.directory.arrays import Mask
from central.directory.columns import Columns, Dimension
from central.directory.employee import DIMENSIONS
from central.directory.selection import Some, count, having, listed, wants
from wire.people import OrgFilter


@dataclass(frozen=True, slots=True)
class Facet:
    """A dimension's values with the number of people, most first; `chosen` are those that the filter names.

    Values of nobody are left out, but for chosen ones. With `ignore_case` spellings that differ in case alone
    count together, under the one that most people have.
    """

    dimension: str
    values: tuple[tuple[str, int], ...]
    chosen: frozenset[str]


def facets(columns: Columns, people: OrgFilter, scope: Mask | None = None) -> list[Facet]:
    """The facets of all dimensions. The lists of people to add and to leave out do not count."""
    wanted = wants(columns, people)
    open_to_all = scope is None and not (people.search or people.employees)
    base = None if open_to_all else listed(columns, people)
    if base is not None and scope is not None:
        base &= scope
    missing = {name: ~having(columns.dimensions[name], values) for name, values in wanted.items()}
    misses = np.zeros(len(columns), np.uint8)
    for missed in missing.values():
        misses += missed
    passing = _some(base if not missing else _both(base, misses == 0))
    told = []
    for name in DIMENSIONS:
        rows = passing if name not in missing else _some(_others(base, misses, missing, name))
        dimension = columns.dimensions[name]
        told.append(_facet(name, dimension, count(dimension, rows), wanted.get(name), people))
    return told


def _some(mask: Mask | None) -> Some | None:
    return None if mask is None else Some.of(mask)


def _both(base: Mask | None, rows: Mask) -> Mask:
    return rows if base is None else rows & base


def _others(base: Mask | None, misses: NDArray[np.uint8], missing: dict[str, Mask], name: str) -> Mask | None:
    """The rows that pass all conditions but the one on a dimension."""
    return base if len(missing) == 1 else _both(base, misses == missing[name])


def _facet(
    name: str, dimension: Dimension, counts: NDArray[np.int64], wanted: Mask | None, people: OrgFilter
) -> Facet:
    codes = counts > 0 if wanted is None else (counts > 0) | wanted
    figures = [(dimension.values[code], int(counts[code])) for code in np.flatnonzero(codes)]
    chosen = set() if wanted is None else {dimension.values[code] for code in np.flatnonzero(wanted)}
    if people.ignore_case:
        figures, chosen = _grouped(figures, chosen)
    figures.sort(key=lambda figure: -figure[1])
    return Facet(name, tuple(figures), frozenset(chosen))


def _grouped(figures: list[tuple[str, int]], chosen: set[str]) -> tuple[list[tuple[str, int]], set[str]]:
    groups: dict[str, list[tuple[str, int]]] = {}
    for value, people in figures:
        groups.setdefault(value.casefold(), []).append((value, people))
    spelled = {folded: max(group, key=lambda one: one[1])[0] for folded, group in groups.items()}
    totals = [(spelled[folded], sum(one for _, one in group)) for folded, group in groups.items()]
    return totals, {spelled[value.casefold()] for value in chosen}
