"""The stage of the rule tests: shifts, days and punches in the words of the specification.

Punches are written `in 08:20, out 16:20+1, ? 22:03`: direction (`?` for a reader that tells none), wall time,
and how many dates after the workday. Results are written the same way, with `*` behind an added clocking.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from central.rules.clocking import Direction, Event, Step
from central.rules.day import DayResult
from central.rules.plan import Options, Plan, instant, prepare
from central.rules.policy import evaluate
from central.rules.shift import DayRow, Lunch, Overtime, Shift, always

MONDAY = date(2026, 3, 2)
UTC = ZoneInfo("UTC")
DEFAULTS = Options()
ALL_OFF = Overtime()
ALL_ON = Overtime(before_begin=True, after_end=True, during_lunch=True, day_off=True)
AFTER_END = Overtime(after_end=True)
NO_LUNCH = Lunch()
LUNCH_12_13 = Lunch("fixed", 12 * 3600, 13 * 3600)
DAY_OFF = DayRow(workday=False)

_DIRECTIONS: dict[str, Direction | None] = {"in": "IN", "out": "OUT", "?": None}


def seconds(clock: str) -> int:
    """Seconds after midnight of HH:MM or HH:MM:SS."""
    parts = [int(part) for part in clock.split(":")]
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)


def flexible(minutes: int) -> Lunch:
    """A flexible lunch."""
    return Lunch("flexible", length=minutes * 60)


def works(
    hours: str = "08:00-16:00", lunch: Lunch = NO_LUNCH, minimum: int = 0, maximum: int | None = None
) -> DayRow:
    """The row of a workday, its extents in minutes."""
    report, knock_off = hours.split("-")
    cut = None if maximum is None else maximum * 60
    return DayRow(True, seconds(report), seconds(knock_off), lunch, minimum * 60, cut)  # noqa: FBT003


def weekly(*rows: DayRow, overtime: Overtime = ALL_OFF) -> Shift:
    """A weekly shift; the last row given stands for the rest of the week."""
    return Shift("weekly", "weekly", tuple(rows) + rows[-1:] * (7 - len(rows)), overtime)


def cycle(*rows: DayRow, start: date = MONDAY, overtime: Overtime = ALL_OFF) -> Shift:
    """A regular shift."""
    return Shift("cycle", "regular", rows, overtime, start)


def punches(text: str, day: date = MONDAY, zone: ZoneInfo = UTC) -> list[Event]:
    """Events from their notation; ids count them."""
    events = []
    for number, token in enumerate(filter(None, text.split(", "))):
        direction, wall = token.split(" ")
        clock, _, later = wall.partition("+")
        at = instant(day + timedelta(days=int(later or 0)), seconds(clock), zone)
        events.append(Event(at, _DIRECTIONS[direction], f"{day}/{number}"))
    return events


def written(steps: Iterable[Step], day: date = MONDAY, zone: ZoneInfo = UTC) -> str:
    """A sequence in the notation of punches."""
    tokens = []
    for step in steps:
        wall = datetime.fromtimestamp(step.at, zone)
        later = (wall.date() - day).days
        clock = f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"
        mark = "*" if step.event is None else ""
        tokens.append(f"{step.direction.lower()} {clock}{f'+{later}' if later else ''}{mark}")
    return ", ".join(tokens)


def plan_of(shift: Shift | None, days: int = 1, first: date = MONDAY, options: Options = DEFAULTS) -> Plan:
    """The plan of some dates."""
    return prepare(always(shift), first, first + timedelta(days=days - 1), options)


def the_day(
    shift: Shift | DayRow | None,
    text: str,
    *,
    day: date = MONDAY,
    overtime: Overtime = ALL_OFF,
    options: Options = DEFAULTS,
    as_of: str | None = None,
) -> DayResult:
    """The result of one date. A bare row is every day of a weekly shift with these overtime switches."""
    if isinstance(shift, DayRow):
        shift = weekly(shift, overtime=overtime)
    zone = ZoneInfo(options.zone)
    known = None if as_of is None else punches(f"? {as_of}", day, zone)[0].at
    return evaluate(plan_of(shift, 1, day, options), punches(text, day, zone), known)[0]


def the_days(shift: Shift | None, text: str, count: int, options: Options = DEFAULTS) -> list[str]:
    """The sequences of some dates from Monday on, each with times counted from its own date."""
    zone = ZoneInfo(options.zone)
    results = evaluate(plan_of(shift, count, options=options), punches(text, zone=zone))
    return [written(result.sequence, result.workday.date, zone) for result in results]


def minutes(result: DayResult) -> tuple[int, int, int]:
    """Work, overtime and discarded, in whole minutes."""
    figures = result.figures
    return figures.work // 60, figures.overtime // 60, figures.discarded // 60
