"""The span: consecutive workdays of a person, as numbers of days since 1970, and spans put together."""

from collections.abc import Iterable
from datetime import date, timedelta

_EPOCH = date(1970, 1, 1)

DaySpan = tuple[int, int]
"""First and last workday, both included, in days since 1970."""


def number(day: date) -> int:
    """DaySpan since 1970."""
    return (day - _EPOCH).days


def day_of(number_: int) -> date:
    """The date behind a number of days."""
    return _EPOCH + timedelta(days=number_)


def merged(spans: Iterable[DaySpan]) -> list[DaySpan]:
    """The same days in as few spans as possible, in order; empty spans vanish."""
    found: list[DaySpan] = []
    for first, last in sorted(span for span in spans if span[0] <= span[1]):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found
