"""The scenario: one person's period, shifts and events as people write them, read into the engine's types."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Literal, cast
from zoneinfo import ZoneInfo

from central.rules.clocking import Direction, Event
from central.rules.explain import form
from central.rules.explain.form import Form, maybe, one_of
from central.rules.plan import Options
from central.rules.policy import Card, Cardholder, Unit
from central.rules.shift import WEEKDAYS, DayRow, Lunch, Overtime, Shift

LONGEST_PERIOD = 3700
"""Days of one scenario at the most: ten years."""

YEARS = range(1900, 2200)
UNITS = ("department", "division", "organization")
SWITCHES = ("before_begin", "after_end", "during_lunch", "day_off")
MOST_CARRY_HOURS = 48
MOST_EARLY_HOURS = 24
"""With more, the limits of workdays would overtake each other (`plan.Options`)."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a scenario file asks. `events` are in the order of the file, of all cards, and numbered by it."""

    first: date
    last: date
    person: Cardholder
    shifts: Mapping[str, Shift]
    events: tuple[Event, ...]
    options: Options
    as_of: int | None


class ScenarioError(ValueError):
    """A scenario that cannot be evaluated; `mistakes` has one line for each mistake, with its place."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read_scenario(data: object) -> Scenario:
    """Turn the plain data of a scenario into its types, or raise ScenarioError with all mistakes."""
    mistakes: list[str] = []
    top = Form(data, "", mistakes)
    first, last = _period(top.form("period"))
    shifts = {name: read_shift(entry, name) for name, entry in top.form("shifts", {}).entries().items()}
    person = _cardholder(top, shifts)
    options, as_of = _options(top.form("options", {}))
    wall = ZoneInfo(options.zone or "UTC")
    events = tuple(
        _event(entry, str(number), wall) for number, entry in enumerate(top.forms("events", []), 1)
    )
    top.close()
    if mistakes:
        raise ScenarioError(mistakes)
    return Scenario(first, last, person, shifts, events, options, as_of)


def read_shift(entry: Form, version: str) -> Shift:
    """Read one shift by the keys of a scenario file; mistakes are recorded in the form."""
    kind = entry.take("type", one_of("weekly", "regular"))
    switches = entry.form("overtime", {})
    overtime = Overtime(*(switches.take(name, form.switch, default=False) for name in SWITCHES))
    switches.close()
    rows: tuple[DayRow, ...] = ()
    start = date.min
    if kind == "weekly":
        week = entry.form("days")
        rows = tuple(_row(week.form(weekday)) for weekday in WEEKDAYS)
        week.close()
    elif kind == "regular":
        start = entry.take("start_date", form.day)
        cycle = entry.forms("rows")
        rows = tuple(_row(row) for row in cycle)
        if not cycle and entry.has("rows"):
            entry.refuse("rows", "a cycle needs one row at least")
    exceptions = read_dates(entry.form("exceptions", {}))
    if kind is not None:
        entry.close()
    return Shift(version, cast("Literal['weekly', 'regular']", kind), rows, overtime, start, exceptions)


def read_dates(entry: Form) -> dict[date, DayRow]:
    """Read the day rows of single dates; mistakes are recorded in the form."""
    return {_date_key(entry, key): _row(row) for key, row in entry.entries().items()}


def _date_key(entry: Form, key: str) -> date:
    try:
        return form.day(key)
    except form.Refused as mistake:
        entry.refuse(key, f"{form.told(key)} is not {mistake}")
        return date.min


def _row(entry: Form) -> DayRow:
    workday = entry.take("workday", form.switch)
    # A day off may leave its times in the file; they are checked and not used.
    needed = {} if workday else {"default": 0}
    row = DayRow(
        workday=workday,
        report=entry.take("report", form.time_of_day, **needed),
        knock_off=entry.take("knock_off", form.time_of_day, **needed),
        lunch=_lunch(entry.form("lunch", {"mode": "none"})),
        minimum=entry.take("min_overtime", maybe(form.minutes), None) or 0,
        maximum=entry.take("max_overtime", maybe(form.minutes), None),
    )
    entry.close()
    return row


def _lunch(entry: Form) -> Lunch:
    mode = entry.take("mode", one_of("none", "fixed", "flexible"))
    begin = end = length = 0
    if mode == "fixed":
        begin, end = entry.take("begin", form.time_of_day), entry.take("end", form.time_of_day)
    elif mode == "flexible":
        length = entry.take("minutes", form.minutes)
    if mode is not None:
        entry.close()
    return Lunch(cast("Literal['none', 'fixed', 'flexible']", mode), begin, end, length)


def _period(entry: Form) -> tuple[date, date]:
    first, last = entry.take("start", form.day), entry.take("end", form.day)
    entry.close()
    if first and last:
        for key, day in (("start", first), ("end", last)):
            if day.year not in YEARS:
                entry.refuse(key, f"{day} is not in the years {YEARS[0]} to {YEARS[-1]}")
        if last < first:
            entry.refuse("end", f"{last} is before the start {first}")
        elif (last - first).days >= LONGEST_PERIOD:
            entry.refuse("end", f"{last} makes a period of more than {LONGEST_PERIOD} days")
    return first, last


def _cardholder(top: Form, shifts: Mapping[str, Shift]) -> Cardholder:
    entry = top.form("cardholder")
    cards = []
    for card in entry.forms("cards"):
        cards.append(
            Card(
                id=card.take("id", form.text),
                enabled=card.take("enabled", form.switch, default=True),
                activation=card.take("activation", maybe(form.day_of_any_time), None),
                deactivation=card.take("deactivation", maybe(form.day_of_any_time), None),
            )
        )
        card.close()
    units = []
    for unit in top.forms("org_path", []):
        units.append(
            Unit(
                unit.take("kind", one_of(*UNITS)),
                unit.take("id", form.text),
                _known_shift(unit, "shift", shifts),
            )
        )
        unit.close()
    person = Cardholder(
        entry.take("id", form.text), tuple(cards), tuple(units), _known_shift(entry, "custom_shift", shifts)
    )
    entry.close()
    return person


def _known_shift(entry: Form, key: str, shifts: Mapping[str, Shift]) -> str | None:
    name = entry.take(key, maybe(form.text), None)
    if name is not None and name not in shifts:
        entry.refuse(key, f"{form.told(name)} is not among the shifts")
    return name


def _options(entry: Form) -> tuple[Options, int | None]:
    defaults = Options()
    options = Options(
        zone=entry.take("timezone", form.zone, defaults.zone),
        duplicate_s=entry.take("dedupe_seconds", form.seconds, defaults.duplicate_s),
        just_s=entry.take("just_seconds", form.seconds, defaults.just_s),
        carry_s=entry.take("carry_hours", partial(form.hours, limit=MOST_CARRY_HOURS), defaults.carry_s),
        early_s=entry.take(
            "early_margin_hours", partial(form.hours, limit=MOST_EARLY_HOURS), defaults.early_s
        ),
    )
    as_of = entry.take("as_of", maybe(form.instant_in(ZoneInfo(options.zone or "UTC"))), None)
    entry.close()
    return options, as_of


def _event(entry: Form, number: str, wall: ZoneInfo) -> Event:
    direction = entry.take("dir", maybe(one_of("IN", "OUT")))
    event = Event(
        at=entry.take("at", form.instant_in(wall)),
        direction=cast("Direction | None", direction),
        id=number,
        card=entry.take("card", form.text),
    )
    entry.close()
    return event
