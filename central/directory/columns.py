"""Owns the directory as columns in memory: codes for the dimensions, texts in one piece, an index for search.

Rows are in the order of employee ids, by code point. Nothing here changes once it is made; a change of some
employees makes new columns that share what stayed the same.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from central.directory.arrays import Rows, Texts
from central.directory.employee import DIMENSIONS
from central.directory.fragments import BLOCK_ROWS, Block, block

FIELDS = ("employee_id", "name", *DIMENSIONS)
Row = Sequence[str]
"""An employee's texts, in the order of `FIELDS`."""

Codes = NDArray[np.unsignedinteger]


def by_spelling(value: str) -> tuple[str, str]:
    """How values are ordered: spellings that differ in case alone stand side by side."""
    return value.casefold(), value


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of everybody: `codes` are places in `values`, which are in order; `totals` count rows."""

    values: tuple[str, ...]
    codes: Codes
    totals: NDArray[np.int64]

    @classmethod
    def of(cls, values: tuple[str, ...], codes: Codes) -> "Dimension":
        """Put a dimension together."""
        return cls(values, codes, np.bincount(codes, minlength=len(values)))

    def changed(self, kept: Rows, put: Sequence[str], added: Rows, new: Sequence[str]) -> "Dimension":
        """With other values in the rows `kept`, and rows more in front of those of `added`."""
        values = tuple(sorted({*self.values, *put, *new}, key=by_spelling))
        code = {value: place for place, value in enumerate(values)}
        small = np.min_scalar_type(len(values))
        moved = np.fromiter((code[value] for value in self.values), small, len(self.values))
        codes = moved[self.codes] if len(self.values) else np.zeros(0, small)
        codes[kept] = [code[value] for value in put]
        codes = np.insert(codes, added, np.array([code[value] for value in new], small))
        return Dimension.of(values, codes)


@dataclass(frozen=True, slots=True)
class Columns:
    """Everybody, as columns. `by_name` are the rows in the order of folded names, then of ids."""

    ids: Texts
    names: Texts
    dimensions: Mapping[str, Dimension]
    blocks: tuple[Block, ...]
    by_name: Rows
    _orders: dict[str, Rows] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def place(self, employee_id: str) -> int:
        """The first row whose id does not come before this one."""
        return bisect_left(self.ids, employee_id)

    def row_of(self, employee_id: str) -> int | None:
        """The row of an employee, None for an id of nobody."""
        row = self.place(employee_id)
        return row if row < len(self) and self.ids[row] == employee_id else None

    def texts(self, row: int) -> tuple[str, ...]:
        """An employee's texts, in the order of `FIELDS`."""
        told = (one.values[int(one.codes[row])] for one in self.dimensions.values())
        return (self.ids[row], self.names[row], *told)

    def order(self, column: str) -> Rows:
        """The rows in the order of a column of `FIELDS`, then of ids; kept once it was asked for."""
        if (known := self._orders.get(column)) is not None:
            return known
        if column == "name":
            order = self.by_name
        elif column == "employee_id":
            order = np.arange(len(self), dtype=np.int32)
        else:
            order = np.argsort(self.dimensions[column].codes, kind="stable").astype(np.int32)
        self._orders[column] = order
        return order

    @property
    def nbytes(self) -> int:
        """Bytes of memory, all orders among them once they were asked for."""
        dimensions = sum(one.codes.nbytes + one.totals.nbytes for one in self.dimensions.values())
        orders = sum(order.nbytes for order in self._orders.values() if order is not self.by_name)
        texts = self.ids.nbytes + self.names.nbytes + self.by_name.nbytes
        return dimensions + orders + texts + sum(one.nbytes for one in self.blocks)

    def changed(self, rows: Iterable[Row]) -> "Columns":
        """These columns after some employees were changed or added. Costs by the blocks that they are in."""
        latest = {row[0]: row for row in rows}
        places = [(self.place(one), latest[one]) for one in sorted(latest)]
        put = [(at, row) for at, row in places if at < len(self) and self.ids[at] == row[0]]
        new = [(at, row) for at, row in places if not (at < len(self) and self.ids[at] == row[0])]
        renamed = [(at, row) for at, row in put if self.names[at] != row[1]]
        kept = np.array([at for at, _ in put], np.int32)
        added = np.array([at for at, _ in new], np.int32)
        dimensions = {
            name: self.dimensions[name].changed(
                kept, [row[place] for _, row in put], added, [row[place] for _, row in new]
            )
            for place, name in enumerate(FIELDS)
            if name in DIMENSIONS
        }
        ids = self.ids.spliced([], [(at, row[0]) for at, row in new])
        names = self.names.spliced([(at, row[1]) for at, row in renamed], [(at, row[1]) for at, row in new])
        blocks = self._blocks(ids, names, np.array([at for at, _ in renamed], np.int32), added)
        moved = self.by_name + np.searchsorted(added, self.by_name, side="right").astype(np.int32)
        gone = np.zeros(len(self), np.bool_)
        gone[[at for at, _ in renamed]] = True
        stay = moved[~gone[self.by_name]]
        entered = [at + int(np.searchsorted(added, at, side="right")) for at, _ in renamed]
        entered += [at + before for before, (at, _) in enumerate(new)]
        return Columns(ids, names, dimensions, blocks, _named(stay, names, entered))

    def _blocks(self, ids: Texts, names: Texts, renamed: Rows, added: Rows) -> tuple[Block, ...]:
        """The blocks after a change: those that hold other texts are made again, too large ones in parts."""
        made: list[Block] = []
        begin = first = 0
        for number, old in enumerate(self.blocks):
            last = first + old.size
            end = len(self) + 1 if number == len(self.blocks) - 1 else last
            more = int(np.count_nonzero((added >= first) & (added < end)))
            if more or np.any((renamed >= first) & (renamed < last)):
                made += indexed(ids, names, begin, begin + old.size + more)
            else:
                made.append(old)
            begin += old.size + more
            first = last
        return tuple(made) if self.blocks else tuple(indexed(ids, names, 0, len(ids)))


def columns(rows: Iterable[Row]) -> Columns:
    """Columns of everybody; the rows may come in any order, with each id once."""
    in_order = sorted(rows, key=lambda row: row[0])
    ids, names = [row[0] for row in in_order], [row[1] for row in in_order]
    dimensions = {}
    for place, name in enumerate(FIELDS):
        if name in DIMENSIONS:
            there = [row[place] for row in in_order]
            values = tuple(sorted(set(there), key=by_spelling))
            code = {value: at for at, value in enumerate(values)}
            small = np.min_scalar_type(len(values))
            dimensions[name] = Dimension.of(values, np.fromiter(map(code.get, there), small, len(there)))
    folded = [name.casefold() for name in names]
    by_name = np.array(sorted(range(len(folded)), key=folded.__getitem__), np.int32)
    held = Texts.of(ids), Texts.of(names)
    return Columns(*held, dimensions, tuple(indexed(*held, 0, len(ids))), by_name)


def indexed(ids: Texts, names: Texts, first: int, last: int) -> list[Block]:
    """The blocks of the rows from `first` to before `last`."""
    bounds = [*range(first, last, BLOCK_ROWS), last]
    return [
        block(list(ids.between(begin, end)), list(names.between(begin, end)))
        for begin, end in pairwise(bounds)
    ]


def _named(stay: Rows, names: Texts, entered: Sequence[int]) -> Rows:
    """The order of names with some rows more."""

    def key(row: int) -> tuple[str, int]:
        return names[row].casefold(), row

    new = sorted(entered, key=key)
    places = [bisect_left(stay, key(row), key=lambda row: key(int(row))) for row in new]
    return np.insert(stay, np.array(places, np.int64), np.array(new, np.int32))
