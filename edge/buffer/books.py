"""What the outbox holds of readers' days, and what was told of them: read from beside, so nobody waits."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import date
from heapq import merge
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from edge.account import told_of
from edge.buffer.seen import Number
from edge.buffer.store import OutboxError
from wire.account import ids_between
from wire.facts import Account, Span

_CACHE = "PRAGMA query_only=ON; PRAGMA cache_size=-256;"


class Held(NamedTuple):
    """A punch of a reader, and the number under which its row is kept; 0 if that has left by retention."""

    punch_id: bytes
    reader: str
    seq: int


class Books:
    """One state of the outbox: the file when it was opened, and the ids that were only in memory then.

    A context that closes itself. Methods raise OutboxError.
    """

    def __init__(self, path: Path, recent: Mapping[bytes, Number]) -> None:
        self._recent = recent
        self._row = (0, 0)
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            self._db.executescript(_CACHE)
            self._db.execute("BEGIN")
            ((self._pruned,),) = self._read("SELECT pruned FROM stream")
            self._readers = dict(self._read("SELECT number, name FROM readers"))
        except OutboxError:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def held(self, span: Span, reader: str | None = None) -> Iterator[Held]:
        """The punches of a reader's days, or of all readers', their ids ascending.

        A punch whose row is neither there nor gone by retention is not held.
        """
        low, high = ids_between(span.first, span.last)
        for punch_id, seq, name in merge(self._stored(low, high), self._in_memory(low, high)):
            if reader in (None, name) and (self._is_there(seq) or seq <= self._pruned):
                yield Held(punch_id, name, seq if self._is_there(seq) else 0)

    def told(self, reader: str, span: Span) -> dict[int, str]:
        """What was told of a reader's days last, by the ordinals of the days."""
        query = "SELECT day, told FROM accounts WHERE reader = ? AND day BETWEEN ? AND ?"
        return dict(self._read(query, (reader, span.first.toordinal(), span.last.toordinal())))

    def last_told(self, reader: str) -> date | None:
        """The latest day that was told of a reader, None if none was."""
        ((day,),) = self._read("SELECT max(day) FROM accounts WHERE reader = ?", (reader,))
        return None if day is None else date.fromordinal(day)

    def _stored(self, low: bytes, high: bytes) -> Iterator[tuple[bytes, int, str]]:
        query = (
            "SELECT punch_id, seq, reader FROM seen WHERE punch_id >= ? AND punch_id < ? ORDER BY punch_id"
        )
        for punch_id, seq, number in self._read(query, (low, high)):
            if punch_id not in self._recent and number in self._readers:
                yield punch_id, seq, self._readers[number]

    def _in_memory(self, low: bytes, high: bytes) -> list[tuple[bytes, int, str]]:
        return sorted((it, seq, name) for it, (seq, name) in self._recent.items() if low <= it < high)

    def _is_there(self, seq: int) -> bool:
        first, last = self._row
        if not first <= seq <= last:
            query = "SELECT seq, seq + count - 1 FROM facts WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
            self._row = first, last = next(self._read(query, (seq,)), (0, 0))
        return first <= seq <= last

    def _read(self, query: str, values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(query, values)
        except sqlite3.Error as error:
            raise OutboxError(str(error)) from error


def note_told(db: sqlite3.Connection, account: Account) -> None:
    """Note what is told of a day, inside the transaction that appends the account; no order asked for it."""
    if account.order_id is None:
        noted = (account.reader, account.span.first.toordinal(), told_of(account))
        db.execute("INSERT OR REPLACE INTO accounts (reader, day, told) VALUES (?, ?, ?)", noted)
