"""Owns what of a shared filter there is within somebody's limits: nothing else of it is told or used."""

from collections.abc import Iterable

import msgspec

from central.directory.directory import Directory
from central.directory.employee import DIMENSIONS, Employee
from wire.people import OrgFilter


def narrowed(people: OrgFilter, directory: Directory) -> OrgFilter | None:
    """A filter with those of its values and ids alone that people of a directory have, or once had.

    None if it names people, and none of these.
    """
    staff = directory.employees
    conditions = {name: values for name in DIMENSIONS if (values := getattr(people, name))}
    kept = {
        name: _known(values, _values(staff.values(), name), fold=people.ignore_case)
        for name, values in conditions.items()
    }
    if people.employees:
        kept["employees"] = tuple(one for one in people.employees if one in staff)
    include = tuple(one for one in people.include if one in staff)
    exclude = tuple(one for one in people.exclude if one in staff)
    conditional = bool(kept or people.search)
    if not all(kept.values()) or (people.include and not conditional):
        return OrgFilter(include=include, exclude=exclude) if include else None
    return msgspec.structs.replace(people, **kept, include=include, exclude=exclude)


def _known(values: tuple[str, ...], there: set[str], *, fold: bool) -> tuple[str, ...]:
    if fold:
        folded = {one.casefold() for one in there}
        return tuple(one for one in values if one.casefold() in folded)
    return tuple(one for one in values if one in there)


def _values(staff: Iterable[Employee], dimension: str) -> set[str]:
    place = DIMENSIONS.index(dimension)
    found: set[str] = set()
    for one in staff:
        found.add(getattr(one, dimension))
        found.update(past.values[place] for past in one.past)
    return found
