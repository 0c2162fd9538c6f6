"""Owns the answer about one person's past: units, badges and employment by date."""

from collections.abc import Sequence
from datetime import date

import msgspec

from central.directory.bygone import Stage, between, stages
from central.directory.employee import DIMENSIONS, Credential, Employee
from wire.codec import MESSAGE_LIMIT, encode
from wire.person import BadgeHeld, PersonAnswer, PersonRequest, UnitsHeld

_ROOM = MESSAGE_LIMIT - 4096
_LISTED = 400
"""Units and badges in an answer at the most, and fewer where the wire could not carry them."""


def person(employee: Employee, request: PersonRequest) -> PersonAnswer:
    """What there is to tell of an employee, on one date or at all."""
    on = request.on
    units = list(stages(employee) if on is None else between(employee, on, on))
    badges = [one for one in employee.credentials if on is None or one.holds(on)]
    badges.sort(key=lambda one: (one.until, one))
    limit = _LISTED
    while True:
        told = _told(employee, on, units[-limit:], badges[-limit:])
        left_out = len(units) + len(badges) - len(told.units) - len(told.badges)
        if len(encode(told)) <= _ROOM:
            return msgspec.structs.replace(told, more=left_out)
        limit //= 2


def _told(
    employee: Employee, on: date | None, units: Sequence[Stage], badges: Sequence[Credential]
) -> PersonAnswer:
    return PersonAnswer(
        employee_id=employee.employee_id,
        name=employee.name,
        joined=employee.joined,
        left=employee.left,
        employed=None if on is None else employee.employed(on),
        units=tuple(map(_units, units)),
        badges=tuple(map(_badge, badges)),
    )


def _units(stage: Stage) -> UnitsHeld:
    told = dict(zip(DIMENSIONS, stage.employee.dimensions, strict=True))
    return UnitsHeld(since=stage.since, until=stage.until, **told)


def _badge(badge: Credential) -> BadgeHeld:
    return BadgeHeld(
        form=badge.form,
        value=badge.value,
        edge=badge.edge,
        since=None if badge.since == date.min else badge.since,
        until=None if badge.until == date.max else badge.until,
    )
