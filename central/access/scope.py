"""Owns who is within the limits of a manager, and what of the directory can be seen within them."""

from dataclasses import dataclass
from functools import partial

from central.directory.directory import Directory
from central.directory.employee import Employee

Unit = frozenset[tuple[str, str]]
"""A part of the organisation: dimensions with their values, all of which must be an employee's."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The people of any of the `units`; None is everybody, no unit nobody."""

    units: frozenset[Unit] | None


EVERYBODY = Scope(None)


def within(scope: Scope, employee: Employee) -> bool:
    """Whether an employee, as the directory has him now, is in the scope."""
    if scope.units is None:
        return True
    return any(
        unit and all(getattr(employee, dimension) == value for dimension, value in unit)
        for unit in scope.units
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees: `directory` has the people of the scope alone, and knows badges of theirs alone."""

    scope: Scope
    directory: Directory

    @property
    def whole(self) -> bool:
        """Whether nothing is kept out, not even what belongs to nobody."""
        return self.scope == EVERYBODY

    def sees(self, owner: Employee | None) -> bool:
        """Whether something may be shown whose owner in this directory is `owner`, None for nobody."""
        return owner is not None or self.whole


def sight(directory: Directory, scope: Scope) -> Sight:
    """The directory within a scope."""
    return Sight(scope, directory if scope == EVERYBODY else directory.cut(partial(within, scope)))
