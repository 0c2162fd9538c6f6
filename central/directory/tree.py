"""Owns the organisation as a tree: how many people each unit has, from the largest units to the smallest."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from central.directory.arrays import Mask
from central.directory.columns import Columns, by_spelling

LEVELS = ("sbu", "state", "branch", "department", "sub_department")
"""The dimensions that lie within each other."""
_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: the values of the first levels, and how many of the people chosen it has."""

    path: tuple[str, ...]
    people: int


def tree(columns: Columns, chosen: Mask, depth: int = len(LEVELS)) -> list[Unit]:
    """The units of the people chosen, each before those within it, down to so many levels."""
    counts: Counter[tuple[str, ...]] = Counter()
    for path, people in _smallest(columns, chosen, depth):
        for level in range(1, depth + 1):
            counts[path[:level]] += people
    in_order = sorted(counts, key=lambda path: [by_spelling(value) for value in path])
    return [Unit(path, counts[path]) for path in in_order]


def _smallest(columns: Columns, chosen: Mask, depth: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """The units of the last level that have anybody; a row is told apart by one number for all its codes."""
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return
    dimensions = [columns.dimensions[name] for name in LEVELS[:depth]]
    key = np.zeros(len(rows), np.int64)
    size = 1
    for dimension in dimensions:
        if size * len(dimension.values) > _LARGEST:
            there, key = np.unique(key, return_inverse=True)
            size = len(there)
        key = key * len(dimension.values) + dimension.codes[rows]
        size *= len(dimension.values)
    _, first, people = np.unique(key, return_index=True, return_counts=True)
    for row, count in zip(rows[first].tolist(), people.tolist(), strict=True):
        yield tuple(one.values[int(one.codes[row])] for one in dimensions), count
