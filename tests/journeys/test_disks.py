"""Disks that are full and files that are damaged: told at once, healed by itself, nothing accepted lost."""

import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from tests.torture import books
from tests.torture.arena import Arena
from tests.torture.branch import CARDS, TERMINAL
from tests.torture.faults import damage
from tests.waiting import until


def reason(arena: Arena, line: str) -> str:
    """The reason on a line of the board, "" where there is none."""
    entry = arena.witness.board.get(line)
    return "" if entry is None else entry.reason


def test_a_full_disk_at_the_edge_is_told_and_holds_every_punch(arena: Arena) -> None:
    """On the board both readers say why; when there is room again the same process goes on."""
    pid = arena.branch.unit.program.pid
    arena.branch.disk.fill()

    def refused(reader: str) -> bool:
        # What SQLite has written before is room that it can use again.
        arena.punch(3 if reader == TERMINAL else 0)
        if reader == CARDS and reason(arena, CARDS) != "outbox-failed":
            arena.branch.card()
        return reason(arena, reader) == "outbox-failed"

    until(lambda: refused(TERMINAL), 60, every_s=0.3)
    until(lambda: refused(CARDS), 60, every_s=0.3)
    standing = arena.branch.standing()
    assert standing is not None
    assert standing.heartbeat.reason == "outbox-failed"
    arena.punch(3)
    assert arena.held() != arena.landed()
    arena.branch.disk.free()
    assert books.settled(arena) == []
    offered = set(arena.branch.offered)
    until(lambda: offered == set(arena.landed_cards().values()))
    until(lambda: {reason(arena, name) for name in (TERMINAL, CARDS)} == {""})
    assert arena.branch.unit.program.pid == pid


def test_a_full_disk_at_central_stops_receipts_and_nothing_else(arena: Arena) -> None:
    """Edges keep what they have; when there is room again all of it lands, in the same process."""
    pid = arena.central.program.pid
    arena.disk.fill()
    arena.punch(5)
    until(arena.branch.card)
    until(lambda: "ledger_unavailable" in arena.central.said())
    assert (arena.branch.waits() or 0) > 0
    arena.disk.free()
    assert books.settled(arena) == []
    assert arena.central.program.pid == pid


def spoil_facts(arena: Arena) -> None:
    """Put noise in the place of rows where SQLite itself sees nothing wrong."""
    with closing(sqlite3.connect(arena.branch.outbox)) as db, db:
        db.execute("UPDATE facts SET body = randomblob(length(body)) WHERE count > 1")
        db.execute("UPDATE stream SET settled = 0")


@pytest.mark.parametrize("how", ["pages", "facts", "facts-met-at-work"])
def test_a_corrupt_outbox_is_kept_aside_and_the_terminal_read_again(arena: Arena, how: str) -> None:
    """A new stream begins with what could be read, the terminal is read in full, and the board tells it."""
    until(lambda: arena.branch.waits() == 0)
    arena.branch.unit.stop()
    arena.branch.keep_copy()
    if how == "pages":
        damage(arena.branch.outbox, arena.dice, pages=3)
    else:
        spoil_facts(arena)
    if how == "facts-met-at-work":
        arena.branch.unit.before = None
    arena.punch(5)
    arena.branch.unit.start()
    until(lambda: list(arena.branch.state.glob("outbox.db.corrupt-*")), 60)
    until(lambda: reason(arena, "") == "outbox-set-aside", 60)
    assert books.settled(arena) == []
    told = arena.rows("SELECT fact FROM edge_facts WHERE kind = 'edge-event'")
    assert any(b'"outbox_set_aside"' in fact for (fact,) in told)
    for kept in arena.branch.state.glob("outbox.db.corrupt-*"):
        kept.unlink()
    arena.branch.unit.stop()
    arena.branch.unit.start()
    until(lambda: reason(arena, "") != "outbox-set-aside", 60)


def test_a_corrupt_ledger_is_refused_and_a_backup_is_filled_up_by_the_branches(arena: Arena) -> None:
    """Central says what is wrong and what to do, and waits; with a backup in its place nothing is missing."""
    copy = arena.back_up()
    arena.punch(20)
    until(arena.branch.card)
    until(arena.branch.card, every_s=0.1)
    assert books.settled(arena) == []
    arena.central.kill()
    content = arena.ledger.read_bytes()
    arena.ledger.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    arena.punch(3)
    arena.central.start()
    until(lambda: arena.central.ended == [65], 60)
    assert "punchwire-central restore FILE" in arena.central.said()
    assert not arena.central.program.runs
    arena.restore(copy)
    arena.central.start()
    arena.disturb()
    assert books.settled(arena) == []
    assert Counter(arena.landed_cards().values()) == Counter(arena.branch.offered)
