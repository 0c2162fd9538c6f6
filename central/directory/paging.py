"""Owns pages of employees: rows in the order of a column, and cursors that hold while the directory changes.

A cursor is the last row's place in the order, by value and not by number: whoever comes or goes between two
pages, those who stay where they are come once.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import msgspec
import numpy as np

from central.directory.arrays import Mask
from central.directory.columns import FIELDS, Columns, by_spelling

_FIRST_LOOK = 1024


@dataclass(frozen=True, slots=True)
class Order:
    """By which column of `FIELDS`, then by id; the other way round if descending."""

    column: str = "employee_id"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, and the cursor behind the last; None if nobody follows."""

    rows: tuple[int, ...]
    after: str | None


class NoSuchPlace(ValueError):
    """A cursor that was not given out for this order."""


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    column: str
    descending: bool
    value: str
    employee_id: str


def page(columns: Columns, chosen: Mask, order: Order, limit: int, after: str | None = None) -> Page:
    """At most `limit` of the chosen rows behind a cursor. Raises NoSuchPlace."""
    rows = columns.order(order.column)
    begin, end = 0, len(rows)
    if after is not None:
        place = _place(columns, order, _read(after, order))
        begin, end = (0, place[0]) if order.descending else (place[1], len(rows))
    found: list[int] = []
    look = max(_FIRST_LOOK, limit)
    while begin < end and len(found) <= limit:
        some = rows[max(end - look, begin) : end][::-1] if order.descending else rows[begin : begin + look]
        found += some[chosen[some]].tolist()
        begin, end = (begin, end - len(some)) if order.descending else (begin + len(some), end)
        look *= 2
    kept = found[:limit]
    return Page(tuple(kept), cursor(columns, order, kept[-1]) if len(found) > limit else None)


def cursor(columns: Columns, order: Order, row: int) -> str:
    """The place behind a row."""
    value = columns.texts(row)[FIELDS.index(order.column)]
    told = _Cursor(order.column, order.descending, value, columns.ids[row])
    return urlsafe_b64encode(msgspec.json.encode(told)).decode().rstrip("=")


def _read(text: str, order: Order) -> _Cursor:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        told = msgspec.json.decode(urlsafe_b64decode(padded), type=_Cursor)
    except (ValueError, msgspec.MsgspecError):
        raise NoSuchPlace(f"{text!r} is no place to go on from") from None
    if (told.column, told.descending) != (order.column, order.descending):
        way = "descending" if told.descending else "ascending"
        raise NoSuchPlace(f"the place to go on from belongs to a list by {told.column}, {way}")
    return told


def _place(columns: Columns, order: Order, told: _Cursor) -> tuple[int, int]:
    """How many rows of an ascending order come before the place of a cursor, and how many up to it."""
    row, there = columns.place(told.employee_id), columns.row_of(told.employee_id) is not None
    if order.column == "employee_id":
        return row, row + there
    if order.column == "name":
        key = (told.value.casefold(), row)
        before = bisect_left(
            columns.by_name, key, key=lambda at: (columns.names[int(at)].casefold(), int(at))
        )
        exact = before < len(columns) and int(columns.by_name[before]) == row
        return before, before + (exact and there and columns.names[row].casefold() == key[0])
    dimension = columns.dimensions[order.column]
    spelling = by_spelling(told.value)
    sizes = np.cumsum(dimension.totals)
    code = bisect_left(dimension.values, spelling, key=by_spelling)
    begin = int(sizes[code - 1]) if code else 0
    if bisect_right(dimension.values, spelling, key=by_spelling) == code:
        return begin, begin
    same = columns.order(order.column)[begin : int(sizes[code])]
    return (
        begin + int(np.searchsorted(same, row)),
        begin + int(np.searchsorted(same, row, side="right" if there else "left")),
    )
