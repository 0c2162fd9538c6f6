"""Owns the way from a badge to a person, and from people to their badges."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import date

from central.directory.employee import Credential, Employee
from wire.card import CardError, agreed_bits, lookup_keys

_Holders = list[tuple[Credential, Employee]]
"""Everybody who ever held a badge."""


class Directory:
    """All employees, ready to be asked. It never changes; a new import makes a new one."""

    def __init__(self, employees: Iterable[Employee]) -> None:
        self._employees = {employee.employee_id: employee for employee in employees}
        self._user_ids: dict[tuple[str, str], _Holders] = {}
        self._cards: dict[str, dict[str, _Holders]] = {}
        self._dated: set[str] = set()
        self._moved = [one.employee_id for one in self._employees.values() if one.past]
        for employee in self._employees.values():
            for credential in employee.credentials:
                holder = (credential, employee)
                if credential.form == "user-id":
                    self._user_ids.setdefault((credential.value, credential.edge), []).append(holder)
                else:
                    for key in lookup_keys(credential.value):
                        self._cards.setdefault(key, {}).setdefault(credential.value, []).append(holder)
                if not credential.always:
                    self._dated.add(_least(credential.form, credential.value, credential.value))

    @property
    def employees(self) -> Mapping[str, Employee]:
        """Everybody, by employee id."""
        return self._employees

    @property
    def moved(self) -> list[Employee]:
        """Those who were elsewhere once, as far as the past is known."""
        return [self._employees[one] for one in self._moved if one in self._employees]

    def who(
        self, edge: str, form: str, raw: str, canon: str | None, on: date | None = None
    ) -> Employee | None:
        """Whose badge was read at an edge; None for a badge of nobody, or of several people at once.

        A user id is looked up for this edge first, then for everywhere. Of cards the one that agrees in the
        most bits is meant. `on` is the date of the reading; without it the last who held the badge is meant.
        """
        if form == "user-id":
            found = self._held((raw, edge), on) or self._held((raw, ""), on)
        else:
            found = None if canon is None else self._of_card(canon, on)
        return found if found is not None and found.employee_id in self._employees else None

    def dated(self, form: str, raw: str, canon: str | None) -> bool:
        """Whether it can depend on the date whose badge this is."""
        return bool(self._dated) and _least(form, raw, canon) in self._dated

    def _held(self, user_id: tuple[str, str], on: date | None) -> Employee | None:
        return _holder(self._user_ids.get(user_id, ()), on)

    def cut(self, lets: Callable[[Employee], bool]) -> "Directory":
        """The directory without the people whom `lets` keeps out.

        A badge still belongs to whom it belongs in the whole: what is an outsider's becomes nobody's.
        """
        less = copy(self)
        less._employees = {one: it for one, it in self._employees.items() if lets(it)}  # noqa: SLF001 - our own
        return less

    def _of_card(self, canon: str, on: date | None) -> Employee | None:
        try:
            keys = lookup_keys(canon)
        except CardError:
            return None
        known = dict(self._cards.get(canon, {}))
        known.update((key, held) for key in keys if (held := self._cards.get(key, {}).get(key)))
        near = {value: holder for value, held in known.items() if (holder := _holder(held, on)) is not None}
        if not near:
            return None
        bits = {registered: agreed_bits(registered, canon) for registered in near}
        most = max(bits.values())
        meant = {
            near[registered].employee_id: near[registered] for registered in near if bits[registered] == most
        }
        return next(iter(meant.values())) if len(meant) == 1 else None

    def badges(self, employee_id: str, edge: str | None = None) -> frozenset[str]:
        """User ids and canonical cards of an employee, at one edge, or all; none for somebody unknown."""
        employee = self._employees.get(employee_id)
        if employee is None:
            return frozenset()
        return frozenset(
            credential.value
            for credential in employee.credentials
            if edge is None or credential.edge in ("", edge)
        )


def _holder(held: Iterable[tuple[Credential, Employee]], on: date | None) -> Employee | None:
    """Who of all holders held a badge on a date, or last."""
    if on is not None:
        return next((employee for credential, employee in held if credential.holds(on)), None)
    last = max(held, key=lambda holder: holder[0].until, default=None)
    return None if last is None else last[1]


def _least(form: str, raw: str, canon: str | None) -> str:
    """Equal for all badges that may be the same."""
    if form == "user-id":
        return raw
    try:
        return raw if canon is None else lookup_keys(canon)[-1]
    except CardError:
        return raw
