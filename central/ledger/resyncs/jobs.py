"""Owns how resyncs are stored: what somebody asked for, for whom, and where each reader asked stands."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, Select, func, insert, select

from central.ledger.database import insert_into
from central.ledger.resyncs.tables import jobs, parts, people
from central.resync.course import Part, State
from central.resync.undoing import Undo
from wire.codec import decode, encode
from wire.resync import ResyncRequest

Groups = tuple[tuple[int, tuple[str, ...], int], ...]
"""A piece, a set of edges, and how many of its people exactly these edges know."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One reader of a job, asked by one order for one piece of the people.

    `arrival_upto` is the last arrival that the ledger held when the order was made. `matched` and `total` are
    the punches that both sides hold, and that the reader holds. `notices` are sentences about its log.
    """

    number: int
    piece: int
    part: Part
    order_id: str
    arrival_upto: int | None = None
    matched: int = 0
    total: int = 0
    notices: tuple[str, ...] = ()

    def known_upto(self, arrival_id: int) -> "Asked":
        """The part once its order tells what the ledger holds up to an arrival."""
        return replace(self, arrival_upto=arrival_id)


@dataclass(frozen=True, slots=True)
class Job:
    """A resync. `actor` and the request's own id are its name, `job_id` is the ledger's.

    `faults` are those in a row, and `fault` tells the last one; the job rests until `again_at`. `undo` tells
    how far it is taken back once somebody wants that. `strangers` says that the actor may be told of badges
    of nobody.
    """

    job_id: int
    actor: str
    request: ResyncRequest
    everybody: bool
    people: int
    visible: int
    groups: Groups
    began_at: datetime
    expires_at: datetime
    asked: tuple[Asked, ...] = ()
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None
    faults: int = 0
    fault: str = ""
    again_at: datetime | None = None
    failed_at: datetime | None = None
    undo: Undo | None = None
    strangers: bool = False


def begin(connection: Connection, job: Job, pieces: Mapping[int, Sequence[str]]) -> Job | None:
    """Store a new job with its parts and people; None if its name was used before, and nothing is changed."""
    stored = connection.execute(
        insert_into(connection, jobs).on_conflict_do_nothing().returning(jobs.c.job_id),
        {
            "actor": job.actor,
            "request_id": job.request.request_id,
            "payload": encode(job.request),
            "everybody": int(job.everybody),
            "strangers": int(job.strangers),
            "people": job.people,
            "visible": job.visible,
            "groups": msgspec.json.encode(job.groups),
            "began_at": job.began_at,
            "expires_at": job.expires_at,
        },
    ).scalar()
    if stored is None:
        return None
    job_id = int(stored)
    if job.asked:
        connection.execute(insert(parts), [_row(job_id, one) for one in job.asked])
    for number, piece in pieces.items():
        told = {"job_id": job_id, "piece": number, "matched": 0, "tried": 0}
        if piece:
            connection.execute(insert(people), [{**told, "employee_id": one} for one in piece])
    return replace(job, job_id=job_id)


def _row(job_id: int, one: Asked) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "part": one.number,
        "piece": one.piece,
        "edge": one.part.edge,
        "reader": one.part.reader,
        "order_id": one.order_id,
        "arrival_upto": one.arrival_upto,
        "state": one.part.state,
        "reason": one.part.reason,
        "evidence": one.part.evidence,
        "matched": one.matched,
        "total": one.total,
        "notices": msgspec.json.encode(one.notices),
    }


def keep(connection: Connection, job: Job, asked: Sequence[Asked]) -> None:
    """Store where these parts of a job stand now."""
    if not asked:
        return
    adding = insert_into(connection, parts)
    told = ("arrival_upto", "state", "reason", "evidence", "matched", "total", "notices")
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[parts.c.job_id, parts.c.part],
            set_={parts.c[name]: adding.excluded[name] for name in told},
        ),
        [_row(job.job_id, one) for one in asked],
    )


def find(connection: Connection, actor: str, request_id: str) -> Job | None:
    """A job by its name."""
    found = _jobs(connection, _ALL.where(jobs.c.actor == actor, jobs.c.request_id == request_id))
    return found[0] if found else None


def any_named(connection: Connection, actor: str, begins: str) -> bool:
    """Whether an actor ever had a job whose name begins so."""
    query = select(jobs.c.job_id).where(
        jobs.c.actor == actor, jobs.c.request_id >= begins, jobs.c.request_id < begins + "~"
    )
    return connection.execute(query.limit(1)).first() is not None


def named(connection: Connection, request_id: str) -> list[Job]:
    """The jobs of all actors by this name, the latest first."""
    return _jobs(connection, _ALL.where(jobs.c.request_id == request_id).order_by(jobs.c.job_id.desc()))


def still_open(connection: Connection) -> list[Job]:
    """The jobs that have not ended, oldest first."""
    return _jobs(connection, _ALL.where(jobs.c.ended_at.is_(None)).order_by(jobs.c.job_id))


def being_undone(connection: Connection) -> list[Job]:
    """The jobs that somebody wants undone and that are not yet, oldest first."""
    query = _ALL.where(jobs.c.undoing.is_not(None), jobs.c.undone_at.is_(None))
    return _jobs(connection, query.order_by(jobs.c.job_id))


def of_orders(connection: Connection, order_ids: Collection[str]) -> list[Job]:
    """The open jobs to which these orders belong."""
    mine = select(parts.c.job_id).where(parts.c.order_id.in_(order_ids))
    query = _ALL.where(jobs.c.ended_at.is_(None), jobs.c.job_id.in_(mine))
    return _jobs(connection, query.order_by(jobs.c.job_id))


def latest(
    connection: Connection, limit: int, before: int | None = None, actor: str | None = None
) -> list[Job]:
    """Jobs, the latest first, of one actor or of all."""
    query = _ALL.order_by(jobs.c.job_id.desc()).limit(limit)
    if before is not None:
        query = query.where(jobs.c.job_id < before)
    return _jobs(connection, query if actor is None else query.where(jobs.c.actor == actor))


_ALL = select(jobs)


def _jobs(connection: Connection, query: Select[Any]) -> list[Job]:
    rows = connection.execute(query).mappings().all()
    return [
        Job(
            job_id=row["job_id"],
            actor=row["actor"],
            request=decode(row["payload"], ResyncRequest),
            everybody=bool(row["everybody"]),
            people=row["people"],
            visible=row["visible"],
            groups=msgspec.json.decode(row["groups"], type=Groups),
            began_at=row["began_at"],
            expires_at=row["expires_at"],
            asked=tuple(_asked(connection, row["job_id"])),
            cancelled_at=row["cancelled_at"],
            ended_at=row["ended_at"],
            undone_at=row["undone_at"],
            undone_by=row["undone_by"],
            faults=row["faults"],
            fault=row["fault"],
            again_at=row["again_at"],
            failed_at=row["failed_at"],
            strangers=bool(row["strangers"]),
            undo=None if row["undoing"] is None else msgspec.json.decode(row["undoing"], type=Undo),
        )
        for row in rows
    ]


def _asked(connection: Connection, job_id: int) -> Iterator[Asked]:
    query = select(parts).where(parts.c.job_id == job_id).order_by(parts.c.part)
    for row in connection.execute(query).mappings():
        yield Asked(
            number=row["part"],
            piece=row["piece"],
            part=Part(
                row["edge"], row["reader"], cast("State", row["state"]), row["reason"], row["evidence"]
            ),
            order_id=row["order_id"],
            arrival_upto=row["arrival_upto"],
            matched=row["matched"],
            total=row["total"],
            notices=msgspec.json.decode(row["notices"], type=tuple[str, ...]),
        )


def people_of(connection: Connection, job: Job, piece: int | None = None) -> set[str]:
    """Who a job is about, or one piece of it."""
    query = select(people.c.employee_id).where(people.c.job_id == job.job_id)
    if piece is not None:
        query = query.where(people.c.piece == piece)
    return set(connection.execute(query).scalars())


def people_count(connection: Connection, job: Job, piece: int) -> int:
    """How many people are in a piece of a job."""
    query = select(func.count()).where(people.c.job_id == job.job_id, people.c.piece == piece)
    return int(connection.execute(query).scalar_one())


def names(connection: Connection, job: Job, piece: int, limit: int) -> list[str]:
    """Some people of a piece, in order."""
    query = (
        select(people.c.employee_id)
        .where(people.c.job_id == job.job_id, people.c.piece == piece)
        .order_by(people.c.employee_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())
