"""The outbox: every fact of this branch, durable before anything else happens with it.

One SQLite file in WAL mode with synchronous=FULL. A fact gets the next sequence number, without holes,
in the transaction that stores it; threads that append at the same moment share one commit. The
settled mark is kept in memory and written now and then: when it is lost, facts travel
twice and central takes them once.
"""

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.buffer.stored import put_aside, store_fact, store_memo
from wire.codec import encode
from wire.facts import Fact

SCHEMA = 1
_PAGES = """
PRAGMA synchronous=FULL; PRAGMA cache_size=-512; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=1000;
"""


class OutboxError(Exception):
    """The outbox cannot be read or written; the text says why. Nothing of the call was stored."""


class OutboxOutdated(OutboxError):
    """The file is missing or of an older schema: `punchwire-edge migrate` mends it."""


@dataclass(slots=True)
class _Append:
    """One caller's facts on their way into a commit."""

    owner: str
    facts: Sequence[Fact]
    memo: Mapping[str, str] | None
    fresh: int = 0
    error: BaseException | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fact as it goes out: its number and its encoded bytes."""

    seq: int
    body: bytes


@dataclass(slots=True)
class Mark:
    """How far the stream has got: the newest number, and the last one with a receipt."""

    outbox_id: str
    newest: int
    settled: int
    settled_on_disk: int = field(default=0)

    @property
    def backlog(self) -> int:
        """Facts without a receipt."""
        return self.newest - self.settled


class Outbox:
    """An opened outbox file. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise OutboxOutdated(f"{path} does not exist yet; run punchwire-edge migrate")
        self.appended: Callable[[], None] = lambda: None
        self._gate = threading.Lock()
        self._writing = threading.Lock()
        self._queue: list[_Append] = []
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.executescript(_PAGES)
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA:
                raise OutboxOutdated(f"{path} has schema {version}, not {SCHEMA}; run punchwire-edge migrate")
            outbox_id, settled = self._db.execute("SELECT outbox_id, settled FROM stream").fetchone()
            (newest,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM facts").fetchone()
        except sqlite3.Error as error:
            raise OutboxError(f"{path}: {error}") from error
        self.mark = Mark(outbox_id, max(newest, settled), settled, settled)

    def append(self, owner: str, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Store facts and the owner's memo in one commit; return how many facts were new.

        A punch whose id was seen is passed over; with how="reread", only while it still waits.
        Returns after the commit reached the disk. Raises OutboxError, and then nothing was stored.
        """
        request = _Append(owner, facts, memo)
        with self._gate:
            self._queue.append(request)
        with self._writing:
            if not request.done:
                with self._gate:
                    group, self._queue = self._queue, []
                self._commit(group)
        if request.error is not None:
            raise OutboxError(str(request.error)) from request.error
        if request.fresh:
            self.appended()
        return request.fresh

    def _commit(self, group: list[_Append]) -> None:
        newest = self.mark.newest
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for request in group:
                before = newest
                for fact in request.facts:
                    newest += store_fact(self._db, fact, newest + 1, self.mark.settled)
                if request.memo is not None:
                    store_memo(self._db, request.owner, request.memo)
                request.fresh = newest - before
            self._db.execute("COMMIT")
            self.mark.newest = newest
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            for request in group:
                request.error = error
        finally:
            for request in group:
                request.done = True

    def set_aside(self, waiting: Waiting) -> None:
        """Put an event in the place of a fact that this broker will not take at its size."""
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            event = put_aside(self._db, waiting.body, "refused by the broker", None)
            self._db.execute("UPDATE facts SET body = ? WHERE seq = ?", (encode(event), waiting.seq))
            self._db.execute("COMMIT")

    def waiting(self, after: int, facts: int, size: int) -> list[Waiting]:
        """The facts behind `after`, at most `facts` of them and `size` bytes, at least one if any waits."""
        taken: list[Waiting] = []
        with self._writing:
            rows = self._db.execute(
                "SELECT seq, body FROM facts WHERE seq > ? ORDER BY seq LIMIT ?", (after, facts)
            )
            for seq, body in rows:
                size -= len(body) + 1
                if taken and size < 0:
                    break
                taken.append(Waiting(seq, body))
        return taken

    def settle(self, upto: int) -> None:
        """Note central's receipt; `keep` writes it down later."""
        self.mark.settled = max(self.mark.settled, upto)

    def keep(self) -> None:
        """Write the settled mark to the disk if it moved."""
        if self.mark.settled != self.mark.settled_on_disk:
            settled = self.mark.settled
            self._write("UPDATE stream SET settled = ?", (settled,))
            self.mark.settled_on_disk = settled

    def oldest_unsettled_ms(self) -> int | None:
        """When the first fact without a receipt was read, milliseconds since 1970."""
        row = self._read("SELECT at_ms FROM facts WHERE seq > ? ORDER BY seq LIMIT 1", (self.mark.settled,))
        return int(row[0][0]) if row else None

    def recall(self, owner: str) -> dict[str, str]:
        """The owner's memo as last stored."""
        rows = self._read("SELECT memo FROM memos WHERE owner = ?", (owner,))
        return dict(json.loads(rows[0][0])) if rows else {}

    def order_known(self, order_id: str) -> bool:
        """Whether the outcome of this order was stored already."""
        return bool(self._read("SELECT 1 FROM orders WHERE order_id = ?", (order_id,)))

    def punches_of(self, reader: str, since_ms: int, until_ms: int) -> list[Waiting]:
        """All facts of a reader that were read in [since, until), as far as they are still kept."""
        rows = self._read(
            "SELECT seq, body FROM facts WHERE reader = ? AND at_ms >= ? AND at_ms < ? ORDER BY seq",
            (reader, since_ms, until_ms),
        )
        return [Waiting(seq, body) for seq, body in rows]

    def resend(self, seqs: Iterable[int]) -> int:
        """Queue settled facts once more under new numbers; returns how many were still kept."""
        count = 0
        with self._writing:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                for seq in seqs:
                    if seq > self.mark.settled:
                        continue
                    count += self._db.execute(
                        "INSERT INTO facts SELECT ?, at_ms, reader, body FROM facts WHERE seq = ?",
                        (self.mark.newest + count + 1, seq),
                    ).rowcount
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise OutboxError(str(error)) from error
            self.mark.newest += count
        if count:
            self.appended()
        return count

    def prune(self, before_ms: int, most: int = 2000) -> int:
        """Delete settled facts read before an instant, at most `most`; the newest row always stays."""
        bound = min(self.mark.settled_on_disk, self.mark.newest - 1)
        return self._write(
            "DELETE FROM facts WHERE seq IN"
            " (SELECT seq FROM facts WHERE seq <= ? AND at_ms < ? ORDER BY seq LIMIT ?)",
            (bound, before_ms, most),
        )

    def restart_stream(self) -> None:
        """Begin a new stream with what is kept: central's receipts show that this file is an old copy."""
        (oldest,) = self._read("SELECT coalesce(min(seq), 1) FROM facts", ())[0]
        fresh = uuid.uuid4().hex
        self._write("UPDATE stream SET outbox_id = ?, settled = ?", (fresh, oldest - 1))
        self.mark = Mark(fresh, self.mark.newest, oldest - 1, oldest - 1)

    def close(self) -> None:
        """Write the settled mark and close the file."""
        with self._writing:
            self._db.execute("UPDATE stream SET settled = ?", (self.mark.settled,))
            self._db.close()

    def _read(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._writing:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise OutboxError(str(error)) from error

    def _write(self, query: str, values: tuple[object, ...]) -> int:
        with self._writing:
            try:
                return self._db.execute(query, values).rowcount
            except sqlite3.Error as error:
                raise OutboxError(str(error)) from error
