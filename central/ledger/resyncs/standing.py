"""Owns what is noted of a resync as a whole: faults, and that it was cancelled, given up, ended, undone."""

from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection, update

from central.ledger.resyncs.jobs import Job
from central.ledger.resyncs.tables import jobs
from central.resync.undoing import Undo


def faulted(connection: Connection, job: Job, fault: str, again_at: datetime | None) -> Job:
    """Note a fault, and when the job is tried again; return it as it is then."""
    faults = job.faults + 1
    told = {"faults": faults, "fault": fault, "again_at": again_at}
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(told))
    return replace(job, faults=faults, fault=fault, again_at=again_at)


def recovered(connection: Connection, job: Job) -> Job:
    """Note that a job moves again; return it as it is then."""
    told = {"faults": 0, "fault": "", "again_at": None}
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(told))
    return replace(job, faults=0, fault="", again_at=None)


def failed(connection: Connection, job: Job, at: datetime) -> Job:
    """Note that a job was given up; return it as it is then."""
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(failed_at=at))
    return replace(job, failed_at=at)


def cancelled(connection: Connection, job: Job, at: datetime) -> Job:
    """Note that a job was cancelled; return it as it is then."""
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(cancelled_at=at))
    return replace(job, cancelled_at=at)


def ended(connection: Connection, job: Job, at: datetime) -> Job:
    """Note that a job has ended; return it as it is then."""
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(ended_at=at))
    return replace(job, ended_at=at)


def undoing(connection: Connection, job: Job, undo: Undo) -> Job:
    """Note how far a job is taken back; return it as it is then."""
    told = msgspec.json.encode(undo)
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(undoing=told))
    return replace(job, undo=undo)


def undone(connection: Connection, job: Job, by: str, at: datetime) -> Job:
    """Note who undid a job; return it as it is then."""
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(undone_at=at, undone_by=by))
    return replace(job, undone_at=at, undone_by=by)
