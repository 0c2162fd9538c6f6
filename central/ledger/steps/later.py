"""The steps of the ledger's tables behind the foundation; a new one goes to the end."""

from central.ledger.steps.step import Step

LATER: list[Step] = [
    Step(
        "0009-exports",
        (
            "ALTER TABLE arrivals ADD COLUMN first_new {bytes}",
            "ALTER TABLE arrivals ADD COLUMN last_new {bytes}",
            "ALTER TABLE workdays ADD COLUMN revision {long} NOT NULL DEFAULT 0",
            "CREATE INDEX workdays_by_revision ON workdays (revision, employee_id, day)",
            """CREATE TABLE exports (
                exporter TEXT NOT NULL, what TEXT NOT NULL, place {bytes} NOT NULL,
                sent INTEGER NOT NULL, sent_at_us {long}, tried_at_us {long}, trouble TEXT NOT NULL,
                PRIMARY KEY (exporter, what)) {clustered}""",
        ),
        sqlite=(
            """UPDATE arrivals SET first_new = held.first, last_new = held.last FROM
                (SELECT arrival_id, min(punch_id) AS first, max(punch_id) AS last
                FROM punches GROUP BY arrival_id) AS held
                WHERE held.arrival_id = arrivals.arrival_id""",
        ),
        postgresql=(
            # Only PostgreSQL 18 knows the least of some bytes.
            """UPDATE arrivals SET first_new = decode(held.first, 'hex'), last_new = decode(held.last, 'hex')
                FROM (SELECT arrival_id, min(encode(punch_id, 'hex')) AS first,
                max(encode(punch_id, 'hex')) AS last FROM punches GROUP BY arrival_id) AS held
                WHERE held.arrival_id = arrivals.arrival_id""",
        ),
    ),
    Step(
        "0010-history",
        (
            "ALTER TABLE employees ADD COLUMN joined_day INTEGER",
            "ALTER TABLE employees ADD COLUMN left_day INTEGER",
            """CREATE TABLE employee_past (
                employee_id TEXT NOT NULL, before_day INTEGER NOT NULL, dimensions {bytes} NOT NULL,
                PRIMARY KEY (employee_id, before_day)) {clustered}""",
            """CREATE TABLE badges_dated (
                form TEXT NOT NULL, value TEXT NOT NULL, edge TEXT NOT NULL, since_day INTEGER NOT NULL,
                until_day INTEGER NOT NULL, employee_id TEXT NOT NULL,
                PRIMARY KEY (form, value, edge, since_day)) {clustered}""",
            """INSERT INTO badges_dated (form, value, edge, since_day, until_day, employee_id)
                SELECT form, value, edge, -719162, 2932896, employee_id FROM badges""",
            "DROP TABLE badges",
            "ALTER TABLE badges_dated RENAME TO badges",
            "CREATE INDEX badges_of_an_employee ON badges (employee_id)",
        ),
    ),
    Step(
        "0011-accounts",
        (
            """CREATE TABLE accounts (
                edge TEXT NOT NULL, reader TEXT NOT NULL, day INTEGER NOT NULL, outbox_id TEXT NOT NULL,
                seq {long} NOT NULL, told {bytes} NOT NULL, told_at_us {long} NOT NULL,
                verdict TEXT NOT NULL, standing {bytes} NOT NULL, order_id TEXT,
                counted_at_us {long}, due_at_us {long}, PRIMARY KEY (edge, reader, day)) {clustered}""",
            "CREATE INDEX accounts_due ON accounts (due_at_us) WHERE due_at_us IS NOT NULL",
            "CREATE INDEX accounts_of_an_order ON accounts (order_id) WHERE order_id IS NOT NULL",
            "CREATE INDEX accounts_that_differ ON accounts (day) WHERE verdict = 'differs'",
            "CREATE INDEX accounts_of_a_day ON accounts (day, edge)",
        ),
    ),
]
