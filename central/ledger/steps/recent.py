"""The steps of the ledger's tables behind those of resyncs."""

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
    Step(
        "0017-badges-of-nobody",
        (
            "ALTER TABLE resync_jobs ADD COLUMN strangers INTEGER NOT NULL DEFAULT 0",
            "UPDATE resync_jobs SET strangers = everybody",
            """CREATE TABLE resync_strangers (
                job_id {long} NOT NULL, badge TEXT NOT NULL, edge TEXT NOT NULL, reader TEXT NOT NULL,
                punches {long} NOT NULL, first_us {long}, last_us {long},
                PRIMARY KEY (job_id, badge, edge, reader)) {clustered}""",
            """INSERT INTO resync_strangers
                SELECT v.job_id, v.badge, p.edge, p.reader, count(*), min(v.wall_us), max(v.wall_us)
                FROM resync_verdicts AS v
                JOIN resync_parts AS p ON p.job_id = v.job_id AND p.part = v.part
                WHERE v.employee_id = '' GROUP BY v.job_id, v.badge, p.edge, p.reader""",
        ),
    ),
    Step(
        "0018-marks-of-many",
        (
            "ALTER TABLE day_marks ADD COLUMN badge_keys {bytes}",
            # Nearly every punch has a wall: the table itself, in order of the ids, does as well.
            "DROP INDEX punches_with_wall",
        ),
    ),
    Step(
        "0019-lives",
        (
            """CREATE TABLE edge_lives (
                edge TEXT NOT NULL, life TEXT NOT NULL,
                began_at_us {long} NOT NULL, last_at_us {long} NOT NULL,
                PRIMARY KEY (edge, life)) {clustered}""",
        ),
    ),
    Step(
        "0020-marks-by-day",
        ("CREATE INDEX day_marks_of_a_day ON day_marks (edge, first_day, mark_id)",),
    ),
]
