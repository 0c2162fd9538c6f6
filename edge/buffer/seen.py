"""The memory of punch ids: which this outbox took, ever, of which reader, and under which number last.

New ids stay in memory and reach their table in bulk, beside some later append: a live punch costs one
page, not two. What a crash takes from memory is read again from the facts themselves.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date

import msgspec

from edge.buffer.rows import Row, Waiting
from wire.account import day_of
from wire.punch import Punch

RECENT = 256
"""Ids in memory before they are written down."""
Number = tuple[int, str]
"""Under which number a punch was taken last, and of which reader."""
Day = tuple[str, date]
"""A reader and one of its days (`wire.account`)."""


class _Id(msgspec.Struct, frozen=True):
    punch_id: str | None = None
    reader: str | None = None


_ids = msgspec.json.Decoder(_Id)


class Seen:
    """The ids of one outbox. Used inside its transactions; `committed` or `rolled_back` ends each."""

    def __init__(self, db: sqlite3.Connection, upto: int) -> None:
        self._recent: dict[bytes, Number] = {}
        self._fresh: dict[bytes, Number] = {}
        self._touched: set[Day] = set()
        self.upto = upto
        """The ids of facts up to here are in the table."""
        for row in db.execute("SELECT seq, count, body FROM facts WHERE seq > ? ORDER BY seq", (upto,)):
            self._remember(Row(*row).facts())

    def _remember(self, facts: Iterable[Waiting]) -> None:
        for fact in facts:
            told = _ids.decode(fact.body)
            if told.punch_id is not None and told.reader is not None:
                self._fresh[bytes.fromhex(told.punch_id)] = fact.seq, told.reader
        self.committed(self.upto, written=False)

    def take(self, db: sqlite3.Connection, punch: Punch, seq: int, settled: int) -> bool:
        """Note a punch under `seq`; False if it was seen and is passed over.

        A re-read punch is passed over only while it still waits for its receipt.
        """
        punch_id = bytes.fromhex(punch.punch_id)
        known = self._last(db, punch_id)
        if known is not None and (punch.how != "reread" or known > settled):
            return False
        self._fresh[punch_id] = seq, punch.reader
        return True

    def _last(self, db: sqlite3.Connection, punch_id: bytes) -> int | None:
        known = self._fresh.get(punch_id) or self._recent.get(punch_id)
        if known is None:
            known = db.execute("SELECT seq FROM seen WHERE punch_id = ?", (punch_id,)).fetchone()
        return None if known is None else known[0]

    @property
    def is_full(self) -> bool:
        """Whether it is time to write the ids down."""
        return len(self._recent) + len(self._fresh) >= RECENT

    def write(self, db: sqlite3.Connection) -> None:
        """Write the ids down, in the order of the table."""
        ids = sorted({**self._recent, **self._fresh}.items())
        readers = {(reader,) for _, (_, reader) in ids}
        db.executemany("INSERT OR IGNORE INTO readers (name) VALUES (?)", readers)
        numbers = dict(db.execute("SELECT name, number FROM readers"))
        db.executemany(
            "INSERT OR REPLACE INTO seen (punch_id, seq, reader) VALUES (?, ?, ?)",
            ((punch_id, seq, numbers[reader]) for punch_id, (seq, reader) in ids),
        )

    def committed(self, newest: int, *, written: bool) -> None:
        """The transaction is on the disk."""
        self._touched.update((reader, day_of(punch_id)) for punch_id, (_, reader) in self._fresh.items())
        if written:
            self._recent.clear()
            self.upto = newest
        else:
            self._recent.update(self._fresh)
        self._fresh.clear()

    def rolled_back(self) -> None:
        """The transaction never was."""
        self._fresh.clear()

    def recent(self) -> dict[bytes, Number]:
        """The committed ids that the table does not have yet, or has under an older number."""
        return dict(self._recent)

    def touched(self) -> set[Day]:
        """The days of which punches were taken since the last time, or found when the outbox was opened."""
        touched, self._touched = self._touched, set()
        return touched
