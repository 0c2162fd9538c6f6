"""The rosters: which version of which shift each person follows from which date on (C2.3, R29)."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from central.directory.employee import Employee
from central.rules.shift import DayRow, Roster, Rule, Shift, row_of
from central.schedule.notation import dates_from, shift_from
from central.schedule.version import THE_ORGANIZATION, Kind, Version

DAY = timedelta(days=1)

Source = Literal["cardholder", "department", "division", "organization"]
_SOURCES: Mapping[Kind, Source] = {
    "custom": "cardholder",
    "department": "department",
    "division": "division",
    "organization": "organization",
}
Place = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person follows from a date on: the shift, its name, and who named it; None for no shift.

    `unit` is the id of the unit that names the shift, "" if the person's own.
    """

    since: date
    shift: Shift | None = None
    name: str | None = None
    source: Source | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """A person's entries, oldest first. Who shares the settings shares the object."""

    entries: tuple[Entry, ...]

    @property
    def roster(self) -> Roster:
        """The same as the engine wants it."""
        return tuple((entry.since, entry.shift) for entry in self.entries)

    def on(self, day: date) -> Entry:
        """What is in force on a date."""
        place = bisect_right(self.entries, day, key=lambda entry: entry.since)
        return self.entries[place - 1] if place else Entry(date.min)

    @property
    def first_shift(self) -> date | None:
        """The first date with a shift, None if there never was one."""
        return next((entry.since for entry in self.entries if entry.shift is not None), None)


class Rosters:
    """All versions of the settings, ready to be asked. It never changes; an import makes a new one."""

    def __init__(self, versions: Iterable[Version] = ()) -> None:
        latest: dict[Place, dict[date, Version]] = {}
        for version in sorted(versions, key=lambda version: version.number):
            latest.setdefault(version.key, {})[version.since] = version
        self._history = {
            place: tuple(by_date[since] for since in sorted(by_date)) for place, by_date in latest.items()
        }
        self._shifts: dict[tuple[str, ...], Shift] = {}
        self._assigned: dict[tuple[tuple[date, tuple[Place, ...]], ...], Assigned] = {}

    def in_force(self, kind: Kind, name: str, day: date) -> Version | None:
        """The version of a thing that is valid on a date."""
        history = self._history.get((kind, name), ())
        place = bisect_right(history, day, key=lambda version: version.since)
        return history[place - 1] if place else None

    def names(self, kind: Kind) -> frozenset[str]:
        """All names that a kind ever had."""
        return frozenset(name for of, name in self._history if of == kind)

    def of(self, employee: Employee) -> Assigned:
        """What an employee follows: their own shift, else department, division (SBU), organization.

        The units count that the employee was in on each date.
        """
        begins = (date.min, *(past.before for past in employee.past))
        concerned = tuple((begin, self._concerned(employee.on(begin))) for begin in begins)
        if concerned not in self._assigned:
            self._assigned[concerned] = Assigned(tuple(self._joined(concerned)))
        return self._assigned[concerned]

    def _concerned(self, employee: Employee) -> tuple[Place, ...]:
        places: tuple[Place, ...] = (
            ("custom", employee.employee_id),
            ("department", employee.department),
            ("division", employee.sbu),
            ("organization", THE_ORGANIZATION),
        )
        return tuple(place for place in places if place in self._history)

    def _joined(self, concerned: tuple[tuple[date, tuple[Place, ...]], ...]) -> Iterator[Entry]:
        """The entries of one set of units after the other, each from the date on which it begins."""
        ends = (*(begin for begin, _ in concerned[1:]), date.max)
        for (begin, places), end in zip(concerned, ends, strict=True):
            entries = [entry for entry in self._entries(places) if entry.since < end]
            before = [entry for entry in entries if entry.since <= begin]
            if begin != date.min:
                yield replace(before[-1], since=begin) if before else Entry(begin)
            yield from (entry for entry in entries if entry.since > begin or begin == date.min)

    def _entries(self, places: tuple[Place, ...]) -> Iterator[Entry]:
        before: Entry | None = None
        for day in sorted(self._turns(places)):
            entry = self._entry(places, day)
            if before is None or replace(entry, since=before.since) != before:
                yield entry
                before = entry

    def _turns(self, places: Iterable[Place]) -> set[date]:
        """Every date on which anything may change that has a say."""
        days: set[date] = set()
        wanted, seen = list(places), set()
        while wanted:
            place = wanted.pop()
            if place in seen:
                continue
            seen.add(place)
            for version in self._history.get(place, ()):
                days.add(version.since)
                body = version.item.body
                if place[0] == "calendar":
                    continue
                wanted += (("calendar", name) for name in body.get("calendars", ()))
                if place[0] != "shift" and body["shift"] is not None:
                    wanted.append(("shift", body["shift"]))
        return days

    def _entry(self, places: Iterable[Place], day: date) -> Entry:
        named: tuple[str, Source, str] | None = None
        calendars: list[str] = []
        for kind, name in places:
            version = self.in_force(kind, name, day)
            if version is None:
                continue
            body = version.item.body
            calendars += body.get("calendars", ())
            if named is None and body["shift"] is not None:
                named = body["shift"], _SOURCES[kind], "" if kind == "custom" else body.get("id", name)
        if named is None or (shift := self.in_force("shift", named[0], day)) is None:
            return Entry(day)
        calendars += shift.item.body["calendars"]
        shared = [
            version
            for name in dict.fromkeys(calendars)
            if (version := self.in_force("calendar", name, day)) is not None
        ]
        return Entry(day, self._shift(shift, shared), *named)

    def _shift(self, version: Version, calendars: Iterable[Version]) -> Shift:
        """The engine's shift. Of several exceptions of a date its own wins, then the first calendar's."""
        text = tuple(map(str, (version, *calendars)))
        if text not in self._shifts:
            shift = shift_from(version.item.body, " + ".join(text))
            exceptions: dict[date, DayRow] = {}
            for calendar in calendars:
                exceptions = dates_from(calendar.item.body) | exceptions
            self._shifts[text] = replace(shift, exceptions=exceptions | dict(shift.exceptions))
        return self._shifts[text]


def differing(before: Assigned, after: Assigned, first: date, last: date) -> list[tuple[date, date]]:
    """The spans of dates, within first to last, on which something else is expected; neighbours included.

    A new version that leaves a date as it was does not touch it: its result stands, with the version that
    it was made by.
    """
    if before.entries == after.entries:
        return []
    spans: list[tuple[date, date]] = []
    day = max(first, min((one.entries[0].since for one in (before, after) if one.entries), default=last))
    while day <= last:
        if _expected(before, day) != _expected(after, day):
            begin, end = max(first, day - DAY), min(last, day + DAY)
            if spans and begin <= spans[-1][1] + DAY:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((begin, end))
        day += DAY
    return spans


def _expected(assigned: Assigned, day: date) -> tuple[Any, ...]:
    entry = assigned.on(day)
    if entry.shift is None:
        return (None,)
    row: DayRow
    rule: Rule
    row, rule = row_of(entry.shift, day)
    return entry.name, entry.source, row, rule, entry.shift.overtime


def told(entry: Entry, employee_id: str) -> str:
    """Why a person follows what they follow, as a sentence."""
    match entry.source:
        case None:
            return f"C2.3: neither {employee_id} nor a unit of theirs names a shift."
        case "cardholder":
            return f"C2.3: the shift {entry.name} is {employee_id}'s own."
        case _:
            return (
                f"C2.3: the shift {entry.name} comes from the {entry.source} {entry.unit}, "
                "the nearest that names one."
            )
