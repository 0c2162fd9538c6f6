"""Owns a report as people read it: lengths as hours and minutes, and no date that the row says already."""

from collections.abc import Sequence

from admin.board import plain

Cell = str | int | None
_LENGTH = "_minutes"
_WORDS = ("status", "note")
"""The columns of words that programs compare, whose underscores a person need not see."""


def headed(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns' names as people say them."""
    return tuple(column.removesuffix(_LENGTH).replace("_", " ") for column in columns)


def shown(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[tuple[str, ...]]:
    """The cells as text: `7:45` for 465 minutes, `09:10` for a time on the date of its row."""
    dated = columns.index("date") if "date" in columns else None
    found = []
    for row in rows:
        date = None if dated is None else row[dated]
        found.append(tuple(_shown(column, cell, date) for column, cell in zip(columns, row, strict=True)))
    return found


def numbers(columns: Sequence[str]) -> set[int]:
    """The places of the columns that hold lengths."""
    return {place for place, column in enumerate(columns) if column.endswith(_LENGTH)}


def _shown(column: str, cell: Cell, date: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return f"{cell // 60}:{cell % 60:02}" if column.endswith(_LENGTH) else str(cell)
    text = plain(cell).removeprefix(f"{date} ")
    return text.replace("_", " ") if column in _WORDS else text
