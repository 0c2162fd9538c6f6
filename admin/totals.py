"""Owns totals of a report: how many rows and minutes each employee, unit, date, month or hour has."""

from collections.abc import Callable, Iterable, Sequence

from admin.errors import UsageError
from admin.tabulating import Cell

COUNT = "days"
_LENGTH = "_minutes"
_MONTH = len("2026-05")
_SOURCES = {
    "employee": "employee",
    "department": "department",
    "status": "status",
    "date": "date",
    "month": "date",
}
KEYS = tuple(_SOURCES)
"""What rows can be put together by."""

Rows = Iterable[Sequence[Cell]]


def totals(
    columns: Sequence[str], rows: Rows, by: Sequence[str]
) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    """A line for each combination of `by`, in order, behind their columns: `days` counts, lengths are summed.

    Raises UsageError if the report does not tell that.
    """
    if missing := [key for key in by if _SOURCES[key] not in columns]:
        raise UsageError(f"this report has no column for --by {missing[0]}")
    keys = [_key(columns, name) for name in by]
    lengths = [place for place, column in enumerate(columns) if column.endswith(_LENGTH)]
    sums: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        line = sums.setdefault(tuple(key(row) for key in keys), [0] * (len(lengths) + 1))
        line[0] += 1
        for at, place in enumerate(lengths, 1):
            line[at] += int(row[place] or 0)
    head = (*by, COUNT, *(columns[place] for place in lengths))
    return head, [(*key, *line) for key, line in sorted(sums.items())]


def added_up(rows: Rows) -> list[tuple[Cell, ...]]:
    """Rows that differ in their numbers alone, added up to one, in order of their words, which come first."""
    sums: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        words = tuple(cell for cell in row if isinstance(cell, str))
        figures = [cell for cell in row if isinstance(cell, int)]
        held = sums.setdefault(words, [0] * len(figures))
        sums[words] = [one + more for one, more in zip(held, figures, strict=True)]
    return [(*words, *figures) for words, figures in sorted(sums.items())]


def _key(columns: Sequence[str], name: str) -> Callable[[Sequence[Cell]], str]:
    place = columns.index(_SOURCES[name])
    most = _MONTH if name == "month" else None
    return lambda row: str(row[place] or "")[:most]
