"""Owns the word with which a workday shows that the time of one of its punches is unsure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from central.rules.day import DayResult as Evaluated
from central.timing.verdict import Timed
from wire.days import DayResult

UNSURE = "time_unsure"


def unsure_dates(results: Sequence[Evaluated], times: Iterable[Timed]) -> set[date]:
    """Those of some workdays, which follow each other, that a punch may belong to wrongly, or wrongly not."""
    if not results:
        return set()
    limits = [*(result.workday.opens for result in results), results[-1].workday.closes]
    return {results[place].workday.date for place in unsure_places(limits, times)}


def unsure_places(limits: Sequence[int], times: Iterable[Timed]) -> set[int]:
    """The same by the places of the workdays, which open and close at these instants, in order.

    They are those that a punch with an unsure time may belong to, and those over whose limits the bounds of
    a time reach.
    """
    last_place = len(limits) - 2
    found: set[int] = set()
    for time in times:
        first, last = time.span
        begin, end = bisect_right(limits, first) - 1, bisect_right(limits, last) - 1
        if time.unsure or begin != end:
            found.update(range(max(begin, 0), min(end, last_place) + 1))
    return found


def flagged(result: DayResult) -> DayResult:
    """The result of a workday that shows it."""
    return msgspec.structs.replace(result, flags=(*result.flags, UNSURE))
