"""Owns the steps that make the tables of resyncs (`tables`). Those of an earlier form are forgotten."""

from central.ledger.steps.step import Step

RESYNCS = [
    Step(
        "0011-resyncs",
        (
            "DROP TABLE resync_parts",
            "DROP TABLE resync_jobs",
            """CREATE TABLE resync_jobs (
                job_id {counted}, actor TEXT NOT NULL, request_id TEXT NOT NULL, payload {bytes} NOT NULL,
                everybody INTEGER NOT NULL, people {long} NOT NULL, visible {long} NOT NULL,
                groups {bytes} NOT NULL, began_at_us {long} NOT NULL, expires_at_us {long} NOT NULL,
                cancelled_at_us {long}, ended_at_us {long}, undone_at_us {long}, undone_by TEXT,
                UNIQUE (actor, request_id))""",
            "CREATE INDEX resync_jobs_open ON resync_jobs (job_id) WHERE ended_at_us IS NULL",
            """CREATE TABLE resync_parts (
                job_id {long} NOT NULL, part INTEGER NOT NULL, piece INTEGER NOT NULL,
                edge TEXT NOT NULL, reader TEXT NOT NULL, order_id TEXT NOT NULL, arrival_upto {long},
                state TEXT NOT NULL, reason TEXT NOT NULL, evidence TEXT NOT NULL,
                matched {long} NOT NULL, total {long} NOT NULL, notices {bytes} NOT NULL,
                PRIMARY KEY (job_id, part)) {clustered}""",
            "CREATE INDEX resync_parts_of_an_order ON resync_parts (order_id)",
            """CREATE TABLE resync_proofs (
                job_id {long} NOT NULL, part INTEGER NOT NULL, day INTEGER NOT NULL,
                device_count {long} NOT NULL, device_hash {bytes} NOT NULL,
                ledger_count {long} NOT NULL, ledger_hash {bytes} NOT NULL,
                PRIMARY KEY (job_id, part, day)) {clustered}""",
            """CREATE TABLE resync_people (
                job_id {long} NOT NULL, employee_id TEXT NOT NULL, piece INTEGER NOT NULL,
                matched {long} NOT NULL, tried INTEGER NOT NULL, before {bytes}, after {bytes},
                PRIMARY KEY (job_id, employee_id)) {clustered}""",
            """CREATE TABLE resync_verdicts (
                job_id {long} NOT NULL, punch_id {bytes} NOT NULL, part INTEGER NOT NULL,
                what TEXT NOT NULL, employee_id TEXT NOT NULL, badge TEXT NOT NULL, wall_us {long},
                word TEXT NOT NULL, why TEXT NOT NULL, beside {bytes},
                PRIMARY KEY (job_id, punch_id)) {clustered}""",
            "CREATE INDEX resync_verdicts_in_turn ON resync_verdicts (job_id, what, employee_id, punch_id)",
            """CREATE TABLE resync_days (
                job_id {long} NOT NULL, employee_id TEXT NOT NULL, day INTEGER NOT NULL,
                status TEXT, due_s {long}, before {bytes}, after {bytes} NOT NULL, mixed INTEGER NOT NULL,
                PRIMARY KEY (job_id, employee_id, day)) {clustered}""",
            """CREATE TABLE resync_found (
                edge TEXT NOT NULL, order_id TEXT NOT NULL, punch_id {bytes} NOT NULL, fact {bytes} NOT NULL,
                outbox_id TEXT NOT NULL, seq {long} NOT NULL,
                PRIMARY KEY (edge, order_id, punch_id)) {clustered}""",
            """CREATE TABLE amendments (
                punch_id {bytes} NOT NULL, kind TEXT NOT NULL, job_id {long} NOT NULL,
                badge_key TEXT NOT NULL, direction_code INTEGER, verify_code INTEGER,
                in_force INTEGER NOT NULL,
                noted_at_us {long} NOT NULL, withdrawn_at_us {long},
                PRIMARY KEY (punch_id, kind)) {clustered}""",
            "CREATE INDEX amendments_of_a_resync ON amendments (job_id)",
            "CREATE INDEX amendments_in_force ON amendments (badge_key) WHERE in_force = 1",
            "ALTER TABLE conflicts ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
        ),
    ),
    Step(
        "0012-resyncs-by-part",
        ("CREATE INDEX resync_verdicts_of_a_part ON resync_verdicts (job_id, part)",),
    ),
    Step(
        "0013-resyncs-that-fail",
        (
            "ALTER TABLE resync_jobs ADD COLUMN faults INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE resync_jobs ADD COLUMN again_at_us {long}",
            "ALTER TABLE resync_jobs ADD COLUMN failed_at_us {long}",
            "ALTER TABLE resync_jobs ADD COLUMN fault TEXT NOT NULL DEFAULT ''",
        ),
    ),
    Step(
        "0014-proofs-of-edges",
        (
            "ALTER TABLE resync_proofs ADD COLUMN edge_count {long}",
            "ALTER TABLE resync_proofs ADD COLUMN edge_hash {bytes}",
        ),
    ),
]
