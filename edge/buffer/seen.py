"""The memory of punch ids: which this outbox took, ever, and under which number last.

New ids stay in memory and reach their table in bulk, beside some later append: a live punch costs one
page, not two. What a crash takes from memory is read again from the facts themselves.
"""

import sqlite3
from collections.abc import Iterable

import msgspec

from edge.buffer.rows import Row, Waiting
from wire.punch import Punch

RECENT = 256
"""Ids in memory before they are written down."""


class _Id(msgspec.Struct, frozen=True):
    punch_id: str | None = None


_ids = msgspec.json.Decoder(_Id)


class Seen:
    """The ids of one outbox. Used inside its transactions; `committed` or `rolled_back` ends each."""

    def __init__(self, db: sqlite3.Connection, upto: int) -> None:
        self._recent: dict[bytes, int] = {}
        self._fresh: dict[bytes, int] = {}
        self.upto = upto
        """The ids of facts up to here are in the table."""
        for row in db.execute("SELECT seq, count, body FROM facts WHERE seq > ? ORDER BY seq", (upto,)):
            self._remember(Row(*row).facts())

    def _remember(self, facts: Iterable[Waiting]) -> None:
        for fact in facts:
            punch_id = _ids.decode(fact.body).punch_id
            if punch_id is not None:
                self._recent[bytes.fromhex(punch_id)] = fact.seq

    def take(self, db: sqlite3.Connection, punch: Punch, seq: int, settled: int) -> bool:
        """Note a punch under `seq`; False if it was seen and is passed over.

        A re-read punch is passed over only while it still waits for its receipt.
        """
        punch_id = bytes.fromhex(punch.punch_id)
        known = self._last(db, punch_id)
        if known is not None and (punch.how != "reread" or known > settled):
            return False
        self._fresh[punch_id] = seq
        return True

    def _last(self, db: sqlite3.Connection, punch_id: bytes) -> int | None:
        known = self._fresh.get(punch_id) or self._recent.get(punch_id)
        if known is None:
            row = db.execute("SELECT seq FROM seen WHERE punch_id = ?", (punch_id,)).fetchone()
            known = None if row is None else row[0]
        return known

    @property
    def is_full(self) -> bool:
        """Whether it is time to write the ids down."""
        return len(self._recent) + len(self._fresh) >= RECENT

    def write(self, db: sqlite3.Connection) -> None:
        """Write the ids down, in the order of the table."""
        ids = sorted({**self._recent, **self._fresh}.items())
        db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", ids)

    def committed(self, newest: int, *, written: bool) -> None:
        """The transaction is on the disk."""
        if written:
            self._recent.clear()
            self.upto = newest
        else:
            self._recent.update(self._fresh)
        self._fresh.clear()

    def rolled_back(self) -> None:
        """The transaction never was."""
        self._fresh.clear()
