"""Owns the organisation as it was: the stages of a person's past, and everybody's columns as of a date."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from central.directory.arrays import Mask
from central.directory.columns import Columns
from central.directory.employee import DIMENSIONS, Employee
from central.directory.selection import passes
from wire.people import OrgFilter

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where somebody was between two dates, both included; None is as far as anybody told."""

    since: date | None
    until: date | None
    employee: Employee


def stages(employee: Employee) -> Iterator[Stage]:
    """The past and the present of an employee, oldest first."""
    since: date | None = None
    for past in employee.past:
        yield Stage(since, past.before - _DAY, employee.on(past.before - _DAY))
        since = past.before
    yield Stage(since, None, employee)


def moved(people: Iterable[Employee], since: date) -> dict[str, Employee]:
    """Those of some people who were elsewhere at some time from a date on, by id."""
    return {one.employee_id: one for one in people if one.past and one.past[-1].before > since}


def ever(people: OrgFilter, employee: Employee, first: date, last: date) -> bool:
    """Whether a filter lets an employee through on any date from the first to the last."""
    return any(passes(people, one.employee) for one in between(employee, first, last))


def between(employee: Employee, first: date, last: date) -> Iterator[Stage]:
    """The stages of an employee that hold on any date from the first to the last."""
    for stage in stages(employee):
        if (stage.since is None or stage.since <= last) and (stage.until is None or first <= stage.until):
            yield stage


def values(people: Iterable[Employee], first: date, last: date) -> dict[str, set[str]]:
    """What these people had in each dimension on any date from the first to the last."""
    found: dict[str, set[str]] = {name: set() for name in DIMENSIONS}
    for employee in people:
        for stage in between(employee, first, last):
            for name in DIMENSIONS:
                found[name].add(getattr(stage.employee, name))
    return found


def columns_on(columns: Columns, people: Mapping[str, Employee], day: date) -> Columns:
    """Columns as they were on a date, with the same rows; `people` are those who were elsewhere then."""
    if not people:
        return columns
    return columns.changed(
        (one, columns.names[row], *employee.on(day).dimensions)
        for one, employee in people.items()
        if (row := columns.row_of(one)) is not None
    )


def employed(columns: Columns, people: Iterable[Employee], day: date) -> Mask:
    """The rows of all but those of these people who were not employed on a date."""
    mask = np.ones(len(columns), np.bool_)
    for employee in people:
        if not employee.employed(day) and (row := columns.row_of(employee.employee_id)) is not None:
            mask[row] = False
    return mask
