"""Owns who should be on the terminals of a branch, and how a terminal differs from that."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from central.directory.directory import Directory
from central.directory.employee import Credential, Employee
from wire.users import HeldUser, TerminalUser

_CARD_BITS = 32
"""Terminals keep the last 32 bits of a card."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """What a terminal lacks, what is nobody's there, and users told differently: as held, as wanted."""

    missing: tuple[TerminalUser, ...]
    unknown: tuple[HeldUser, ...]
    differing: tuple[tuple[HeldUser, TerminalUser], ...]


def wanted(
    directory: Directory, edge: str, branches: Collection[str], day: date, statuses: Collection[str]
) -> list[TerminalUser]:
    """The users whom the terminals of an edge should hold on a date, by user id.

    They are the employees of its branches (names in lower case) with a user id that holds there, and whoever
    has a user id at this edge alone; only people who are employed, with one of the `statuses`.
    """
    found: dict[str, TerminalUser] = {}
    for employee in directory.employees.values():
        if employee.status.lower() not in statuses or not employee.employed(day):
            continue
        here = employee.branch.lower() in branches
        for badge in sorted(employee.credentials):
            if badge.form != "user-id" or not badge.holds(day):
                continue
            if badge.edge == edge or (
                not badge.edge and here and _his(directory, edge, badge, employee, day)
            ):
                found[badge.value] = TerminalUser(
                    user_id=badge.value, name=employee.name[:_LONGEST_NAME], card=_card(employee, day)
                )
    return [found[user_id] for user_id in sorted(found)]


def _his(directory: Directory, edge: str, badge: Credential, employee: Employee, day: date) -> bool:
    """Whether it is this employee's on the date: at an edge its own ids come first."""
    owner = directory.who(edge, "user-id", badge.value, None, day)
    return badge.holds(day) and owner is not None and owner.employee_id == employee.employee_id


def _card(employee: Employee, day: date) -> int | None:
    """The one card of an employee as terminals keep it; None if there is none, or more than one."""
    cards = {
        int(badge.value.partition(":")[2], 16) & ((1 << _CARD_BITS) - 1)
        for badge in employee.credentials
        if badge.form == "card" and badge.holds(day)
    }
    return cards.pop() if len(cards) == 1 else None


def difference(
    held: Iterable[HeldUser], want: Sequence[TerminalUser], directory: Directory, edge: str, day: date
) -> Difference:
    """How the users that a terminal holds differ from those that it should hold."""
    there = {user.user_id: user for user in held}
    return Difference(
        tuple(one for one in want if one.user_id not in there),
        tuple(
            user for user in there.values() if directory.who(edge, "user-id", user.user_id, None, day) is None
        ),
        tuple((there[one.user_id], one) for one in want if _differs(there.get(one.user_id), one)),
    )


def _differs(held: HeldUser | None, want: TerminalUser) -> bool:
    """A terminal may hold the beginning of a name alone."""
    if held is None:
        return False
    shown = held.name.replace("\N{REPLACEMENT CHARACTER}", "").strip()
    name = bool(want.name) and not (shown and want.name.strip().startswith(shown))
    return name or (want.card is not None and held.card != want.card)
