"""Owns the way from a badge to a person, and from people to their badges."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy

from central.directory.employee import Employee
from wire.card import CardError, agreed_bits, lookup_keys


class Directory:
    """All employees, ready to be asked. It never changes; a new import makes a new one."""

    def __init__(self, employees: Iterable[Employee]) -> None:
        self._employees = {employee.employee_id: employee for employee in employees}
        self._user_ids: dict[tuple[str, str], Employee] = {}
        self._cards: dict[str, dict[str, Employee]] = {}
        for employee in self._employees.values():
            for credential in employee.credentials:
                if credential.form == "user-id":
                    self._user_ids[credential.value, credential.edge] = employee
                else:
                    for key in lookup_keys(credential.value):
                        self._cards.setdefault(key, {})[credential.value] = employee

    @property
    def employees(self) -> Mapping[str, Employee]:
        """Everybody, by employee id."""
        return self._employees

    def who(self, edge: str, form: str, raw: str, canon: str | None) -> Employee | None:
        """Whose badge was read at an edge; None for a badge of nobody, or of several people at once.

        A user id is looked up for this edge first, then for everywhere. Of cards the one that agrees in the
        most bits is meant.
        """
        if form == "user-id":
            found = self._user_ids.get((raw, edge)) or self._user_ids.get((raw, ""))
        else:
            found = None if canon is None else self._of_card(canon)
        return found if found is not None and found.employee_id in self._employees else None

    def cut(self, lets: Callable[[Employee], bool]) -> "Directory":
        """The directory without the people whom `lets` keeps out.

        A badge still belongs to whom it belongs in the whole: what is an outsider's becomes nobody's.
        """
        less = copy(self)
        less._employees = {one: it for one, it in self._employees.items() if lets(it)}  # noqa: SLF001 - our own
        return less

    def _of_card(self, canon: str) -> Employee | None:
        try:
            keys = lookup_keys(canon)
        except CardError:
            return None
        near = dict(self._cards.get(canon, {}))
        for key in keys:
            if (employee := self._cards.get(key, {}).get(key)) is not None:
                near[key] = employee
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
