"""One workday: its breaks, work and overtime measured, and the result that carries them (C6 to C8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from central.rules.clocking import IN, OUT, Duplicate, Step, complete
from central.rules.plan import Workday
from central.rules.shift import Rule

Status = Literal["present", "open", "absent", "off", "no_shift"]


@dataclass(frozen=True, slots=True)
class Gap:
    """The time from an OUT to the next IN, and how many seconds of it lie in the scheduled time (R20)."""

    out_at: int
    in_at: int
    inside: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a workday comes to, in elapsed seconds.

    `before`, `inside` and `after` are the presence before Report Time, in the scheduled time and after
    Knock Off. `lunch_work` is work in the lunch time, `offered` what the overtime switches let through,
    `credited` what the two extents leave of it. The others are the figures of the reports.
    """

    presence: int = 0
    before: int = 0
    inside: int = 0
    after: int = 0
    lunch_work: int = 0
    offered: int = 0
    credited: int = 0
    work: int = 0
    overtime: int = 0
    discarded: int = 0
    breaks: int = 0
    lunch: int = 0
    late: int = 0
    early_leave: int = 0


NOTHING = Figures()


@dataclass(frozen=True, slots=True)
class DayResult:
    """The result of one person's workday, with all that it was made of.

    `sequence` alternates IN and OUT, starts with IN and ends with OUT; it is empty without events.
    """

    workday: Workday
    status: Status
    sequence: tuple[Step, ...]
    duplicates: tuple[Duplicate, ...]
    figures: Figures

    @property
    def rule(self) -> Rule:
        """Where the day row came from."""
        return self.workday.rule

    @property
    def shift(self) -> str | None:
        """The version of the shift that was used (R29)."""
        return self.workday.shift.version if self.workday.shift else None

    @property
    def allotted(self) -> int:
        """The length of work that was expected, in seconds (R16)."""
        return self.workday.allotted

    @property
    def event_ids(self) -> tuple[str, ...]:
        """The real events that the figures rest on, in the order of the sequence."""
        return tuple(step.event.id for step in self.sequence if step.event is not None)

    @property
    def flags(self) -> tuple[str, ...]:
        """What a person should look at (C8), in a fixed order."""
        sequence = self.sequence
        ins = [place for place, step in enumerate(sequence) if step.event is None and step.direction == IN]
        outs = [place for place, step in enumerate(sequence) if step.event is None and step.direction == OUT]
        raised = {
            "in_added": bool(ins),
            "out_added": bool(outs),
            "double_in": bool(outs) and outs[0] < len(sequence) - 1,
            "double_out": bool(ins) and ins[-1] > 0,
            "clamped": any(sequence[place].clamped for place in ins + outs),
            "duplicate_dropped": bool(self.duplicates),
            "direction_inferred": any(step.how == "inferred" for step in sequence),
            "carried": any(step.carried for step in sequence),
            "day_off_work": bool(sequence) and self.shift is not None and not self.workday.scheduled,
            "discarded": self.figures.discarded > 0,
        }
        return tuple(flag for flag, up in raised.items() if up)


def conclude(
    workday: Workday,
    steps: Sequence[Step],
    duplicates: Sequence[Duplicate],
    just_s: int,
    as_of: int | None,
) -> DayResult:
    """Return the result of a workday from its real steps in time order.

    `as_of` is the instant up to which the running day is known, None if it is over (R27).
    """
    sequence = tuple(complete(workday, steps, just_s, as_of))
    figures = measure(workday, sequence) if sequence else NOTHING
    return DayResult(workday, _status(workday, sequence), sequence, tuple(duplicates), figures)


def measure(workday: Workday, sequence: Sequence[Step]) -> Figures:
    """Return the figures of a completed sequence that is not empty (C6, C7, C8)."""
    presence = before = after = lunch_work = 0
    scheduled, starts, ends = workday.scheduled, workday.starts, workday.ends
    for came, went in zip(sequence[::2], sequence[1::2], strict=True):
        presence += went.at - came.at
        if scheduled:
            if came.at < starts:
                before += min(went.at, starts) - came.at
            if went.at > ends:
                after += went.at - max(came.at, ends)
            lunch_work += _overlap(came.at, went.at, workday.lunch_work_from, workday.lunch_work_to)
    if not scheduled:
        return _outside_any_schedule(workday, presence)
    inside = presence - before - after
    if workday.row.lunch.mode == "flexible":
        lunch_work = max(0, inside - workday.allotted)
    switches = workday.overtime
    offered = (
        (before if switches.before_begin else 0)
        + (after if switches.after_end else 0)
        + (lunch_work if switches.during_lunch else 0)
    )
    credited = within_extents(workday, offered)
    total = inside - lunch_work + credited
    work = min(total, workday.allotted)
    breaks = gaps(workday, sequence)
    return Figures(
        presence=presence,
        before=before,
        inside=inside,
        after=after,
        lunch_work=lunch_work,
        offered=offered,
        credited=credited,
        work=work,
        overtime=total - work,
        discarded=presence - total,
        breaks=sum(gap.inside for gap in breaks),
        lunch=lunch(workday, breaks),
        late=max(0, sequence[0].at - starts),
        early_leave=max(0, ends - sequence[-1].at),
    )


def _outside_any_schedule(workday: Workday, presence: int) -> Figures:
    """Return the figures of a day off (R22), or of a day without a shift (R23)."""
    offered = presence if workday.overtime.day_off else 0
    credited = within_extents(workday, offered)
    return Figures(
        presence=presence,
        offered=offered,
        credited=credited,
        overtime=credited,
        discarded=presence - credited,
    )


def within_extents(workday: Workday, offered: int) -> int:
    """Return what the day's enabled extra time counts: all or nothing below, cut above (R10, R11, R13)."""
    if offered < workday.row.minimum:
        return 0
    maximum = workday.row.maximum
    return offered if maximum is None else min(offered, maximum)


def gaps(workday: Workday, sequence: Sequence[Step]) -> list[Gap]:
    """Return the gaps that have a part in the scheduled time, in time order (R20)."""
    if not workday.scheduled:
        return []
    found = []
    for went, came in zip(sequence[1::2], sequence[2::2], strict=False):
        inside = _overlap(went.at, came.at, workday.starts, workday.ends)
        if inside:
            found.append(Gap(went.at, came.at, inside))
    return found


def lunch(workday: Workday, breaks: Sequence[Gap]) -> int:
    """Return the seconds of the breaks that are lunch."""
    setting = workday.row.lunch
    if setting.mode == "flexible":
        return min(setting.length, sum(gap.inside for gap in breaks))
    gap = lunch_gap(workday, breaks)
    return gap.inside if gap else 0


def lunch_gap(workday: Workday, breaks: Sequence[Gap]) -> Gap | None:
    """Return the gap that a fixed lunch is: the first that begins in the hour, else the last before (R18)."""
    if workday.row.lunch.mode != "fixed":
        return None
    for gap in breaks:
        if workday.lunch_from <= gap.out_at < workday.lunch_to:
            return gap
    earlier = [gap for gap in breaks if gap.out_at < workday.lunch_from]
    return earlier[-1] if earlier else None


def _overlap(begin: int, end: int, low: int, high: int) -> int:
    return max(0, min(end, high) - max(begin, low))


def _status(workday: Workday, sequence: Sequence[Step]) -> Status:
    if workday.shift is None:
        return "no_shift"
    if not sequence:
        return "absent" if workday.scheduled else "off"
    return "open" if sequence[-1].how == "as of" else "present"
