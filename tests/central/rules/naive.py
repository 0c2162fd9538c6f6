"""A second rule engine for one workday, so simple that it can hardly be wrong: it walks tick by tick.

It shares nothing with the first one but the plain row and the switches. A tick is a second or a minute, and
all times are whole ticks after the midnight at which the workday's date begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from central.rules.shift import DayRow, Overtime

DAY = 86400


@dataclass(slots=True)
class Walk:
    """What a walk has counted, in ticks."""

    presence: int = 0
    before: int = 0
    inside: int = 0
    after: int = 0
    lunch_work: int = 0
    allotted: int = 0
    breaks: int = 0
    lunch: int = 0
    work: int = 0
    overtime: int = 0
    late: int = 0
    early_leave: int = 0
    stays: list[tuple[int, int]] = field(default_factory=list)


def walk(row: DayRow, overtime: Overtime, events: Sequence[tuple[int, str | None]], tick: int) -> Walk:
    """Walk through a workday. Events are ticks after its midnight, with IN, OUT or None, all different."""
    walked = Walk(stays=_stays(row, _directed(events), tick))
    scheduled, lunch_hour = _scheduled(row, tick), _lunch_hour(row, tick)
    flexible = row.lunch.length // tick if row.workday and row.lunch.mode == "flexible" else 0
    walked.allotted = max(0, len(scheduled - lunch_hour) - flexible)
    starts = min(scheduled, default=0)
    present = {now for came, went in walked.stays for now in range(came, went)}
    pauses: list[list[int]] = []
    pausing = False
    for now in range(min(present, default=0), max(present, default=-1) + 1):
        if now in present:
            walked.presence += 1
            walked.inside += now in scheduled
            walked.lunch_work += now in scheduled and now in lunch_hour
            walked.before += bool(scheduled) and now < starts
            walked.after += bool(scheduled) and now > starts and now not in scheduled
        else:
            walked.breaks += now in scheduled
            pauses += [] if pausing else [[]]
            pauses[-1].append(now)
        pausing = now not in present
    if flexible:
        walked.lunch = min(walked.breaks, flexible)
        walked.lunch_work = max(0, walked.inside - walked.allotted)
    if row.workday and row.lunch.mode == "fixed":
        walked.lunch = _fixed_lunch(pauses, scheduled, lunch_hour)
    _pay(walked, row, overtime, tick)
    if row.workday and walked.stays:
        walked.late = max(0, walked.stays[0][0] - min(scheduled))
        walked.early_leave = max(0, max(scheduled) + 1 - walked.stays[-1][1])
    return walked


def _directed(events: Sequence[tuple[int, str | None]]) -> list[tuple[int, str]]:
    told: list[tuple[int, str]] = []
    for at, direction in sorted(events, key=lambda event: event[0]):
        guess = "OUT" if told and told[-1][1] == "IN" else "IN"
        told.append((at, direction or guess))
    return told


def _stays(row: DayRow, events: Sequence[tuple[int, str]], tick: int) -> list[tuple[int, int]]:
    """From when to when the person was there, each stay from an IN to an OUT, real or made up."""
    scheduled = _scheduled(row, tick)
    stays = []
    for place, (at, direction) in enumerate(events):
        following = events[place + 1] if place + 1 < len(events) else None
        previous = events[place - 1] if place else None
        if direction == "IN":
            until = max(scheduled) + 1 if scheduled and at <= max(scheduled) else at + 1
            if following is not None:
                until = following[0] if following[1] == "OUT" else min(until, following[0])
            stays.append((at, until))
        elif previous is None or previous[1] == "OUT":
            since = min(scheduled) if scheduled and at > min(scheduled) else at - 1
            stays.append((since if previous is None else max(since, previous[0]), at))
    return stays


def _scheduled(row: DayRow, tick: int) -> set[int]:
    return _from_clock_to_clock(row.report // tick, row.knock_off, tick) if row.workday else set()


def _lunch_hour(row: DayRow, tick: int) -> set[int]:
    if not row.workday or row.lunch.mode != "fixed":
        return set()
    begin = row.lunch.begin // tick
    if row.knock_off <= row.report and row.lunch.begin < row.report:
        begin += DAY // tick
    return _from_clock_to_clock(begin, row.lunch.end, tick)


def _from_clock_to_clock(begin: int, end_clock: int, tick: int) -> set[int]:
    """All ticks from one on until the clock first shows the end."""
    ticks = {begin}
    while (begin + len(ticks)) * tick % DAY != end_clock:
        ticks.add(begin + len(ticks))
    return ticks


def _fixed_lunch(pauses: list[list[int]], scheduled: set[int], lunch_hour: set[int]) -> int:
    """Of the pauses in the schedule the first that begins in the hour, else the last before it."""
    there = [pause for pause in pauses if scheduled & set(pause)]
    in_the_hour = [pause for pause in there if pause[0] in lunch_hour]
    earlier = [pause for pause in there if pause[0] < min(lunch_hour)]
    lunch = in_the_hour[0] if in_the_hour else earlier[-1] if earlier else []
    return len(scheduled & set(lunch))


def _pay(walked: Walk, row: DayRow, overtime: Overtime, tick: int) -> None:
    """Hand out the presence tick by tick: work until the allotted length is full, then overtime."""
    kinds = [
        (overtime.before_begin, walked.before),
        (overtime.after_end, walked.after),
        (overtime.during_lunch, walked.lunch_work),
        (overtime.day_off and not row.workday, 0 if row.workday else walked.presence),
    ]
    extra = sum(ticks for on, ticks in kinds if on)
    if extra < row.minimum // tick:
        extra = 0
    if row.maximum is not None and extra > row.maximum // tick:
        extra = row.maximum // tick
    for _ in range(walked.inside - walked.lunch_work + extra):
        if walked.work < walked.allotted:
            walked.work += 1
        else:
            walked.overtime += 1
