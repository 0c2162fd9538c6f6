"""Owns how much of a resync is stored, or let go, at once: pieces, between which others may write."""

from collections.abc import Collection

from central.ledger.database import Ledger
from central.ledger.resyncs import found, verdicts
from central.ledger.resyncs.jobs import Job
from central.requests.resyncs.reading import Compared

PIECE = 2000
"""Rows of one transaction."""


def keep_verdicts(ledger: Ledger, job: Job, compared: Compared) -> None:
    """Store what is to be said of a part's punches, in place of what a kill left of an earlier comparison."""
    number = compared.asked.number
    while True:
        with ledger.write() as connection:
            if verdicts.forget(connection, job.job_id, number, PIECE) < PIECE:
                break
    for start in range(0, len(compared.verdicts), PIECE):
        with ledger.write() as connection:
            verdicts.keep(connection, job.job_id, number, compared.verdicts[start : start + PIECE])


def forget_found(ledger: Ledger, order_ids: Collection[str]) -> None:
    """Let go of what readers told for orders that are done with."""
    with ledger.read() as connection:
        told = found.counts(connection, order_ids)
    for (edge, order_id), count in told.items():
        for _ in range(0, count, PIECE):
            with ledger.write() as connection:
                found.forget(connection, edge, order_id, PIECE)
