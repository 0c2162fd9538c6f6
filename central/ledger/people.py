"""Owns how the directory is stored: employees and their badges. Nobody is deleted."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select

from central.directory.directory import Directory
from central.directory.employee import DIMENSIONS, Credential, Employee, Past
from central.ledger.database import Ledger, insert_into
from central.ledger.schema import badges, employee_past, employees
from central.ledger.workdays import marks

_FIELDS = ("employee_id", "name", *DIMENSIONS, "joined", "left")
_LAST_CHANGE = select(func.max(employees.c.updated_at))
"""Every import has a later time than the one before, whatever the clock says: that is how it is noticed."""
_AT_ONCE = 500


def load(connection: Connection) -> list[Employee]:
    """Everybody, by employee id."""
    held: dict[str, set[Credential]] = {}
    for *badge, employee_id in connection.execute(select(badges)):
        held.setdefault(employee_id, set()).add(Credential(*badge))
    past: dict[str, list[Past]] = {}
    query = select(employee_past).order_by(employee_past.c.employee_id, employee_past.c.before)
    for employee_id, before, dimensions in connection.execute(query):
        values = msgspec.json.decode(dimensions, type=tuple[str, ...])
        past.setdefault(employee_id, []).append(Past(before, values))
    everybody = select(*(employees.c[name] for name in _FIELDS)).order_by(employees.c.employee_id)
    return [
        Employee(
            **dict(zip(_FIELDS, row, strict=True)),
            credentials=frozenset(held.get(row[0], ())),
            past=tuple(past.get(row[0], ())),
        )
        for row in connection.execute(everybody)
    ]


def save(connection: Connection, people: Sequence[Employee], at: datetime) -> None:
    """Write employees with exactly the badges and the past that they have now; others stay as they are.

    All their workdays, and those of people with the same user id elsewhere, are marked to be computed again.

    A badge that moves from one to another of them is no conflict; between somebody else and them it raises
    the database's IntegrityError.
    """
    if not people:
        return
    if (last := connection.execute(_LAST_CHANGE).scalar()) is not None:
        at = max(at, last + timedelta(microseconds=1))
    affected = _sharing(connection, people)
    adding = insert_into(connection, employees)
    kept = {employees.c[name]: adding.excluded[name] for name in (*_FIELDS[1:], "updated_at")}
    connection.execute(
        adding.on_conflict_do_update(index_elements=[employees.c.employee_id], set_=kept),
        [{name: getattr(one, name) for name in _FIELDS} | {"updated_at": at} for one in people],
    )
    for table in (badges, employee_past):
        connection.execute(
            delete(table).where(table.c.employee_id == bindparam("owner")),
            [{"owner": one.employee_id} for one in people],
        )
    held = [
        {name: getattr(badge, name) for name in ("form", "value", "edge", "since", "until")}
        | {"employee_id": one.employee_id}
        for one in people
        for badge in one.credentials
    ]
    if held:
        connection.execute(insert_into(connection, badges), held)
    past = [
        {
            "employee_id": one.employee_id,
            "before": version.before,
            "dimensions": msgspec.json.encode(version.values),
        }
        for one in people
        for version in one.past
    ]
    if past:
        connection.execute(insert_into(connection, employee_past), past)
    affected |= _sharing(connection, people)
    marks.mark_whole(connection, sorted(affected))


def _sharing(connection: Connection, people: Sequence[Employee]) -> set[str]:
    """These people and all who have a user id in common with them: at an edge, its own id comes first."""
    found = {one.employee_id for one in people}
    theirs, others = badges.alias(), badges.alias()
    for start in range(0, len(people), _AT_ONCE):
        ids = [one.employee_id for one in people[start : start + _AT_ONCE]]
        query = (
            select(others.c.employee_id)
            .join_from(theirs, others, (others.c.form == theirs.c.form) & (others.c.value == theirs.c.value))
            .where(theirs.c.employee_id.in_(ids), theirs.c.form == "user-id")
        )
        found.update(connection.execute(query).scalars())
    return found


class People:
    """The directory as it is stored now, kept in memory until an import changes it. Any thread may ask."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._changed_at: datetime | None = None
        self._directory = Directory(())

    def directory(self) -> Directory:
        """Everybody, as of this call."""
        with self._lock, self._ledger.read() as connection:
            changed_at = connection.execute(_LAST_CHANGE).scalar()
            if changed_at != self._changed_at:
                self._directory = Directory(load(connection))
                self._changed_at = changed_at
            return self._directory
