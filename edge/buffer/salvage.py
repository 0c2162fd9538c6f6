"""Tells whether an outbox file is sound, and saves into a new one what can be read of one that is not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from edge.buffer.outbox import Outbox
from edge.buffer.rows import Row, RowDamaged
from edge.buffer.store import is_corrupt
from wire.codec import WireError, decode_fact
from wire.facts import EdgeEvent, Fact

OWNER = "@salvage"
_FARTHEST = 20_000
"""Numbers that are tried behind one that cannot be read; no page holds half as many."""


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong and every fact can be unpacked.

    Raises sqlite3.Error where the file cannot be read at all, which says nothing about what is in it.
    """
    try:
        with closing(sqlite3.connect(path)) as db:
            if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return False
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone():
                for row in db.execute("SELECT seq, count, body FROM facts"):
                    Row(*row).facts()
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
        return False
    except RowDamaged:
        return False
    return True


def save(corrupt: Path, fresh: Path, kept_as: str) -> None:
    """Append to a new outbox, in their order, the facts that can still be read, and an event that tells it.

    What had a receipt already goes out once more, and central knows it. Raises OutboxError.
    """
    outbox = Outbox(fresh)
    try:
        saved = sum(outbox.append(owner, facts) for owner, facts in _readable(corrupt))
        fields: dict[str, str | int | float | None] = {"kept_as": kept_as, "saved": saved}
        event = EdgeEvent(event="outbox_set_aside", at=datetime.now(UTC), fields=fields)
        outbox.append(OWNER, [event])
    finally:
        outbox.close()


def _readable(path: Path) -> Iterator[tuple[str, list[Fact]]]:
    """The facts of a corrupt file, a row at a time, with their owner."""
    query = "SELECT seq, count, body, owner FROM facts WHERE seq > ? ORDER BY seq LIMIT 1"
    with closing(sqlite3.connect(path)) as db:
        after, tried = -1, 0
        while tried < _FARTHEST:
            try:
                found = db.execute(query, (after,)).fetchone()
            except sqlite3.Error:
                after, tried = after + 1, tried + 1
                continue
            if found is None:
                return
            after, tried = found[0], 0
            try:
                facts = [decode_fact(waiting.body) for waiting in Row(*found[:3]).facts()]
            except (RowDamaged, WireError, TypeError):
                continue
            yield str(found[3]), facts
