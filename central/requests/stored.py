"""Owns the way through the stored workdays of chosen people, and the place where a page of them goes on."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from central.ledger.workdays import results
from central.requests.asking import Refusal
from central.requests.choosing import Chosen
from central.workdays.span import DaySpan
from wire.codec import decode
from wire.days import DayResult

_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page goes on: behind a workday of an employee."""

    employee_id: str
    day: int

    @classmethod
    def read(cls, text: str | None) -> "Place":
        """The place behind a cursor; raises Refusal for one that no page gave out."""
        if text is None:
            return cls("", 0)
        employee_id, _, day = text.rpartition("@")
        if not (day.isascii() and day.isdecimal()):
            raise Refusal(f"{text!r} is no place to go on from")
        return cls(employee_id, int(day))

    def __str__(self) -> str:
        return f"{self.employee_id}@{self.day}"


def stored(
    connection: Connection, chosen: Chosen, days: DaySpan, place: Place
) -> Iterator[tuple[Place, DayResult]]:
    """The stored workdays of chosen people, behind a place, in order."""
    some = [place.employee_id] if chosen.has(place.employee_id) else []
    behind = place.employee_id
    while True:
        held = results.held(connection, some, *days) if some else {}
        for key in sorted(held):
            if key > (place.employee_id, place.day):
                yield Place(*key), decode(held[key].result, DayResult)
        some = list(chosen.ids(_PEOPLE, behind))
        if not some:
            return
        behind = some[-1]
