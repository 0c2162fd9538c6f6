"""Owns who people are: an employee, the badges by which devices know them, and what may not be shared."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Any, Literal

from wire.card import lookup_keys, same_card

DIMENSIONS = (
    "status",
    "sbu",
    "state",
    "branch",
    "department",
    "sub_department",
    "designation",
    "employee_type",
)
"""What employees are filtered by. Values stay as the source of the people spells them."""


@dataclass(frozen=True, slots=True, order=True)
class Credential:
    """A badge of an employee.

    `value` is a user id exactly as the terminal's log shows it, or a canonical card (`wire.card`).
    A user id may hold at one `edge` alone; "" is everywhere. It holds from the date `since` to the date
    `until`, both included; by default it always did and always will.
    """

    form: Literal["user-id", "card"]
    value: str
    edge: str = ""
    since: date = date.min
    until: date = date.max

    @property
    def badge(self) -> tuple[Literal["user-id", "card"], str, str]:
        """What it is, whenever it holds."""
        return self.form, self.value, self.edge

    @property
    def always(self) -> bool:
        """Whether it has no dates."""
        return self.since == date.min and self.until == date.max

    def holds(self, day: date) -> bool:
        """Whether it holds on a date."""
        return self.since <= day <= self.until

    def __str__(self) -> str:
        where = f" at {self.edge}" if self.edge else ""
        since = f" from {self.since}" if self.since != date.min else ""
        until = f" until {self.until}" if self.until != date.max else ""
        return f"{'user id' if self.form == 'user-id' else 'card'} {self.value}{where}{since}{until}"


@dataclass(frozen=True, slots=True)
class Past:
    """What the dimensions of an employee were before a date, in the order of DIMENSIONS."""

    before: date
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """One person. Nobody is ever deleted: who has left has another `status`, or a date of leaving.

    `joined` and `left` are the first and the last day of employment, None where nobody told. `past` has what
    the dimensions were, oldest first; the fields are what they are since the last change.
    """

    employee_id: str
    name: str
    status: str = ""
    sbu: str = ""
    state: str = ""
    branch: str = ""
    department: str = ""
    sub_department: str = ""
    designation: str = ""
    employee_type: str = ""
    joined: date | None = None
    left: date | None = None
    credentials: frozenset[Credential] = frozenset()
    past: tuple[Past, ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The values of the dimensions, in their order."""
        return tuple(getattr(self, name) for name in DIMENSIONS)

    def on(self, day: date) -> "Employee":
        """The employee as of a date."""
        for past in self.past:
            if day < past.before:
                then: dict[str, Any] = dict(zip(DIMENSIONS, past.values, strict=True))
                return replace(self, **then)
        return self

    def employed(self, day: date) -> bool:
        """Whether the date lies within the employment, as far as it was told."""
        return (self.joined is None or self.joined <= day) and (self.left is None or day <= self.left)


@dataclass(frozen=True, slots=True)
class Shared:
    """Two people who claim one badge, or cards that cannot be told apart; each with their own badge."""

    one: Employee
    other: Employee
    of_one: Credential
    of_other: Credential


def shared(employees: Iterable[Employee]) -> list[Shared]:
    """Every pair of people who claim the same badge for the same time.

    The same user id at one edge and everywhere is no trouble: the edge's own comes first. Cards known by
    different numbers of bits are the same if all bits that both know are equal.
    """
    claims: dict[tuple[str, str, str], list[tuple[Employee, Credential]]] = {}
    for employee in employees:
        for credential in employee.credentials:
            claims.setdefault(_bucket(credential), []).append((employee, credential))
    found = []
    for claimed in claims.values():
        for (one, of_one), (other, of_other) in combinations(claimed, 2):
            if one.employee_id != other.employee_id and _same(of_one, of_other):
                found.append(Shared(one, other, of_one, of_other))
    return found


def _bucket(credential: Credential) -> tuple[str, str, str]:
    """Equal for all badges that may be the same."""
    if credential.form == "user-id":
        return "user-id", credential.value, credential.edge
    return "card", lookup_keys(credential.value)[-1], ""


def _same(one: Credential, other: Credential) -> bool:
    together = one.since <= other.until and other.since <= one.until
    return together and (one.form == "user-id" or same_card(one.value, other.value))
