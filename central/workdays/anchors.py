"""The anchors: workdays whose events are read the same whatever happened on the days before (C9.7).

A guessed direction turns every later guess of its workday, and by a carry (R9) those of the day before. The
chain ends at a workday whose first event cannot be carried.
"""

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from central.rules.clocking import IN, Event
from central.rules.plan import Plan

_at = attrgetter("at")


def rests(plan: Plan, events: Sequence[Event]) -> bool:
    """Whether the plan reaches back far enough for its period; `events` are in order of time."""
    return all(event.direction is not None for event in events) or any(
        anchored(plan, events, place) for place in range(1, plan.begin + 1)
    )


def anchored(plan: Plan, events: Sequence[Event], place: int) -> bool:
    """Whether a workday of the plan, by its place, is read the same whatever happened before it."""
    day, options = plan.days[place], plan.options
    following = bisect_left(events, day.opens, key=_at)
    if following == len(events) or events[following].at >= day.closes:
        return True
    event = events[following]
    since = event.at - (events[following - 1].at if following else plan.limits[0])
    if following and since <= options.duplicate_s:
        return False
    early_s = options.early_s if event.direction is None else 0
    return (
        event.direction == IN
        or since > options.carry_s
        or (day.scheduled and event.at >= day.starts - early_s)
    )
