"""The outbox's file: its connection, its transactions, and how facts lie in it."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.buffer.rows import Row, RowDamaged, Waiting, rows
from wire.codec import encode
from wire.facts import EdgeEvent

SCHEMA = 2
KEPT_AS = "outbox.db.corrupt-*[0-9]"
"""What corrupt files are called, as a pattern in their folder."""
_PAGES = """
PRAGMA synchronous=FULL; PRAGMA cache_size=-512; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=1000;
"""
_PAGES_READ = "PRAGMA query_only=ON; PRAGMA cache_size=-256; PRAGMA busy_timeout=5000;"
_AT_HAND = 20
"""So few facts stored together are people punching: they go out next, and stay at hand for it."""


class OutboxError(Exception):
    """The outbox cannot be read or written; the text says why. Nothing of the call was stored."""


class OutboxOutdated(OutboxError):
    """The file is missing or of an older schema: `punchwire-edge migrate` mends it."""


class OutboxDamaged(OutboxError):
    """The file is corrupt: `punchwire-edge migrate` keeps it aside and saves what can be read of it."""


_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the file itself is to blame, and not the disk, the rights or another program."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _CORRUPT


class Store:
    """Two connections: `db`, whose `lock` is held by whoever writes, and one for what is committed.

    So whoever reads waits for no commit: a punch goes out while the next one is being stored. What people
    punched last is at hand after its commit and goes out without being read back. `damage` tells what is
    corrupt once somebody met it, "" while nobody did.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise OutboxOutdated(f"{path} does not exist yet; run punchwire-edge migrate")
        self.path = path
        self.damage = ""
        self.lock = threading.RLock()
        self._reading = threading.Lock()
        self._inserted: list[Waiting] = []
        self._at_hand: list[Waiting] = []
        try:
            self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._committed = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        except sqlite3.Error as error:
            raise OutboxError(f"{path}: {error}") from error
        try:
            self.db.executescript(_PAGES)
            self._committed.executescript(_PAGES_READ)
            (version,) = self.db.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            self.close()
            raise self._failure(error) from error
        if version < SCHEMA:
            self.close()
            raise OutboxOutdated(f"{path} has schema {version}, not {SCHEMA}; run punchwire-edge migrate")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable write. Raises OutboxError, and then nothing of it was stored."""
        with self.lock, self.failures():
            self._inserted = []
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self.db.execute("ROLLBACK")
                raise
            self._at_hand = self._inserted

    def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All committed rows that a query finds. Raises OutboxError."""
        with self._reading, self.failures():
            return self._committed.execute(query, values).fetchall()

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Let what the file does wrong leave the block as OutboxError."""
        try:
            yield
        except (sqlite3.Error, RowDamaged) as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error | RowDamaged) -> OutboxError:
        if isinstance(error, RowDamaged) or is_corrupt(error):
            self.damage = str(error)
            return OutboxDamaged(f"{self.path}: {error}")
        return OutboxError(str(error))

    def insert(self, first: int, at_ms: int, owner: str, bodies: Sequence[bytes]) -> None:
        """Store encoded facts numbered from `first`, inside a transaction."""
        self.db.executemany(
            "INSERT INTO facts (seq, count, at_ms, owner, body) VALUES (?, ?, ?, ?, ?)",
            ((row.seq, row.count, at_ms, owner, row.blob) for row in rows(first, bodies)),
        )
        few = bodies if len(bodies) <= _AT_HAND else ()
        self._inserted = [Waiting(first + place, body) for place, body in enumerate(few)]

    def replace(self, seq: int, body: bytes) -> None:
        """Put another fact in the place of one, inside a transaction."""
        found = self.db.execute(
            "SELECT seq, count, body FROM facts WHERE seq <= ? ORDER BY seq DESC LIMIT 1", (seq,)
        ).fetchone()
        bodies = [body if fact.seq == seq else fact.body for fact in Row(*found).facts()]
        (packed,) = rows(found[0], bodies)
        self.db.execute("UPDATE facts SET body = ? WHERE seq = ?", (packed.blob, packed.seq))

    def put_aside(self, body: bytes, reason: str, reader: str | None) -> bytes:
        """Keep a fact that cannot travel where a person finds it; returns the event that travels instead."""
        at = datetime.now(UTC)
        row = (int(at.timestamp() * 1000), reason, body)
        self.db.execute("INSERT INTO set_aside (at_ms, reason, body) VALUES (?, ?, ?)", row)
        fields: dict[str, str | int | float | None] = {"bytes": len(body), "reason": reason}
        return encode(EdgeEvent(event="fact_set_aside", at=at, reader=reader, fields=fields))

    def behind(self, after: int, facts: int, size: int) -> list[Waiting]:
        """The facts behind `after`, at most `facts` of them and `size` bytes; one at least."""
        taken: list[Waiting] = []
        with self._reading, self.failures():
            for fact in self._following(after):
                size -= len(fact.body) + 1
                if taken and (size < 0 or len(taken) == facts):
                    break
                taken.append(fact)
        return taken

    def _following(self, after: int) -> Iterator[Waiting]:
        """The facts behind `after`: those of the last commit as it left them, if they are next."""
        at_hand = self._at_hand
        if at_hand and at_hand[0].seq <= after + 1 <= at_hand[-1].seq:
            yield from at_hand[after + 1 - at_hand[0].seq :]
            return
        query = (
            "SELECT seq, count, body FROM facts"
            " WHERE seq >= coalesce((SELECT max(seq) FROM facts WHERE seq <= ?), 0) ORDER BY seq"
        )
        for row in self._committed.execute(query, (after + 1,)):
            for fact in Row(*row).facts():
                if fact.seq > after:
                    yield fact

    def close(self) -> None:
        """Close the file."""
        with self._reading:
            self._committed.close()
        with self.lock:
            self.db.close()
