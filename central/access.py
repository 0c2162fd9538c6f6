"""Owns the answer to who may do what. For now everybody whom the broker lets in may do whatever exists.

The broker knows people by their accounts and lets each write below `admin/` under their own name alone, so a
user here is somebody whose password was checked. Roles and the parts of the organisation that a manager
may see will be decided in this room, and nowhere else.
"""

from dataclasses import dataclass

from wire.admin import VERBS


@dataclass(frozen=True, slots=True)
class Allowed:
    """The request may be carried out."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The request must not be carried out; `reason` is for the person who asked."""

    reason: str


def decide(user: str, verb: str) -> Allowed | Denied:
    """Whether a user of the broker may use a verb."""
    if verb not in VERBS:
        return Denied(f"{user} asked for {verb}, which does not exist")
    return Allowed()
