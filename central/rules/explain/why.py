"""The reasons behind a day result: one sentence for each decision, with its rule, punches and numbers.

Nothing is decided here: the sentences read the result, and ask the functions that made it.
"""

from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

from central.rules.clocking import IN, Step
from central.rules.day import DayResult, gaps, lunch_gap
from central.rules.explain.words import WEEKDAYS, Words, expected, length
from central.rules.plan import Options, Workday

DAY_S = 86400


def why(result: DayResult, options: Options) -> list[str]:
    """Return the sentences that defend a result, in the order of the rules; `options` are its plan's."""
    words = Words(result.workday.date, ZoneInfo(options.zone))
    told = [*_row(result.workday), *_clockings(result, options, words)]
    if not result.sequence:
        return [*told, "C8: no event belongs to this workday."]
    told += [*_additions(result, options, words), *_presence(result, words)]
    if result.workday.scheduled:
        told += [*_breaks(result, words), *_outside(result, words), *_extents(result)]
        told += [*_total(result), *_punctuality(result, words)]
    elif result.shift is not None:
        told += [*_day_off(result), *_extents(result)]
    return told


def _row(workday: Workday) -> Iterator[str]:
    """Which day row applies (C3) and what it allots (R16, R28)."""
    shift, day, row = workday.shift, workday.date, workday.row
    if shift is None:
        yield f"R23: no shift is in force on {day}; stays are shown, all other figures are 0."
        return
    if workday.rule.source == "exception":
        reason = f"C3.1: {day} is an exception of the shift {shift.version}"
    elif workday.rule.source == "weekly":
        weekday = WEEKDAYS[day.weekday()]
        reason = f"C3.2: {day} is a {weekday}, row {workday.rule.key} of the shift {shift.version}"
    else:
        days, rows = (day - shift.start).days, len(shift.rows)
        item = "C3.3" if days >= 0 else "R14"
        reason = (
            f"{item}: {day} is day {days} from the start {shift.start} of the shift {shift.version}; "
            f"{days} modulo {rows} rows is {days % rows}, plus one row {workday.rule.key}"
        )
    yield f"{reason}: {expected(row)}."
    if not row.workday:
        return
    span, on_the_wall = workday.ends - workday.starts, (row.knock_off - row.report) % DAY_S or DAY_S
    if span != on_the_wall:
        yield f"R28: the clocks change meanwhile; {length(on_the_wall)} on the wall last {length(span)}."
    lunch = f" less {length(span - workday.allotted)} of lunch" if workday.allotted != span else ""
    yield f"R16: the scheduled {length(span)}{lunch} allot {length(workday.allotted)}."


def _clockings(result: DayResult, options: Options, words: Words) -> Iterator[str]:
    """What became of the real events (C4)."""
    opens, closes = result.workday.opens, result.workday.closes
    if result.sequence and not (words.is_midnight(opens) and words.is_midnight(closes)):
        yield f"R8: events from {words.at(opens)} and before {words.at(closes)} belong to this workday."
    real = [step for step in result.sequence if step.event is not None]
    for before, step in pairwise(real):
        if before.at == step.at:
            yield f"R5: {words.step(before)} goes before {words.step(step)}, at the same instant."
    for duplicate in result.duplicates:
        event, kept = duplicate.event, duplicate.kept
        yield (
            f"R4: {words.event(event)} comes {event.at - kept.at} s after {words.event(kept)}; "
            f"within {options.duplicate_s} s it is dropped as a duplicate."
        )
    for place, step in enumerate(real):
        if step.how == "inferred":
            context = f"after {words.step(real[place - 1])}" if place else "as the first of the workday"
            at = words.at(step.at)
            yield f"R3: the reader tells no direction at {at}; {context} it is an {step.direction}."
        if step.carried:
            came = real[place - 1]
            yield (
                f"R9: {words.step(step)} follows {words.step(came)} by {length(step.at - came.at)}; "
                f"within {length(options.carry_s)} it ends this workday and does not begin the next."
            )


def _additions(result: DayResult, options: Options, words: Words) -> Iterator[str]:
    """Every clocking that was added (C5)."""
    for place, step in enumerate(result.sequence):
        if step.event is not None:
            continue
        known = result.sequence[place + 1 if step.direction == IN else place - 1]
        lack = f"{words.step(known)} has no {step.direction}"
        if step.how == "as of":
            yield f"R27: {lack} yet; the day is open, known up to {words.at(step.at)}, where an OUT is added."
            continue
        item, reason = _placed(step, result.workday, options, words)
        if step.clamped:
            neighbour = result.sequence[place - 1 if step.direction == IN else place + 1]
            item, reason = "R1", f"{reason}, but not across {words.step(neighbour)}"
        yield f"{item}: {lack}; {reason}: an {step.direction} is added at {words.at(step.at)}."


def _placed(step: Step, workday: Workday, options: Options, words: Words) -> tuple[str, str]:
    report, knock_off = words.at(workday.starts), words.at(workday.ends)
    just = f"{options.just_s} s {step.how.removeprefix('just ')} it"
    if step.how == "report":
        return "C5", f"it is later than Report Time {report}, where an IN belongs"
    if step.how == "knock off":
        return "C5", f"it is earlier than Knock Off {knock_off}, where an OUT belongs"
    if not workday.scheduled:
        return "R2", f"without a schedule an {step.direction} belongs {just}"
    if step.how == "just before":
        return "R2", f"it is not later than Report Time {report}, so an IN belongs {just}"
    return "R2", f"it is not earlier than Knock Off {knock_off}, so an OUT belongs {just}"


def _presence(result: DayResult, words: Words) -> Iterator[str]:
    """How long the person was there, and where in the schedule (C7.1)."""
    figures, sequence = result.figures, result.sequence
    pairs = zip(sequence[::2], sequence[1::2], strict=True)
    stays = " and ".join(f"{words.at(came.at)} to {words.at(went.at)}" for came, went in pairs)
    where = ""
    if result.workday.scheduled:
        where = (
            f": {length(figures.before)} before Report Time, {length(figures.inside)} in the scheduled time, "
            f"{length(figures.after)} after Knock Off"
        )
    yield f"C7.1: present {stays}, {length(figures.presence)}{where}."


def _breaks(result: DayResult, words: Words) -> Iterator[str]:
    """The breaks, and which of them is lunch (C6)."""
    workday, lunch = result.workday, result.workday.row.lunch
    found = gaps(workday, result.sequence)
    for gap in found:
        part = "" if gap.inside == gap.in_at - gap.out_at else " in the scheduled time"
        out = f"out from {words.at(gap.out_at)} to {words.at(gap.in_at)}"
        yield f"R20: {out}, {length(gap.inside)} of break{part}."
    if lunch.mode == "flexible" and found:
        taken = length(result.figures.lunch)
        yield f"C6: the first {length(lunch.length)} of the breaks are lunch: {taken}."
    if lunch.mode == "fixed":
        hour = _lunch_hour(workday, words)
        meal = lunch_gap(workday, found)
        if meal is None:
            yield f"R18: no break begins in {hour} or before it: no lunch."
        elif meal.out_at < workday.lunch_from:
            yield f"R18: no break begins in {hour}; the last before, from {words.at(meal.out_at)}, is lunch."
        else:
            yield f"R18: the break from {words.at(meal.out_at)} is the first to begin in {hour}: it is lunch."


def _outside(result: DayResult, words: Words) -> Iterator[str]:
    """What of the time outside the schedule counts, and what does not (C7.2, C7.4, R17)."""
    figures, workday = result.figures, result.workday
    if figures.lunch_work and workday.row.lunch.mode == "flexible":
        inside, allotted = length(figures.inside), length(workday.allotted)
        over = length(figures.lunch_work)
        yield f"R19: {inside} in the scheduled time exceed the allotted {allotted} by {over}: lunch work."
    elif figures.lunch_work:
        hour = _lunch_hour(workday, words)
        yield f"R21: {length(figures.lunch_work)} of work in {hour} are lunch work and no break."
    switches = workday.overtime
    for seconds, where, switch, on in (
        (figures.before, "before Report Time", "Overtime Before Begin", switches.before_begin),
        (figures.after, "after Knock Off", "Overtime After End", switches.after_end),
        (figures.lunch_work, "of lunch work", "Overtime During Lunch", switches.during_lunch),
    ):
        if seconds and on:
            yield f"C7.4: {length(seconds)} {where} are extra time, as {switch} is on."
        elif seconds:
            yield f"R17: {length(seconds)} {where} are discarded, as {switch} is off."


def _day_off(result: DayResult) -> Iterator[str]:
    """What work on a day off counts (R22)."""
    on = result.workday.overtime.day_off
    fate = "extra time, as Overtime Day Off is on" if on else "discarded, as Overtime Day Off is off"
    presence = length(result.figures.presence)
    yield f"R22: {presence} on a day off are {fate}; nothing is allotted and nothing is a break."


def _extents(result: DayResult) -> Iterator[str]:
    """What the two overtime extents do to the extra time (R10, R11, R13)."""
    offered, credited = result.figures.offered, result.figures.credited
    minimum = result.workday.row.minimum
    extra, least = f"{length(offered)} of extra time", f"the minimum of {length(minimum)}"
    if offered and credited == 0 and offered < minimum:
        yield f"R10: {extra} are less than {least}, so none of it counts."
        return
    if offered and minimum:
        yield f"R11: {extra} reach {least}."
    if credited < offered:
        yield f"R13: the maximum cuts {extra} to {length(credited)}."


def _total(result: DayResult) -> Iterator[str]:
    """How work and overtime follow from the sum (C7.6, C7.7)."""
    figures = result.figures
    core, extra = length(figures.inside - figures.lunch_work), length(figures.credited)
    total, work, overtime = (
        length(figures.work + figures.overtime),
        length(figures.work),
        length(figures.overtime),
    )
    yield (
        f"C7.6: {core} of normal time and {extra} of extra time make {total}; "
        f"of {length(result.allotted)} allotted, {work} are work, and {overtime} beyond are overtime."
    )
    if figures.discarded:
        present, discarded = length(figures.presence), length(figures.discarded)
        yield f"C7.7: {present} present less {total} are {discarded} discarded."


def _punctuality(result: DayResult, words: Words) -> Iterator[str]:
    """Lateness and early leaving (R25)."""
    figures, workday = result.figures, result.workday
    first, last = words.step(result.sequence[0]), words.step(result.sequence[-1])
    if figures.late:
        report = words.at(workday.starts)
        yield f"R25: {first} comes first, {length(figures.late)} after Report Time {report}."
    if figures.early_leave:
        knock_off = words.at(workday.ends)
        yield f"R25: {last} comes last, {length(figures.early_leave)} before Knock Off {knock_off}."


def _lunch_hour(workday: Workday, words: Words) -> str:
    return f"the lunch hour {words.at(workday.lunch_from)} to {words.at(workday.lunch_to)}"
