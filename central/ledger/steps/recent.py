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
]
