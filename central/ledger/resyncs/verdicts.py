"""Owns what is to be said of single punches in a resync, and by that which of them are still to be landed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, or_, select, update

from central.ledger.database import insert_into
from central.ledger.resyncs.tables import parts, people, verdicts
from central.resync.comparing import Verdict
from central.workdays.span import number
from wire.account import day_of

TO_DO = ("to-add", "to-change")
_ON_DEVICE = ("to-add", "only-on-device")
DONE: Mapping[str, str] = {"to-add": "added", "to-change": "changed"}


@dataclass(frozen=True, slots=True)
class Task:
    """A punch that is to be landed: of whom, and which part's order told it."""

    punch_id: bytes
    what: str
    part: int
    employee_id: str

    @property
    def day(self) -> int:
        """The day in its id, about that of its workday."""
        return number(day_of(self.punch_id))


def keep(connection: Connection, job_id: int, part: int, found: Iterable[Verdict]) -> None:
    """Store verdicts that are no matches."""
    rows = [
        {
            "job_id": job_id,
            "punch_id": bytes.fromhex(one.punch.punch_id),
            "part": part,
            "what": one.what,
            "employee_id": one.punch.owner or "",
            "badge": one.punch.badge,
            "wall": one.punch.wall,
            "word": one.word,
            "why": one.why,
            "beside": None if one.beside is None else bytes.fromhex(one.beside),
        }
        for one in found
    ]
    if rows:
        connection.execute(insert_into(connection, verdicts).on_conflict_do_nothing(), rows)


def forget(connection: Connection, job_id: int, part: int, limit: int) -> int:
    """Forget some verdicts of a part; return how many they were."""
    some = select(verdicts.c.punch_id).where(verdicts.c.job_id == job_id, verdicts.c.part == part)
    gone = connection.execute(
        delete(verdicts).where(verdicts.c.job_id == job_id, verdicts.c.punch_id.in_(some.limit(limit)))
    )
    return gone.rowcount


def count_matched(connection: Connection, job_id: int, piece: int, matched: Mapping[str, int]) -> None:
    """Add to the matches of people of a job, and so tell, where everybody is asked for, who they are."""
    if matched:
        adding = insert_into(connection, people)
        told = {"job_id": job_id, "piece": piece, "tried": 0}
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=list(people.primary_key),
                set_={people.c.matched: people.c.matched + adding.excluded.matched},
            ),
            [
                {**told, "employee_id": employee_id, "matched": count}
                for employee_id, count in sorted(matched.items())
            ],
        )


def tasks(connection: Connection, job_id: int, limit: int) -> list[Task]:
    """The punches to be landed next, person by person, of parts that are compared to their end."""
    compared = select(parts.c.part).where(parts.c.job_id == job_id, parts.c.state == "landing")
    query = (
        select(verdicts.c.punch_id, verdicts.c.what, verdicts.c.part, verdicts.c.employee_id)
        .where(verdicts.c.job_id == job_id, verdicts.c.what.in_(TO_DO), verdicts.c.part.in_(compared))
        .order_by(verdicts.c.employee_id, verdicts.c.punch_id)
        .limit(limit)
    )
    return [Task(*row) for row in connection.execute(query)]


def tasks_of(connection: Connection, job_id: int, employee_id: str) -> list[Task]:
    """Every punch of somebody that is to be landed."""
    query = (
        select(verdicts.c.punch_id, verdicts.c.what, verdicts.c.part, verdicts.c.employee_id)
        .where(verdicts.c.job_id == job_id, verdicts.c.what.in_(TO_DO))
        .where(verdicts.c.employee_id == employee_id)
        .order_by(verdicts.c.punch_id)
    )
    return [Task(*row) for row in connection.execute(query)]


def untried(connection: Connection, job_id: int, limit: int) -> list[str]:
    """People with punches to be landed whose days have not been tried yet."""
    query = (
        select(people.c.employee_id)
        .where(people.c.job_id == job_id, people.c.tried == 0)
        .where(
            select(verdicts.c.punch_id)
            .where(
                verdicts.c.job_id == job_id,
                verdicts.c.what.in_(TO_DO),
                verdicts.c.employee_id == people.c.employee_id,
            )
            .exists()
        )
        .order_by(people.c.employee_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def done(
    connection: Connection, job_id: int, landed: Sequence[Task], arrived: Collection[bytes] = ()
) -> None:
    """Note that these punches were landed; those that `arrived` by themselves before are matches."""
    if landed:
        connection.execute(
            update(verdicts)
            .where(verdicts.c.job_id == job_id, verdicts.c.punch_id == bindparam("punch"))
            .values(what=bindparam("done")),
            [
                {
                    "punch": one.punch_id,
                    "done": "matched" if one.punch_id in arrived else DONE[one.what],
                }
                for one in landed
            ],
        )


def explain(connection: Connection, job_id: int, told: Iterable[tuple[bytes, str, str]]) -> None:
    """Add word and sentence to added punches of which nothing else is said: id, word, why."""
    rows = [{"punch": punch_id, "says": word, "because": why} for punch_id, word, why in told]
    if rows:
        connection.execute(
            update(verdicts)
            .where(verdicts.c.job_id == job_id, verdicts.c.punch_id == bindparam("punch"))
            .where(or_(verdicts.c.what == "to-add", verdicts.c.what == "added"), verdicts.c.word == "")
            .values(word=bindparam("says"), why=bindparam("because")),
            rows,
        )


def beside(connection: Connection, job_id: int, part: int) -> dict[bytes, tuple[bytes, str]]:
    """Punches that are other versions of the ledger's: of which, and why."""
    query = select(verdicts.c.punch_id, verdicts.c.beside, verdicts.c.word).where(
        verdicts.c.job_id == job_id, verdicts.c.part == part, verdicts.c.beside.is_not(None)
    )
    return {punch_id: (ours, word) for punch_id, ours, word in connection.execute(query)}


def to_do(connection: Connection, job_id: int) -> set[int]:
    """The parts that have punches to be landed."""
    query = select(verdicts.c.part).where(verdicts.c.job_id == job_id, verdicts.c.what.in_(TO_DO)).distinct()
    return set(connection.execute(query).scalars())


def figures(connection: Connection, job_id: int) -> dict[int, dict[str, int]]:
    """How many punches of each kind, by part; those of nobody's badges once more as `unmatched`."""
    found: dict[int, dict[str, int]] = {}
    nobodys = verdicts.c.employee_id == ""
    query = (
        select(verdicts.c.part, verdicts.c.what, nobodys.label("nobodys"), func.count())
        .where(verdicts.c.job_id == job_id)
        .group_by(verdicts.c.part, verdicts.c.what, nobodys)
    )
    for part, what, nobody, count in connection.execute(query):
        theirs = found.setdefault(part, {})
        theirs[what] = theirs.get(what, 0) + count
        if nobody:
            theirs["unmatched"] = theirs.get("unmatched", 0) + count
    return found


def of_people(
    connection: Connection, job_id: int, limit: int, after: str = ""
) -> list[tuple[str, int, dict[str, int]]]:
    """The figures of people, in order: id, matches, and the number of punches of each other kind."""
    query = (
        select(people.c.employee_id, people.c.matched)
        .where(people.c.job_id == job_id, people.c.employee_id > after)
        .order_by(people.c.employee_id)
        .limit(limit)
    )
    page = [(row[0], row[1]) for row in connection.execute(query)]
    query_counts = (
        select(verdicts.c.employee_id, verdicts.c.what, func.count())
        .where(verdicts.c.job_id == job_id, verdicts.c.employee_id.in_([one for one, _ in page]))
        .group_by(verdicts.c.employee_id, verdicts.c.what)
    )
    counted: dict[str, dict[str, int]] = {}
    for employee_id, what, count in connection.execute(query_counts):
        counted.setdefault(employee_id, {})[what] = count
    return [(employee_id, matched, counted.get(employee_id, {})) for employee_id, matched in page]


def page(connection: Connection, job_id: int, limit: int, after: bytes = b"") -> Sequence[Any]:
    """Verdicts in the order of punch ids."""
    query: Select[Any] = (
        select(verdicts)
        .where(verdicts.c.job_id == job_id, verdicts.c.punch_id > after)
        .order_by(verdicts.c.punch_id)
        .limit(limit)
    )
    return connection.execute(query).all()


def strangers(connection: Connection, job_id: int) -> Sequence[Any]:
    """Badges of nobody with punches that a reader alone holds, and the part: how many, first and last."""
    query = (
        select(
            verdicts.c.badge,
            verdicts.c.part,
            func.count(),
            func.min(verdicts.c.wall),
            func.max(verdicts.c.wall),
        )
        .where(verdicts.c.job_id == job_id, verdicts.c.employee_id == "")
        .where(verdicts.c.what.in_(_ON_DEVICE))
        .group_by(verdicts.c.badge, verdicts.c.part)
    )
    return connection.execute(query).all()
