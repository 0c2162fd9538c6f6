"""Owns how resyncs that changed nothing are forgotten, so that daily ones do not pile up."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from central.ledger.resyncs.tables import (
    amendments,
    days,
    jobs,
    parts,
    people,
    proofs,
    strangers,
    verdicts,
)

_AT_ONCE = 5
"""Each may have a row for everybody of a branch, and for every punch of its week; others wait to write."""


def forget(connection: Connection, actor: str | None, before: datetime) -> int:
    """Forget some resyncs that ended before and left nothing to undo; return how many.

    They are an actor's, or with None anybody's.
    """
    query = (
        select(jobs.c.job_id)
        .where(*(() if actor is None else (jobs.c.actor == actor,)), jobs.c.ended_at < before)
        .where(~select(amendments.c.punch_id).where(amendments.c.job_id == jobs.c.job_id).exists())
        .order_by(jobs.c.job_id)
        .limit(_AT_ONCE)
    )
    gone = list(connection.execute(query).scalars())
    for table in (days, verdicts, strangers, people, proofs, parts, jobs):
        connection.execute(delete(table).where(table.c.job_id.in_(gone)))
    return len(gone)
