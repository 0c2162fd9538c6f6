"""Owns the verb `person`: where one employee was, with which badges, and when employed."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import date

import msgspec

from admin.asking import new_id, outcome
from admin.board import lines as aligned
from admin.board import plain
from admin.client import Client
from ground.mqtt import BrokerOptions
from wire.people import EmployeeRow
from wire.person import BadgeHeld, PersonAnswer, PersonRequest, UnitsHeld

_UNITS = EmployeeRow.__struct_fields__[2:]


def person(options: BrokerOptions, flags: Namespace) -> int:
    """Print the past and present of one employee, or how it was on a date."""
    with Client(options).connected() as client:
        request = PersonRequest(request_id=new_id(), employee=flags.employee_id, on=flags.on)
        told = outcome(client.ask("person", request), PersonAnswer)
    if flags.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines(told, flags.on)))
    return 0


def lines(told: PersonAnswer, on: date | None) -> Iterator[str]:
    """An answer as a person reads it."""
    yield f"{plain(told.employee_id)} {plain(told.name)}: {_employment(told, on)}"
    units = [(*_dates(one), *(plain(getattr(one, name)) for name in _UNITS)) for one in told.units]
    yield from aligned(("from", "until", *(name.replace("_", " ") for name in _UNITS)), units)
    if told.badges:
        yield from aligned(("from", "until", "badge"), [(*_dates(one), _badge(one)) for one in told.badges])
    else:
        yield "no badge"
    if told.more:
        yield f"... and {told.more} more, from before"


def _employment(told: PersonAnswer, on: date | None) -> str:
    if on is not None:
        return f"{'employed' if told.employed else 'not employed'} on {on}"
    joined = "" if told.joined is None else f" from {told.joined}"
    left = "" if told.left is None else f" until {told.left}"
    return f"employed{joined}{left}" if joined or left else "no dates of employment"


def _dates(one: UnitsHeld | BadgeHeld) -> tuple[str, str]:
    return str(one.since or ""), str(one.until or "")


def _badge(one: BadgeHeld) -> str:
    where = f" at {one.edge}" if one.edge else ""
    return f"{one.form.replace('-', ' ')} {plain(one.value)}{where}"
