"""Edges older and newer than central on the wire: every punch arrives, and nothing unknown is thrown away."""

import json
from datetime import UTC, datetime

import pytest

from central.ledger import quarantine
from central.ledger.database import Ledger
from central.ledger.replay import replay
from tests.torture import books
from tests.torture.arena import Arena
from tests.waiting import until


def restarted(arena: Arena, version: str) -> None:
    """Let the edge go on as another version."""
    arena.branch.unit.stop()
    arena.branch.control(version=version)
    arena.branch.unit.start()
    until(arena.wait_for_work, 60)


@pytest.mark.parametrize("version", ["older", "newer"])
def test_an_edge_of_another_version_delivers_every_punch(arena: Arena, version: str) -> None:
    """Fields that central does not know are passed over, those that it misses have their defaults."""
    restarted(arena, version)
    arena.punch(10)
    until(arena.branch.card)
    assert books.settled(arena) == []
    restarted(arena, "same")
    arena.punch(5)
    until(arena.branch.card)
    assert books.settled(arena) == []


def test_facts_of_an_unknown_kind_are_kept_and_counted_and_hold_nothing_up(arena: Arena) -> None:
    """They go to quarantine byte by byte, receipts go on, the board counts them, and a person is told."""
    restarted(arena, "newer")
    until(lambda: len(arena.rows("SELECT 1 FROM quarantine")) >= 3, 60)
    arena.punch(3)
    restarted(arena, "same")
    assert books.settled(arena) == []
    kept = [json.loads(payload) for (payload,) in arena.rows("SELECT payload FROM quarantine")]
    assert {fact["fact"] for fact in kept} == {"mood"}
    assert all(fact["colour"] == "blue" for fact in kept)
    assert arena.rows("SELECT DISTINCT reason FROM quarantine") == [("Invalid value 'mood' - at `$.fact`",)]
    line = arena.witness.board
    until(lambda: (line[""].reason, line[""].evidence) == ("facts-unread", f"{len(kept)} in quarantine"), 90)
    ledger = Ledger(str(arena.ledger))
    with ledger.write() as connection:
        assert replay(connection, datetime.now(UTC)) == 0
        assert quarantine.count(connection) == len(kept), "nobody understands them yet, so they stay"
    ledger.close()
