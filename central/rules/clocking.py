"""Clockings: a person's events put in order, given to workdays (C4), and completed there (C5)."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Final, Literal

from central.rules.plan import Plan, Workday

Direction = Literal["IN", "OUT"]
IN: Final = "IN"
OUT: Final = "OUT"

How = Literal["read", "inferred", "report", "just before", "knock off", "just after", "as of"]


@dataclass(frozen=True, slots=True)
class Event:
    """What a reader saw: epoch seconds, IN, OUT or None for a reader without direction, and an id.

    `id` names the event in results and must not depend on the order of arrival.
    """

    at: int
    direction: Direction | None
    id: str = ""
    card: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One clocking of a workday's sequence, real or added.

    `event` is the real event behind it, None if it was added (C5). `how` says where its direction, or an
    added one's time, comes from. A real step is `carried` if it came by R9 from the next workday; an
    added one is `clamped` if a neighbour held it back (R1).
    """

    at: int
    direction: Direction
    event: Event | None
    how: How = "read"
    carried: bool = False
    clamped: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An event that was dropped because of one that was kept."""

    event: Event
    kept: Event


@dataclass(slots=True)
class Sequences:
    """The real steps of every workday of a plan, and the duplicates beside them."""

    steps: list[list[Step]]
    duplicates: dict[int, list[Duplicate]]
    """By the place of the workday in the plan."""


_at = attrgetter("at")
_RANK: dict[str | None, int] = {IN: 0, OUT: 1, None: 2}


def attribute(events: Iterable[Event], plan: Plan) -> Sequences:
    """Give one person's events to the workdays of the plan; those outside its window are left out.

    The order in which they are handed in, and any repetition, changes nothing.
    """
    kept, dropped = without_duplicates(in_order(events, plan.limits), plan.options.duplicate_s)
    steps = _by_workday(kept, plan)
    duplicates: dict[int, list[Duplicate]] = {}
    for duplicate in dropped:
        duplicates.setdefault(_place_of(duplicate.kept, steps, plan), []).append(duplicate)
    return Sequences(steps, duplicates)


def in_order(events: Iterable[Event], limits: Sequence[int]) -> list[Event]:
    """Sort events by time; the same instant and direction twice is one event (R4).

    At one instant IN comes first, unless the event before is an IN of the same workday, by `limits` (R5); an
    unknown direction comes last.
    """
    line = sorted(events, key=_at)
    if not any(one.at == other.at for one, other in pairwise(line)):
        return line
    single: list[Event] = []
    for event in sorted(line, key=lambda event: (event.at, _RANK[event.direction], event.id)):
        if not single or single[-1].at != event.at or single[-1].direction != event.direction:
            single.append(event)
    for place in range(1, len(single) - 1):
        before, one, other = single[place - 1 : place + 2]
        out_first = (before.direction, one.direction, other.direction) == (IN, IN, OUT)
        if out_first and one.at == other.at and before.at >= limits[bisect_right(limits, one.at) - 1]:
            single[place : place + 2] = other, one
    return single


def without_duplicates(line: Sequence[Event], distance_s: int) -> tuple[list[Event], list[Duplicate]]:
    """Drop what follows the last kept event within the distance, both directions not known to differ (R4)."""
    if distance_s == 0:
        return list(line), []
    kept: list[Event] = []
    dropped: list[Duplicate] = []
    last: Event | None = None
    for event in line:
        if last is not None and event.at - last.at <= distance_s and not _differ(event, last):
            dropped.append(Duplicate(event, last))
        else:
            kept.append(event)
            last = event
    return kept, dropped


def _differ(one: Event, other: Event) -> bool:
    return one.direction != other.direction and one.direction is not None and other.direction is not None


def _by_workday(kept: Sequence[Event], plan: Plan) -> list[list[Step]]:
    """Attribute by limits (R8), carry (R9) and infer directions (R3), all in one walk through time."""
    sequences: list[list[Step]] = [[] for _ in plan.days]
    limits, opens, closes = plan.limits, plan.limits[0], plan.limits[-1]
    place = 0
    for event in kept:
        at, direction = event.at, event.direction
        if not opens <= at < closes:
            continue
        while at >= limits[place + 1]:
            place += 1
        steps = sequences[place]
        if direction is not None and (steps or direction == IN):
            steps.append(Step(at, direction, event))
        elif steps:
            steps.append(Step(at, OUT if steps[-1].direction == IN else IN, event, "inferred"))
        elif place and _carries(event, sequences[place - 1], plan, place):
            how: How = "inferred" if direction is None else "read"
            sequences[place - 1].append(Step(at, OUT, event, how, carried=True))
        elif direction is None:
            steps.append(Step(at, IN, event, "inferred"))
        else:
            steps.append(Step(at, direction, event))
    return sequences


def _carries(event: Event, yesterday: Sequence[Step], plan: Plan, place: int) -> bool:
    """Whether the first event of a workday, no known IN, still ends the workday before (R9)."""
    if not yesterday or yesterday[-1].direction != IN or event.at - yesterday[-1].at > plan.options.carry_s:
        return False
    today = plan.days[place]
    early = plan.options.early_s if event.direction is None else 0
    return not today.scheduled or event.at < today.starts - early


def _place_of(kept: Event, steps: Sequence[Sequence[Step]], plan: Plan) -> int:
    """Return the workday that a kept event ended up on: its own, or after a carry the one before."""
    place = bisect_right(plan.limits, kept.at) - 1
    if place > 0 and any(step.event is kept for step in steps[place - 1]):
        return place - 1
    return place


def complete(workday: Workday, steps: Sequence[Step], just_s: int, as_of: int | None = None) -> list[Step]:
    """Add the clockings that are missing, so that IN and OUT alternate and both ends are there (C5)."""
    done: list[Step] = []
    present = False
    for step in steps:
        if step.direction == OUT and not present:
            done.append(_missing_in(workday, step.at, done[-1].at if done else None, just_s))
        elif step.direction == IN and present:
            done.append(_missing_out(workday, done[-1].at, step.at, just_s))
        done.append(step)
        present = step.direction == IN
    if present:
        came = done[-1].at
        missing = _missing_out(workday, came, None, just_s)
        if as_of is not None and as_of < missing.at:
            missing = Step(max(as_of, came), OUT, None, "as of")
        done.append(missing)
    return done


def _missing_in(workday: Workday, went: int, left_before: int | None, just_s: int) -> Step:
    how: How
    at, how = went - just_s, "just before"
    if workday.scheduled and went > workday.starts:
        at, how = workday.starts, "report"
    if left_before is not None and left_before > at:
        return Step(left_before, IN, None, how, clamped=True)
    return Step(at, IN, None, how)


def _missing_out(workday: Workday, came: int, came_next: int | None, just_s: int) -> Step:
    how: How
    at, how = came + just_s, "just after"
    if workday.scheduled and came < workday.ends:
        at, how = workday.ends, "knock off"
    if came_next is not None and came_next < at:
        return Step(came_next, OUT, None, how, clamped=True)
    return Step(at, OUT, None, how)
