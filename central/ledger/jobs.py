"""Owns how resyncs are stored: the job that somebody asked for, and where each of its readers stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from central.ledger.database import insert_into
from central.ledger.schema import resync_jobs, resync_parts
from central.resync import Part, State
from wire.codec import decode, encode
from wire.resync import Reconciliation, ResyncRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """One reader of a job: where it stands, by which order it was asked, its figures once there are any."""

    part: Part
    order_id: str
    result: Reconciliation | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A resync. `actor` and the request's own id are its name."""

    actor: str
    request: ResyncRequest
    unmatched: tuple[str, ...]
    began_at: datetime
    expires_at: datetime
    asked: tuple[Asked, ...]
    ended_at: datetime | None = None


def begin(connection: Connection, job: Job) -> bool:
    """Store a new job with its parts; False if its name was used before, and then nothing is changed."""
    stored = connection.execute(
        insert_into(connection, resync_jobs).on_conflict_do_nothing().returning(resync_jobs.c.request_id),
        {
            "actor": job.actor,
            "request_id": job.request.request_id,
            "payload": encode(job.request),
            "unmatched": msgspec.json.encode(job.unmatched),
            "began_at": job.began_at,
            "expires_at": job.expires_at,
        },
    )
    if stored.first() is None:
        return False
    keep(connection, job, job.asked)
    return True


def keep(connection: Connection, job: Job, asked: Sequence[Asked]) -> None:
    """Store where these readers of a job stand now."""
    if not asked:
        return
    adding = insert_into(connection, resync_parts)
    told = ("state", "reason", "evidence", "result")
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[resync_parts.c[name] for name in ("actor", "request_id", "edge", "reader")],
            set_={resync_parts.c[name]: adding.excluded[name] for name in told},
        ),
        [
            {
                "actor": job.actor,
                "request_id": job.request.request_id,
                "edge": one.part.edge,
                "reader": one.part.reader,
                "order_id": one.order_id,
                "state": one.part.state,
                "reason": one.part.reason,
                "evidence": one.part.evidence,
                "result": None if one.result is None else encode(one.result),
            }
            for one in asked
        ],
    )


def end(connection: Connection, job: Job, at: datetime) -> None:
    """Close a job."""
    connection.execute(
        update(resync_jobs).where(_named(job.actor, job.request.request_id)).values(ended_at=at)
    )


def find(connection: Connection, actor: str, request_id: str) -> Job | None:
    """A job by its name."""
    found = _jobs(connection, _named(actor, request_id))
    return found[0] if found else None


def still_open(connection: Connection) -> list[Job]:
    """The jobs that have not ended, oldest first."""
    return _jobs(connection, resync_jobs.c.ended_at.is_(None))


def of_orders(connection: Connection, order_ids: Collection[str]) -> list[Job]:
    """The open jobs to which these orders belong."""
    query = (
        select(resync_parts.c.actor, resync_parts.c.request_id)
        .where(resync_parts.c.order_id.in_(order_ids))
        .distinct()
    )
    names = [_named(actor, request_id) for actor, request_id in connection.execute(query)]
    return _jobs(connection, and_(resync_jobs.c.ended_at.is_(None), or_(*names))) if names else []


def _named(actor: str, request_id: str) -> ColumnElement[bool]:
    return and_(resync_jobs.c.actor == actor, resync_jobs.c.request_id == request_id)


def _jobs(connection: Connection, condition: ColumnElement[bool]) -> list[Job]:
    rows = connection.execute(
        select(resync_jobs).where(condition).order_by(resync_jobs.c.began_at)
    ).mappings()
    return [
        Job(
            actor=row["actor"],
            request=decode(row["payload"], ResyncRequest),
            unmatched=msgspec.json.decode(row["unmatched"], type=tuple[str, ...]),
            began_at=row["began_at"],
            expires_at=row["expires_at"],
            asked=_asked(connection, row["actor"], row["request_id"]),
            ended_at=row["ended_at"],
        )
        for row in rows
    ]


def _asked(connection: Connection, actor: str, request_id: str) -> tuple[Asked, ...]:
    query = (
        select(resync_parts)
        .where(resync_parts.c.actor == actor, resync_parts.c.request_id == request_id)
        .order_by(resync_parts.c.edge, resync_parts.c.reader)
    )
    return tuple(
        Asked(
            Part(row["edge"], row["reader"], cast("State", row["state"]), row["reason"], row["evidence"]),
            row["order_id"],
            None if row["result"] is None else decode(row["result"], Reconciliation),
        )
        for row in connection.execute(query).mappings()
    )
