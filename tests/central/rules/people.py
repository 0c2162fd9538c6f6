"""Generated people for the property tests: shifts of every kind, clock changes, and untidy punches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from central.rules.clocking import Direction, Event
from central.rules.plan import DAY, Options, instant, prepare
from central.rules.shift import DayRow, Lunch, Overtime, Roster, Shift, always

QUARTER = 15 * 60
DIRECTIONS: tuple[Direction | None, ...] = ("IN", "OUT", None)
KNOWN: tuple[Direction | None, ...] = ("IN", "OUT")
ZONES = [
    "UTC",
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
]

FIRST_DATES = st.sampled_from([date(2026, 3, 26), date(2026, 4, 2), date(2026, 9, 24), date(2026, 10, 22)])
"""The clocks of one of the zones change within the days that follow each of them."""

clock_times = st.integers(0, 95).map(lambda quarters: quarters * QUARTER)
minutes = st.integers(0, 120).map(lambda count: count * 60)
lunches = st.one_of(
    st.just(Lunch()),
    st.builds(Lunch, st.just("fixed"), clock_times, clock_times),
    st.builds(Lunch, st.just("flexible"), length=minutes),
)
workdays = st.builds(
    DayRow,
    workday=st.just(value=True),
    report=clock_times,
    knock_off=clock_times,
    lunch=lunches,
    minimum=minutes,
    maximum=st.none() | minutes,
)
usual = st.sampled_from(
    [
        DayRow(True, 8 * 3600, 16 * 3600, Lunch("fixed", 12 * 3600, 13 * 3600)),  # noqa: FBT003
        DayRow(True, 22 * 3600, 6 * 3600, Lunch("flexible", length=1800)),  # noqa: FBT003
        DayRow(True, 14 * 3600, 22 * 3600),  # noqa: FBT003
        DayRow(True, 2 * 3600, 10 * 3600),  # noqa: FBT003
    ]
)
days_off = st.builds(DayRow, workday=st.just(value=False), minimum=minutes, maximum=st.none() | minutes)
rows = st.one_of(usual, usual, workdays, days_off)
overtimes = st.builds(Overtime, *[st.booleans()] * 4)


@dataclass(frozen=True, slots=True)
class Person:
    """A generated person: the roster, the period, the options, and events around and inside the period."""

    roster: Roster
    first: date
    last: date
    options: Options
    events: tuple[Event, ...]


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    """A weekly or regular shift, with exceptions on dates of the period now and then."""
    exceptions = {
        draw(FIRST_DATES) + DAY * draw(st.integers(0, 5)): row for row in draw(st.lists(rows, max_size=2))
    }
    overtime = draw(overtimes)
    if draw(st.booleans()):
        week = draw(st.lists(rows, min_size=7, max_size=7))
        return Shift("week", "weekly", tuple(week), overtime, exceptions=exceptions)
    start = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    cycle = draw(st.lists(rows, min_size=1, max_size=5))
    return Shift("cycle", "regular", tuple(cycle), overtime, start, exceptions)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Mostly one shift; sometimes none, or a change within the period."""
    if draw(st.integers(0, 9)) == 0:
        return always(None)
    roster = always(draw(shifts()))
    if draw(st.integers(0, 4)) == 0:
        roster += ((draw(FIRST_DATES) + 3 * DAY, draw(shifts())),)
    return roster


@st.composite
def people(draw: st.DrawFn, directions: Sequence[Direction | None] = DIRECTIONS) -> Person:
    """Somebody with a period of one to six days, whose punches are tidy, missing, doubled or nonsense."""
    options = Options(
        zone=draw(st.sampled_from(ZONES)), duplicate_s=draw(st.sampled_from([60, 60, 60, 0, 300]))
    )
    roster, first = draw(rosters()), draw(FIRST_DATES)
    last = first + DAY * draw(st.integers(0, 5))
    zone = ZoneInfo(options.zone)
    instants: list[int] = []
    for workday in prepare(roster, first, last, options, reach=3).days:
        anchors = (
            [workday.starts, workday.ends, (workday.starts + workday.ends) // 2] if workday.scheduled else []
        )
        anchors += [workday.opens, instant(workday.date, 43200, zone)]
        around = st.tuples(
            st.sampled_from(anchors), st.integers(-90, 90), st.sampled_from([0, 0, 1, 59, 60, 61])
        )
        for anchor, off, rest in draw(st.lists(around, max_size=6)):
            instants.append(anchor + off * 60 + rest)
    repeats = draw(st.lists(st.sampled_from(instants), max_size=3)) if instants else []
    told = draw(
        st.lists(
            st.sampled_from(directions), min_size=len(instants + repeats), max_size=len(instants + repeats)
        )
    )
    events = (
        Event(at, direction, f"{number:03}")
        for number, (at, direction) in enumerate(zip(instants + repeats, told, strict=True))
    )
    return Person(roster, first, last, options, tuple(events))
