"""Owns who people are: an employee, the badges by which devices know them, and what may not be shared."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

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
    A user id may hold at one `edge` alone; "" is everywhere.
    """

    form: Literal["user-id", "card"]
    value: str
    edge: str = ""

    def __str__(self) -> str:
        where = f" at {self.edge}" if self.edge else ""
        return f"{'user id' if self.form == 'user-id' else 'card'} {self.value}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """One person. Nobody is ever deleted: who has left has another `status`."""

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
    credentials: frozenset[Credential] = frozenset()


@dataclass(frozen=True, slots=True)
class Shared:
    """Two people who claim one badge, or cards that cannot be told apart; each with their own badge."""

    one: Employee
    other: Employee
    of_one: Credential
    of_other: Credential


def shared(employees: Iterable[Employee]) -> list[Shared]:
    """Every pair of people who claim the same badge.

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
    return one.form == "user-id" or same_card(one.value, other.value)
