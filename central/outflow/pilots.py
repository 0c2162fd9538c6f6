"""Owns which branches are pilots: what they bring is computed and shown, and told to no other system yet."""

from dataclasses import dataclass
from datetime import date

from central.directory.employee import Employee


@dataclass(frozen=True, slots=True)
class Pilots:
    """The edges of the pilot branches, and what people of such a branch have as theirs, in lower case."""

    edges: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def have(self, employee: Employee | None, day: date) -> bool:
        """Whether somebody was of a pilot branch on a date."""
        return employee is not None and employee.on(day).branch.lower() in self.names
