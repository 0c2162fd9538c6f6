"""Promises of the ledger's tallies: the same as an edge computes, in every database, by one index."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from central.ledger import landing, tallies
from central.ledger.database import Ledger
from central.streams import Parcel
from tests.central.conftest import NOW
from tests.central.facts import card_punch, terminal_punch
from wire.account import EMPTY, by_day, tally
from wire.facts import Span
from wire.punch import Punch

MAY_11 = date(2026, 5, 11)
MIDNIGHT = datetime(2026, 5, 11)  # noqa: DTZ001 - wall time
WALLS = [MIDNIGHT + timedelta(hours=hours) for hours in (-1, 0, 9, 23, 24)]


def day(ordinal: date) -> Span:
    """A span of one day."""
    return Span(first=ordinal, last=ordinal)


def fill(ledger: Ledger, edge: str, *found: Punch) -> None:
    """Put punches of an edge into the ledger."""
    with ledger.write() as connection:
        landing.land(connection, [Parcel(edge, "outbox-1", 1, len(found), 0, list(enumerate(found, 1)))], NOW)


def ids(*punches: Punch) -> list[bytes]:
    """The ids of punches, ascending."""
    return sorted(bytes.fromhex(punch.punch_id) for punch in punches)


def test_the_ledger_counts_as_the_edge_does(ledger: Ledger) -> None:
    """Of one reader, day by day, and nothing of another reader or another edge."""
    ours = [terminal_punch(number, wall=wall) for number, wall in enumerate(WALLS)]
    fill(ledger, "pune-01", *ours, card_punch(1, "24:ABCDEF"), terminal_punch(9, reader="canteen"))
    fill(ledger, "surat-02", terminal_punch(10))
    span = Span(first=MAY_11 - timedelta(days=1), last=MAY_11 + timedelta(days=1))
    with ledger.read() as connection:
        assert tallies.tallies_of(connection, "pune-01", "front-gate", span) == dict(by_day(ids(*ours)))
        assert tallies.tally_of(connection, "pune-01", "front-gate", span) == tally(ids(*ours))
        assert tallies.tally_of(connection, "pune-01", "front-gate", day(MAY_11)) == tally(ids(*ours[1:4]))
        assert tallies.tally_of(connection, "pune-01", "roof", day(MAY_11)) == EMPTY


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_tally_reads_the_index_alone(ledger: Ledger) -> None:
    """It costs what the day holds, not what the ledger holds."""
    asked: list[tuple[str, Any]] = []
    with ledger.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        tallies.tally_of(connection, "pune-01", "front-gate", day(MAY_11))
        ((statement, values),) = asked
        ((*_, plan),) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert "USING COVERING INDEX punches_of_a_reader (reader=? AND punch_id>? AND" in plan
