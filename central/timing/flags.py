"""Owns the word with which a workday shows that the time of one of its punches is unsure."""

from collections.abc import Iterable

import msgspec

from central.rules.day import DayResult as Evaluated
from central.timing.verdict import Timed
from wire.days import DayResult

UNSURE = "time_unsure"


def unsure_of(result: DayResult, evaluated: Evaluated, times: Iterable[Timed]) -> DayResult:
    """The result of a workday, flagged if a punch may be its own wrongly, or wrongly its neighbour's."""
    workday = evaluated.workday
    if not any(time.flags(workday.opens, workday.closes) for time in times):
        return result
    return msgspec.structs.replace(result, flags=(*result.flags, UNSURE))
