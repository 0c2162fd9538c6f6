"""How the days read the ledger: only what they need, however long its history."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from central.ledger.database import Ledger
from central.ledger.workdays import raw, results, waiting
from tests.central.conftest import NOW


@pytest.mark.parametrize(
    "read",
    [
        lambda connection: raw.of_badges(connection, range(20_000, 20_045), [str(key) for key in range(300)]),
        lambda connection: raw.of_badges(connection, [20_000], ["1"]),
        lambda connection: list(raw.each_of_badges(connection, [20_000], ["1"])),
        lambda connection: results.held(connection, ["E1", "E2"], 20_000, 20_031),
        lambda connection: results.due(connection, 0, 500),
        lambda connection: results.unsent(connection, 500, ("E1", 1)),
        lambda connection: waiting.used(connection, ["E1"]),
    ],
)
def test_no_question_walks_the_whole_history(tmp_path: Path, read: Callable[[Connection], object]) -> None:
    """Every table that grows is reached through an index."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    asked: list[tuple[str, tuple[object, ...]]] = []
    with ledger.read() as connection:
        engine = connection.engine
        note = lambda _c, _u, statement, parameters, _x, _m: asked.append((statement, parameters))  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        read(connection)
        event.remove(engine, "before_cursor_execute", note)
        plans = [
            row[3]
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    ledger.close()
    assert asked
    grown = ("punches", "workdays", "arrivals", "repairs", "uses")
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in grown] == []
