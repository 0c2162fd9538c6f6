"""The plan: the dates of a period turned into instants and limits, once for everybody with the same shift."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from central.rules.shift import NO_RULE, DayRow, Overtime, Roster, Rule, Shift, in_force, row_of

HOUR = 3600
DAY = timedelta(days=1)
NOTHING_COUNTS = Overtime()
UNUSED = DayRow(workday=False)


@dataclass(frozen=True, slots=True)
class Options:
    """The organization's options, all lengths in seconds (defaults: C1).

    `early_s` may be a day at the most: with more, the limits of workdays would overtake each other.
    """

    zone: str = "UTC"
    duplicate_s: int = 60
    just_s: int = 1
    carry_s: int = 16 * HOUR
    early_s: int = 4 * HOUR


@dataclass(frozen=True, slots=True)
class Workday:
    """One date of a plan. Instants are epoch seconds, lengths are elapsed seconds.

    Events from `opens` on and before `closes` belong here (R8). `scheduled` is False on days off and
    without a shift; then `starts`, `ends`, lunch and `allotted` mean nothing and are 0. The lunch hour
    `lunch_from` to `lunch_to` is that of the row; `lunch_work_from` to `lunch_work_to` is its part inside
    the scheduled time. `shift` is the version in force on the date, None where there is no shift (R23).
    """

    date: date
    rule: Rule
    shift: Shift | None
    row: DayRow
    overtime: Overtime
    scheduled: bool
    opens: int
    closes: int
    starts: int = 0
    ends: int = 0
    allotted: int = 0
    lunch_from: int = 0
    lunch_to: int = 0
    lunch_work_from: int = 0
    lunch_work_to: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Consecutive workdays: those of the period asked for, and around them those whose events matter.

    `days[begin:end]` are the period; `limits` has one instant more than `days`, each workday's `opens`
    and at last the `closes` of the last one.
    """

    options: Options
    days: tuple[Workday, ...]
    limits: tuple[int, ...]
    begin: int
    end: int

    @property
    def period(self) -> tuple[Workday, ...]:
        """The workdays asked for."""
        return self.days[self.begin : self.end]

    @property
    def window(self) -> tuple[int, int]:
        """The instants between which events must be read: from the first on, before the second (C9.6)."""
        return self.limits[0], self.limits[-1]


@dataclass(frozen=True, slots=True)
class _Schedule:
    """A date before its limits are known."""

    date: date
    rule: Rule
    shift: Shift | None
    row: DayRow
    overtime: Overtime
    midnight: int
    starts: int
    ends: int


def instant(day: date, seconds: int, zone: ZoneInfo) -> int:
    """Return the instant of a wall time, `seconds` after midnight (R28).

    A time that the spring change skips moves on by the missing hour; of one that comes twice in autumn
    the first is meant.
    """
    wall = datetime(
        day.year, day.month, day.day, seconds // HOUR, seconds // 60 % 60, seconds % 60, tzinfo=zone
    )
    return int(wall.timestamp())


def prepare(roster: Roster, first: date, last: date, options: Options, reach: int = 2) -> Plan:
    """Return the plan for the workdays `first` to `last`, both included.

    `reach` is how many workdays before the period are planned too. One is enough for known directions
    (a carry crosses one limit), two for readers that do not tell the direction (C9.7). One workday
    behind the period is always planned. The plan depends on nobody: keep it for all who share the roster.
    """
    zone = ZoneInfo(options.zone)
    before = first - reach * DAY
    count = (last - before).days + 2
    schedules = [_schedule(roster, before + number * DAY, zone) for number in range(-2, count + 1)]
    drawn = [_limit(*pair, options.early_s, zone) for pair in pairwise(schedules)]
    # Around a long night on a day off an early start would reach back behind the limit before it.
    limits = tuple(max(pair) for pair in pairwise(drawn))
    days = tuple(
        _workday(schedule, opens, closes, zone)
        for schedule, (opens, closes) in zip(schedules[2:-1], pairwise(limits), strict=True)
    )
    return Plan(options, days, limits, reach, count - 1)


def _schedule(roster: Roster, day: date, zone: ZoneInfo) -> _Schedule:
    midnight = instant(day, 0, zone)
    shift = in_force(roster, day)
    if shift is None:
        return _Schedule(day, NO_RULE, None, UNUSED, NOTHING_COUNTS, midnight, 0, 0)
    row, rule = row_of(shift, day)
    starts = ends = 0
    if row.workday:
        starts = instant(day, row.report, zone)
        ends = max(starts, instant(day + DAY if row.overnight else day, row.knock_off, zone))
    return _Schedule(day, rule, shift, row, shift.overtime, midnight, starts, ends)


def _limit(yesterday: _Schedule, today: _Schedule, early_s: int, zone: ZoneInfo) -> int:
    """Return where yesterday's events end and today's begin (R8)."""
    works = today.row.workday
    if yesterday.row.workday and yesterday.ends > today.midnight:
        tomorrow = instant(today.date + DAY, 0, zone)
        following = min(today.starts, tomorrow) if works else tomorrow
        return yesterday.ends + max(0, following - yesterday.ends) // 2
    if works and today.starts - today.midnight < early_s:
        if not yesterday.row.workday:
            return today.starts - early_s
        return today.starts - min(early_s, (today.starts - yesterday.ends) // 2)
    return today.midnight


def _workday(schedule: _Schedule, opens: int, closes: int, zone: ZoneInfo) -> Workday:
    row, starts, ends = schedule.row, schedule.starts, schedule.ends
    lunch_from = lunch_to = work_from = work_to = 0
    allotted = ends - starts
    if row.workday and row.lunch.mode == "fixed":
        lunch_from, lunch_to = _lunch_hour(schedule, zone)
        work_from, work_to = max(lunch_from, starts), min(lunch_to, ends)
        allotted -= max(0, work_to - work_from)
    elif row.workday and row.lunch.mode == "flexible":
        allotted = max(0, allotted - row.lunch.length)
    return Workday(
        date=schedule.date,
        rule=schedule.rule,
        shift=schedule.shift,
        row=row,
        overtime=schedule.overtime,
        scheduled=row.workday,
        opens=opens,
        closes=closes,
        starts=starts,
        ends=ends,
        allotted=allotted,
        lunch_from=lunch_from,
        lunch_to=lunch_to,
        lunch_work_from=work_from,
        lunch_work_to=work_to,
    )


def _lunch_hour(schedule: _Schedule, zone: ZoneInfo) -> tuple[int, int]:
    """Return the instants of a fixed lunch, which may lie on the next date or run over midnight (R7)."""
    row, day = schedule.row, schedule.date
    if row.overnight and row.lunch.begin < row.report:
        day += DAY
    begin = instant(day, row.lunch.begin, zone)
    return begin, instant(day + DAY if row.lunch.end <= row.lunch.begin else day, row.lunch.end, zone)


def natural_day(roster: Roster, at: int, options: Options) -> date:
    """Return the workday whose limits enclose an instant (R8)."""
    around = datetime.fromtimestamp(at, ZoneInfo(options.zone)).date()
    plan = prepare(roster, around - DAY, around + DAY, options, reach=0)
    return plan.days[bisect_right(plan.limits, at) - 1].date
