"""Owns the end of a resync: orders are over, what was told is let go, the audit has the figures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from central.ledger import audit, orders
from central.ledger.database import Ledger
from central.ledger.resyncs import jobs, proofs, standing
from central.ledger.resyncs.jobs import Job
from central.requests.resyncs import keeping, telling
from central.resync.course import step
from ground.journal import Journal

_FIGURES = (
    "edge",
    "reader",
    "state",
    "read",
    "matched",
    "to_add",
    "added",
    "to_change",
    "changed",
    "in_conflict",
    "only_on_device",
    "only_in_ledger",
    "unmatched",
    "reason",
    "notices",
)
"""What the audit keeps of each reader, where it is not 0 or nothing."""

journal = Journal("resync")


def end(ledger: Ledger, job: Job, now: datetime) -> Job:
    """Close a job whose parts have ended; return it as it is then."""
    _let_go(ledger, job, now)
    with ledger.write() as connection:
        job = standing.ended(connection, job, now)
        _record(connection, job, now, _figures(connection, job))
    return job


def fail(ledger: Ledger, job: Job, now: datetime) -> Job:
    """Close a job that met too many faults; what was landed stays. Looks at no more of it than it must."""
    asked = [replace(one, part=step(one.part, "fault", "central-fault", job.fault)) for one in job.asked]
    _let_go(ledger, job, now)
    with ledger.write() as connection:
        jobs.keep(connection, job, asked)
        job = standing.failed(connection, replace(job, asked=tuple(asked)), now)
        job = standing.ended(connection, job, now)
        _record(connection, job, now, {"outcome": "failed", "reason": job.fault})
    return job


def _let_go(ledger: Ledger, job: Job, now: datetime) -> None:
    """Nobody is waited for any more, and what was told is forgotten."""
    order_ids = [one.order_id for one in job.asked]
    with ledger.write() as connection:
        orders.withdraw(connection, order_ids, telling.state(replace(job, ended_at=now)), now)
    keeping.forget_found(ledger, order_ids)


def _record(connection: Connection, job: Job, now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(connection, now, job.actor, "resync", job.request.request_id, detail)
    name = {"user": job.actor, "request": job.request.request_id}
    journal.info("resync_ended", **name, state=detail["outcome"])


def _figures(connection: Connection, job: Job) -> dict[str, Any]:
    told = telling.progress(connection, job)
    return {
        "outcome": told.state,
        "dry_run": told.dry_run,
        "people": told.selected,
        "days_changed": told.days_changed,
        "days_unequal": proofs.unequal(connection, job.job_id),
        "unmatched": told.unmatched_count,
        "readers": [
            {name: value for name in _FIGURES if (value := getattr(reader, name))} for reader in told.readers
        ],
    }
