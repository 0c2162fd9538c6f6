"""The version: one shift, calendar or assignment as it is in force from a date on, never overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Kind = Literal["shift", "calendar", "department", "division", "organization", "custom"]

KINDS: tuple[Kind, ...] = ("shift", "calendar", "organization", "division", "department", "custom")
"""In the order in which people are told of them."""

THE_ORGANIZATION = ""
"""The name of the only item of its kind; what people call it stands in its body."""

Body = Mapping[str, Any]
"""Plain data, ready for JSON, in the notation of scenario files. Equal settings have equal bodies.

A shift has the keys of a scenario's shift and `calendars`, a calendar is date -> day row, an assignment has
`shift` (a name or None), `calendars`, and for the organization its `id`.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """What a file says of one thing: a shift or calendar by name, a unit or an employee by id."""

    kind: Kind
    name: str
    body: Body

    def __str__(self) -> str:
        match self.kind:
            case "organization":
                return f"organization {self.body['id']}"
            case "custom":
                return f"custom shift of {self.name}"
            case _:
                return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Version:
    """An item, its number among the versions of the same thing, and the first date of its validity."""

    item: Item
    number: int
    since: date

    def __str__(self) -> str:
        return f"{self.item.name}@{self.since}#{self.number}"

    @property
    def key(self) -> tuple[Kind, str]:
        """What it is a version of."""
        return self.item.kind, self.item.name
