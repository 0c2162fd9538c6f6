"""Promises of stored resyncs, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from central.ledger import jobs
from central.ledger.database import Ledger
from central.ledger.jobs import Asked, Job
from central.resync import Part
from wire.facts import Span
from wire.resync import Reconciliation, ResyncRequest

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)


def _job(actor: str = "anna", request_id: str = "r-1", at: datetime = NOW) -> Job:
    request = ResyncRequest(
        request_id=request_id,
        employees=("E1", "Ünal"),
        span=Span(first=date(2026, 5, 1), last=date(2026, 5, 10)),
        reason="a terminal was replaced",
    )
    return Job(
        actor,
        request,
        ("Ünal",),
        at,
        at + timedelta(hours=1),
        (
            Asked(Part("pune-01", "back-gate"), f"o-{actor}-{request_id}"),
            Asked(Part("pune-01", "front-gate"), f"o-{actor}-{request_id}"),
        ),
    )


def test_a_job_comes_back_as_it_was_stored(ledger: Ledger) -> None:
    """A restart of central loses nothing of a resync: request, people not found, times, parts."""
    job = _job()
    with ledger.write() as connection:
        assert jobs.begin(connection, job)
    with ledger.read() as connection:
        assert jobs.find(connection, "anna", "r-1") == job
        assert jobs.still_open(connection) == [job]
        assert jobs.find(connection, "bert", "r-1") is None


def test_a_name_is_used_once(ledger: Ledger) -> None:
    """The same user and request id never start a second job; another user's is his own."""
    with ledger.write() as connection:
        assert jobs.begin(connection, _job())
        assert not jobs.begin(connection, _job(at=NOW + timedelta(days=1)))
        assert jobs.begin(connection, _job(actor="bert", at=NOW + timedelta(minutes=1)))
    with ledger.read() as connection:
        assert [(job.actor, job.began_at) for job in jobs.still_open(connection)] == [
            ("anna", NOW),
            ("bert", NOW + timedelta(minutes=1)),
        ]


def test_parts_move_and_keep_their_figures(ledger: Ledger) -> None:
    """Where a reader stands, why, and what it found is stored; a reader that joins is added."""
    job = _job()
    done = Asked(
        replace(job.asked[0].part, state="reconciled"),
        job.asked[0].order_id,
        Reconciliation(edge="pune-01", reader="back-gate", state="reconciled", matched=3),
    )
    late = Asked(Part("pune-01", "side-door", "unreachable", "no-answer", "10.0.0.9"), job.asked[0].order_id)
    with ledger.write() as connection:
        jobs.begin(connection, job)
        jobs.keep(connection, job, [done, late])
    with ledger.read() as connection:
        found = jobs.find(connection, "anna", "r-1")
    assert found is not None
    assert found.asked == (done, job.asked[1], late)


def test_orders_lead_to_their_open_jobs(ledger: Ledger) -> None:
    """News of an order finds the job that waits for it, once, and no job that has ended."""
    anna, bert = _job(), _job(actor="bert")
    with ledger.write() as connection:
        jobs.begin(connection, anna)
        jobs.begin(connection, bert)
        jobs.end(connection, bert, NOW)
    with ledger.read() as connection:
        assert jobs.of_orders(connection, {"o-anna-r-1", "o-bert-r-1", "unknown"}) == [anna]
        assert jobs.of_orders(connection, {"unknown"}) == []
        assert jobs.still_open(connection) == [anna]
        ended = jobs.find(connection, "bert", "r-1")
    assert ended == replace(bert, ended_at=NOW)
