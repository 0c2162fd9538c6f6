"""The difference between a settings file and what is in force, as it is shown before it is applied."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from central.rules.advice import advise
from central.rules.shift import DayRow, Shift
from central.schedule.notation import dates_from, flat
from central.schedule.reading import Draft
from central.schedule.rosters import Rosters
from central.schedule.version import KINDS, Body, Item, Version

_ABSENT = "absent"
_FEW = 4
"""A new unit is told with its fields, a new shift only by name: its fields stand in the file."""


@dataclass(frozen=True, slots=True)
class Change:
    """A version that would be added. `fields` are place, before and after; all of them new if `is_new`."""

    version: Version
    fields: tuple[tuple[str, str, str], ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What applying a file would do: versions to add, items that stay as they are, and advice on them."""

    changes: tuple[Change, ...]
    unchanged: tuple[Item, ...]
    advice: tuple[str, ...]

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions to store."""
        return tuple(change.version for change in self.changes)


def compare(draft: Draft, held: Iterable[Version], units: Mapping[str, frozenset[str]]) -> Changes:
    """Compare a draft without mistakes with the versions held.

    `units` are the ids that people of the directory have, by kind of unit, for advice.
    """
    known = list(held)
    rosters = Rosters(known)
    history: dict[tuple[str, str], list[Version]] = {}
    for version in known:
        history.setdefault(version.key, []).append(version)
    changes, unchanged, advice = [], [], []
    for since, item in sorted(draft.items, key=lambda pair: (KINDS.index(pair[1].kind), pair[1].name)):
        place = (item.kind, item.name)
        before = rosters.in_force(item.kind, item.name, since)
        if before is not None and before.item.body == item.body:
            unchanged.append(item)
            continue
        versions = history.get(place, [])
        version = Version(item, max((other.number for other in versions), default=0) + 1, since)
        fields = tuple(_fields({} if before is None else before.item.body, item.body))
        changes.append(Change(version, fields, before is None))
        later = [other for other in versions if other.since > since]
        advice += [
            f"{item}: {other} stays in force from {other.since} on"
            for other in sorted(later, key=lambda other: other.since)[:1]
        ]
    advice += _advice(draft, units)
    return Changes(tuple(changes), tuple(unchanged), tuple(advice))


def _fields(before: Body, after: Body) -> Iterator[tuple[str, str, str]]:
    old, new = flat(before), flat(after)
    for place in dict.fromkeys((*old, *new)):
        if old.get(place) != new.get(place):
            yield place, old.get(place, _ABSENT), new.get(place, _ABSENT)


def _advice(draft: Draft, units: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for name, shift in draft.shifts.items():
        yield from (f"shift {name}: {advice}" for advice in advise(shift))
    for since, item in draft.items:
        if item.kind in units and item.kind != "organization" and item.name not in units[item.kind]:
            yield f"{item}: nobody in the directory belongs to it"
        for place, dates in _exceptions(item, draft.shifts):
            early = sorted(day for day in dates if day < since)
            if early:
                yield f"{item}: {place}{early[0]} has no effect, as it lies before {since}"


def _exceptions(item: Item, shifts: Mapping[str, Shift]) -> Iterator[tuple[str, Mapping[date, DayRow]]]:
    if item.kind == "calendar":
        yield "", dates_from(item.body)
    elif item.kind == "shift":
        yield "exceptions.", shifts[item.name].exceptions


def told(changes: Changes) -> list[str]:
    """The changes as lines for a person."""
    lines = []
    for change in changes.changes:
        head = "new" if change.is_new else "changed"
        lines.append(f"{head:<10} {change.version.item}, in force from {change.version.since}")
        if change.is_new and len(change.fields) > _FEW:
            continue
        for place, before, after in change.fields:
            fate = after if change.is_new else f"{before} -> {after}"
            lines.append(f"{'':<12} {place}: {fate}")
    lines += [f"{'unchanged':<10} {item}" for item in changes.unchanged]
    lines += [f"{'advice':<10} {line}" for line in changes.advice]
    return lines
