"""Owns what a resync changed of people's workdays: results, coverage, use of readers, before and after."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, select, tuple_, update

from central.ledger.database import insert_into
from central.ledger.resyncs.tables import days, people
from central.ledger.workdays.results import REMOVED, Place, Stored
from central.ledger.workdays.tables import workdays
from central.resync.undoing import BEGIN, Standing, without

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """A workday: the stored result before, None if there was none, and the one behind it."""

    before: Stored | None
    after: Stored


@dataclass(frozen=True, slots=True)
class Changed:
    """A stored change. `mixed` says that others changed the day in between."""

    employee_id: str
    day: int
    status: str | None
    due_s: int | None
    before: bytes | None
    after: bytes
    mixed: bool

    @property
    def place(self) -> Place:
        """Whose workday it is."""
        return self.employee_id, self.day

    @property
    def stored_before(self) -> Stored | None:
        """The row that was there, to be told again."""
        if self.before is None or self.status is None:
            return None
        return Stored(self.employee_id, self.day, self.status, self.due_s, unsent=True, result=self.before)


_KEPT = (
    days.c.employee_id,
    days.c.day,
    days.c.status,
    days.c.due_s,
    days.c.before,
    days.c.after,
    days.c.mixed,
)


def keep(connection: Connection, job_id: int, changes: Mapping[Place, Change]) -> None:
    """Store changes, each on top of what this job changed of the day before."""
    known = {one.place: one for one in of_places(connection, job_id, changes)}
    rows = [_row(job_id, place, one, known.get(place)) for place, one in changes.items()]
    if not rows:
        return
    adding = insert_into(connection, days)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=list(days.primary_key),
            set_={days.c[name]: adding.excluded[name] for name in ("after", "mixed")},
        ),
        rows,
    )


def _row(job_id: int, place: Place, change: Change, first: Changed | None) -> dict[str, Any]:
    before = change.before
    told = {"job_id": job_id, "employee_id": place[0], "day": place[1], "after": change.after.result}
    if first is not None:
        strange = before is None or before.result != first.after
        was = {"status": first.status, "due_s": first.due_s, "before": first.before}
        return {**told, **was, "mixed": int(first.mixed or strange)}
    if before is None:
        return {**told, "status": None, "due_s": None, "before": None, "mixed": 0}
    return {**told, "status": before.status, "due_s": before.due_s, "before": before.result, "mixed": 0}


def of_places(connection: Connection, job_id: int, places: Collection[Place]) -> list[Changed]:
    """What a job changed of these days."""
    wanted = list(places)
    found: list[Changed] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        query = select(*_KEPT).where(
            days.c.job_id == job_id, tuple_(days.c.employee_id, days.c.day).in_(some)
        )
        found += map(_changed, connection.execute(query))
    return found


def note_strange(connection: Connection, job_id: int, limit: int, after: Place = BEGIN) -> Place | None:
    """Note which of some days others changed since: another result is stored. Returns the last of them."""
    place = tuple_(days.c.employee_id, days.c.day)
    query = (
        select(days.c.employee_id, days.c.day)
        .where(days.c.job_id == job_id, place > after)
        .order_by(days.c.employee_id, days.c.day)
        .limit(limit)
    )
    found = [(employee_id, day) for employee_id, day in connection.execute(query)]
    if not found:
        return None
    stands = (
        select(workdays.c.day)
        .where(workdays.c.employee_id == days.c.employee_id, workdays.c.day == days.c.day)
        .where(workdays.c.result == days.c.after, workdays.c.status != REMOVED)
        .exists()
    )
    connection.execute(
        update(days)
        .where(days.c.job_id == job_id, place > after, place <= found[-1], ~stands)
        .values(mixed=1)
    )
    return found[-1]


def page(connection: Connection, job_id: int, limit: int, after: Place = BEGIN) -> list[Changed]:
    """What a job changed, by employee and day."""
    query = (
        select(*_KEPT)
        .where(days.c.job_id == job_id, tuple_(days.c.employee_id, days.c.day) > after)
        .order_by(days.c.employee_id, days.c.day)
        .limit(limit)
    )
    return [_changed(row) for row in connection.execute(query)]


def _changed(row: Any) -> Changed:
    employee_id, day, status, due_s, before, after, mixed = row
    return Changed(employee_id, day, status, due_s, before, after, bool(mixed))


def count_all(connection: Connection, job_id: int) -> int:
    """How many workdays are stored of a job, those that came to the same as before among them."""
    return int(connection.execute(select(func.count()).where(days.c.job_id == job_id)).scalar_one())


def count(connection: Connection, job_id: int) -> int:
    """How many workdays have another result."""
    query = select(func.count()).where(
        days.c.job_id == job_id, func.coalesce(days.c.before, b"") != days.c.after
    )
    return int(connection.execute(query).scalar_one())


def counts_by_person(connection: Connection, job_id: int, employee_ids: Sequence[str]) -> dict[str, int]:
    """The same for each of these people."""
    query = (
        select(days.c.employee_id, func.count())
        .where(days.c.job_id == job_id, days.c.employee_id.in_(employee_ids))
        .where(func.coalesce(days.c.before, b"") != days.c.after)
        .group_by(days.c.employee_id)
    )
    return dict(map(tuple, connection.execute(query)))


def keep_standing(
    connection: Connection, job_id: int, found: Sequence[tuple[str, Standing, Standing]]
) -> None:
    """Store how people stood before and behind what a job changed; what others did in between is theirs."""
    known = {
        who: (was, became) for who, was, became in _standings(connection, job_id, [it[0] for it in found])
    }
    rows = [
        {
            "who": who,
            "was": msgspec.json.encode(without(*known[who], before) if who in known else before),
            "is_now": msgspec.json.encode(after),
        }
        for who, before, after in found
    ]
    if rows:
        connection.execute(
            update(people)
            .where(people.c.job_id == job_id, people.c.employee_id == bindparam("who"))
            .values(before=bindparam("was"), after=bindparam("is_now")),
            rows,
        )


def standings(
    connection: Connection, job_id: int, limit: int, after: str = ""
) -> list[tuple[str, Standing, Standing]]:
    """How people stood, before and behind, whose coverage or readers a job changed; in order, behind one."""
    query = _STANDINGS.where(people.c.job_id == job_id, people.c.employee_id > after)
    return list(_told(connection, query.order_by(people.c.employee_id).limit(limit)))


_STANDINGS = select(people.c.employee_id, people.c.before, people.c.after).where(people.c.before.is_not(None))


def _standings(
    connection: Connection, job_id: int, employee_ids: Sequence[str]
) -> Iterator[tuple[str, Standing, Standing]]:
    for start in range(0, len(employee_ids), _AT_ONCE):
        some = employee_ids[start : start + _AT_ONCE]
        query = _STANDINGS.where(people.c.job_id == job_id, people.c.employee_id.in_(some))
        yield from _told(connection, query)


def _told(connection: Connection, query: Select[Any]) -> Iterator[tuple[str, Standing, Standing]]:
    for employee_id, *both in connection.execute(query):
        before, after = (msgspec.json.decode(one, type=Standing) for one in both)
        yield employee_id, before, after


def tried(connection: Connection, job_id: int, employee_ids: Collection[str]) -> None:
    """Note that the days of people were computed."""
    if employee_ids:
        connection.execute(
            update(people)
            .where(people.c.job_id == job_id, people.c.employee_id.in_(employee_ids))
            .values(tried=1)
        )


def untried(connection: Connection, job_id: int, limit: int) -> list[str]:
    """People whose days were not computed yet."""
    query = (
        select(people.c.employee_id)
        .where(people.c.job_id == job_id, people.c.tried == 0)
        .order_by(people.c.employee_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def count_tried(connection: Connection, job_id: int) -> int:
    """Of how many people the days were computed."""
    query = select(func.count()).where(people.c.job_id == job_id, people.c.tried == 1)
    return int(connection.execute(query).scalar_one())
