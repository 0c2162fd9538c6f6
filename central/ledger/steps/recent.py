"""The steps of the ledger's tables behind those of resyncs; a new one goes to the end."""

from central.ledger.steps.step import Step

RECENT: list[Step] = [
    Step(
        "0015-held-exports",
        (
            """CREATE TABLE held_exports (
                exporter TEXT NOT NULL, what TEXT NOT NULL, row_key TEXT NOT NULL,
                PRIMARY KEY (exporter, what, row_key)) {clustered}""",
        ),
    ),
    Step(
        "0016-undone-in-pieces",
        (
            "ALTER TABLE resync_jobs ADD COLUMN undoing {bytes}",
            """CREATE INDEX resync_jobs_undoing ON resync_jobs (job_id)
                WHERE undoing IS NOT NULL AND undone_at_us IS NULL""",
        ),
    ),
]
