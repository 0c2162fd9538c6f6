"""The reading of a settings file: shifts, calendars, units, custom shifts; every mistake with its place."""

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, cast

from central.rules.explain import form
from central.rules.explain.form import Form, Refused
from central.rules.explain.scenario import UNITS, YEARS, read_dates, read_shift
from central.rules.shift import Shift
from central.schedule.notation import written, written_dates
from central.schedule.version import THE_ORGANIZATION, Item, Kind

T = TypeVar("T")
_NOTHING: Mapping[str, object] = {}
_NO_NAMES: list[str] = []


@dataclass(frozen=True, slots=True)
class Known:
    """What a file may refer to beside itself: names of shifts and calendars in force, and employee ids."""

    shifts: Collection[str] = ()
    calendars: Collection[str] = ()
    employees: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a file says: items with the first date on which they shall be in force, or its mistakes.

    `shifts` are its shifts as the engine reads them, for advice.
    """

    items: tuple[tuple[date, Item], ...]
    shifts: Mapping[str, Shift]
    mistakes: tuple[str, ...] = ()


def read_settings(data: Mapping[str, Any], known: Known) -> Draft:
    """Read the content of a settings file, which is partial: what it does not name stays as it is."""
    mistakes: list[str] = []
    top = Form(data, "", mistakes)
    since = top.take("effective_from", first_day)
    calendars = {name: read_dates(entry) for name, entry in top.form("calendars", {}).entries().items()}
    reader = _Names(
        shifts={*known.shifts, *_keys(data, "shifts")},
        calendars={*known.calendars, *calendars},
        employees=set(known.employees),
    )
    items: list[Item] = []
    if not mistakes:
        items += [Item("calendar", name, written_dates(dates)) for name, dates in calendars.items()]
    shifts = {}
    for name, entry in (top.take("shifts", form.table, _NOTHING) or {}).items():
        shift, used = _shift(entry, name, reader, mistakes)
        if shift is not None:
            shifts[name] = shift
            items.append(Item("shift", name, written(shift) | {"calendars": used}))
    items += _units(top, reader)
    items += _custom(top, reader)
    top.close()
    if mistakes:
        return Draft((), {}, tuple(mistakes))
    mistakes += (
        f"{item.kind}: a name is empty" for item in items if not item.name and item.kind != "organization"
    )
    return Draft(tuple((since, item) for item in items), shifts, tuple(mistakes))


def first_day(value: object) -> date:
    """Read the first date of a version's validity."""
    day = form.day(value)
    if day.year not in YEARS:
        raise Refused(f"a date of the years {YEARS[0]} to {YEARS[-1]}")
    return day


def _keys(data: Mapping[str, Any], key: str) -> Collection[str]:
    found = data.get(key)
    return found if isinstance(found, dict) else ()


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a file may use, and the two ways to read them."""

    shifts: Collection[str]
    calendars: Collection[str]
    employees: Collection[str]

    def shift(self, value: object) -> str:
        """The name of a shift."""
        return among("shifts", form.text(value), self.shifts)

    def used_calendars(self, entry: Form) -> list[str]:
        """The calendars that an entry names, the first of which wins on a date that several have."""
        found = entry.take("calendars", _list, _NO_NAMES) or []
        for number, name in enumerate(found, 1):
            try:
                among("calendars", form.text(name), self.calendars)
            except Refused as mistake:
                entry.refuse(f"calendars[{number}]", f"{form.told(name)} is not {mistake}")
        return found

    def employee(self, employee_id: str) -> str:
        """An employee id of the directory."""
        return among("employees", employee_id, self.employees)


def _list(value: object) -> list[str]:
    if not isinstance(value, list):
        raise Refused("a list")
    return value


def among(what: str, name: str, names: Collection[str]) -> str:
    """Read a name that must be one of these, of which `what` says what they are."""
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise Refused(f"among the {what}{hint}")
    return name


def _shift(data: object, name: str, names: _Names, mistakes: list[str]) -> tuple[Shift | None, list[str]]:
    """One shift with the calendars that it shares; they are no part of the engine's notation."""
    place = f"shifts.{name}"
    if not isinstance(data, Mapping):
        mistakes.append(f"{place}: {form.told(data)} is not a table")
        return None, []
    before = len(mistakes)
    own = {key: value for key, value in data.items() if key == "calendars"}
    used = names.used_calendars(Form(own, place, mistakes))
    shift = read_shift(Form({key: data[key] for key in data if key not in own}, place, mistakes), name)
    return (shift if len(mistakes) == before else None), used


def _units(top: Form, names: _Names) -> list[Item]:
    items: dict[tuple[Kind, str], Item] = {}
    for entry in top.forms("units", []):
        kind = entry.take("kind", form.one_of(*UNITS))
        unit_id = entry.take("id", form.text)
        body = {
            "shift": entry.take("shift", _maybe_none(names.shift), None),
            "calendars": names.used_calendars(entry),
        }
        entry.close()
        if not (entry.has("shift") or entry.has("calendars")):
            entry.refuse("shift", "missing; a unit names a shift, calendars, or both")
        if kind is None or unit_id is None:
            continue
        name = THE_ORGANIZATION if kind == "organization" else unit_id
        item = Item(cast("Kind", kind), name, body | ({"id": unit_id} if kind == "organization" else {}))
        if (item.kind, name) in items:
            entry.refuse("id", f"{items[item.kind, name]} stands in the file already")
        items[item.kind, name] = item
    return list(items.values())


def _custom(top: Form, names: _Names) -> list[Item]:
    people = top.take("custom_shifts", form.table, _NOTHING) or {}
    entry = Form(people, "custom_shifts", top.mistakes)
    items = []
    for employee_id in people:
        try:
            names.employee(employee_id)
        except Refused as mistake:
            entry.refuse(employee_id, f"{form.told(employee_id)} is not {mistake}")
        items.append(
            Item("custom", employee_id, {"shift": entry.take(employee_id, _maybe_none(names.shift))})
        )
    return items


def _maybe_none(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """TOML has no null: an empty text takes the shift away."""
    return lambda value: None if value == "" else read(value)
