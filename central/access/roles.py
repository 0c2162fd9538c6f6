"""Owns the answer to who may do what: the roles, the verbs that each may use, and the people that each sees.

The broker knows people by their accounts and lets each write below `admin/` under their own name alone, so a
name here is that of somebody whose password was checked. Who has no role may do nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from central.access.scope import EVERYBODY, Scope, Unit
from wire.rights import Role

_ABOUT_PEOPLE = frozenset(
    {
        *("resync", "resyncs", "account", "punches", "summary", "report", "day", "availability"),
        *("employees", "person", "facets", "tree", "filters", "export"),
    }
)
_VERBS: Mapping[Role, frozenset[str]] = {"hr": _ABOUT_PEOPLE, "manager": _ABOUT_PEOPLE}
"""What a role may use. Administrators may use everything, also a verb that nobody has thought of here."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account at the broker. `units` are those of a manager.

    `verifier` is the password as the broker keeps it, None if the account is kept by hand.
    """

    name: str
    role: Role
    units: frozenset[Unit] = frozenset()
    enabled: bool = True
    verifier: str | None = None

    @property
    def scope(self) -> Scope:
        """The people whom the user may see."""
        return Scope(self.units) if self.role == "manager" else EVERYBODY


@dataclass(frozen=True, slots=True)
class Allowed:
    """The request may be carried out, for the people of `scope`."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Denied:
    """The request must not be carried out; `reason` is for the person who asked."""

    reason: str


def decide(name: str, user: User | None, verb: str) -> Allowed | Denied:
    """Whether the account `name`, whose user is None if it has no role, may use a verb."""
    if user is None:
        return Denied(f"{name} has no role; an administrator can give one: punchwire user add {name}")
    if not user.enabled:
        return Denied(f"{name} is disabled; an administrator can change that: punchwire user enable {name}")
    if user.role != "administrator" and verb not in _VERBS[user.role]:
        return Denied(f"{name} is {_called(user.role)}, and {verb} is for administrators")
    return Allowed(user.scope)


def _called(role: Role) -> str:
    return {"administrator": "an administrator", "hr": "with HR", "manager": "a manager"}[role]
