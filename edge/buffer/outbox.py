"""The outbox: every fact of this branch, durable before anything else happens with it.

One SQLite file in WAL mode with synchronous=FULL. A fact gets the next sequence number, without holes,
in the transaction that stores it; threads that append at the same moment share one commit. What
can be found again (the settled mark, the table of ids) is written in bulk beside later appends: after a
crash some facts travel twice, and central takes them once.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.buffer.books import Books, note_told
from edge.buffer.joining import Append, Joining
from edge.buffer.rows import ROW_FACTS, Row, Waiting
from edge.buffer.seen import Day, Seen
from edge.buffer.store import Store
from wire.codec import encode
from wire.facts import Account, Fact, OrderOutcome
from wire.punch import Punch

FACT_LIMIT = 32 * 1024
"""Bytes of one encoded fact at the most; a longer one is set aside and an event tells of it."""


@dataclass(slots=True)
class Mark:
    """How far the stream has got: the newest number, and the last one with a receipt."""

    outbox_id: str
    newest: int
    settled: int
    settled_on_disk: int

    @property
    def backlog(self) -> int:
        """Facts without a receipt."""
        return self.newest - self.settled


class Outbox:
    """An opened outbox file. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.appended: Callable[[], None] = lambda: None
        self._store = Store(path)
        self._joining = Joining(self._store.lock, self._commit)
        ((outbox_id, settled, seen_upto),) = self._store.read(
            "SELECT outbox_id, settled, seen_upto FROM stream"
        )
        ((newest,),) = self._store.read("SELECT coalesce(max(seq + count - 1), 0) FROM facts")
        with self._store.failures():
            self._seen = Seen(self._store.db, seen_upto)
        self.mark = Mark(outbox_id, max(newest, settled), settled, settled)

    def append(self, owner: str, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Store facts and the owner's memo in one commit; return how many facts were new.

        A punch whose id was seen is passed over; with how="reread", only while it still waits.
        Returns after the commit reached the disk. Raises OutboxError, and then nothing was stored.
        """
        request = Append(owner, facts, [encode(fact) for fact in facts], memo)
        self._joining.store(request)
        if request.fresh:
            self.appended()
        return request.fresh

    def _commit(self, group: Sequence[Append]) -> None:
        newest = self.mark.newest
        try:
            with self._store.transaction():
                for request in group:
                    request.fresh = self._take(request, newest)
                    newest += request.fresh
                settled = self._write_down(newest) if self._seen.is_full else None
        except Exception:
            self._seen.rolled_back()
            raise
        self._committed(newest, settled)

    def _take(self, request: Append, newest: int) -> int:
        db = self._store.db
        bodies: list[bytes] = []
        at_ms = time.time_ns() // 1_000_000
        for fact, body in zip(request.facts, request.encoded, strict=True):
            if len(body) > FACT_LIMIT:
                bodies.append(self._store.put_aside(body, "too large", getattr(fact, "reader", None)))
                continue
            if isinstance(fact, Punch):
                if not self._seen.take(db, fact, newest + len(bodies) + 1, self.mark.settled):
                    continue
                at_ms = int(fact.read_at.timestamp() * 1000)
            elif isinstance(fact, Account):
                note_told(db, fact)
            elif isinstance(fact, OrderOutcome):
                done = (fact.order_id, fact.outcome, at_ms)
                db.execute("INSERT OR REPLACE INTO orders (order_id, outcome, at_ms) VALUES (?, ?, ?)", done)
            bodies.append(body)
        self._store.insert(newest + 1, at_ms, request.owner, bodies)
        if request.memo is not None:
            memo = (request.owner, msgspec.json.encode(dict(request.memo)).decode())
            db.execute("INSERT OR REPLACE INTO memos (owner, memo) VALUES (?, ?)", memo)
        return len(bodies)

    @property
    def _moved(self) -> bool:
        return self.mark.settled != self.mark.settled_on_disk

    def _write_down(self, newest: int) -> int:
        """Write what lives in memory, inside an open transaction; returns the settled mark as written."""
        settled = self.mark.settled
        self._seen.write(self._store.db)
        self._store.db.execute("UPDATE stream SET settled = ?, seen_upto = ?", (settled, newest))
        return settled

    def _committed(self, newest: int, settled: int | None) -> None:
        """The transaction is on the disk, and with it the settled mark if it was written down."""
        self._seen.committed(newest, written=settled is not None)
        self.mark.newest = newest
        if settled is not None:
            self.mark.settled_on_disk = settled

    def waiting(self, after: int, facts: int, size: int) -> list[Waiting]:
        """The facts behind `after`, at most `facts` of them and `size` bytes, at least one if any waits."""
        return self._store.behind(after, facts, size)

    def fresh(self, after: int, few: int) -> list[Waiting]:
        """The facts behind `after` that were appended at most so many at a time."""
        found = self._store.read(
            "SELECT seq, count, body FROM facts WHERE seq > ? AND count <= ? ORDER BY seq", (after, few)
        )
        return list(self._unpacked(found))

    def settle(self, upto: int) -> None:
        """Note central's receipt; it is written down later."""
        self.mark.settled = max(self.mark.settled, upto)

    def keep(self) -> None:
        """Write down the settled mark and the ids, if the mark moved."""
        with self._store.lock:
            if self._moved:
                with self._store.transaction():
                    settled = self._write_down(self.mark.newest)
                self._committed(self.mark.newest, settled)

    def oldest_unsettled_ms(self) -> int | None:
        """When the first fact without a receipt was read, milliseconds since 1970."""
        found = self._store.read(
            "SELECT at_ms FROM facts WHERE seq > ? AND seq + count - 1 > ? ORDER BY seq LIMIT 1",
            (self.mark.settled - ROW_FACTS, self.mark.settled),
        )
        return int(found[0][0]) if found else None

    def recall(self, owner: str) -> dict[str, str]:
        """The owner's memo as last stored."""
        found = self._store.read("SELECT memo FROM memos WHERE owner = ?", (owner,))
        return msgspec.json.decode(found[0][0], type=dict[str, str]) if found else {}

    def order_known(self, order_id: str) -> bool:
        """Whether the outcome of this order was stored already."""
        return bool(self._store.read("SELECT 1 FROM orders WHERE order_id = ?", (order_id,)))

    def books(self) -> Books:
        """What is held of readers' days, at this instant; to be closed soon."""
        with self._store.lock:
            return Books(self._store.path, self._seen.recent())

    def touched(self) -> set[Day]:
        """The days of which punches were taken since the last time."""
        with self._store.lock:
            return self._seen.touched()

    def facts_of(self, owner: str, since_ms: int, until_ms: int) -> Iterator[Waiting]:
        """All facts that an owner appended, read in [since, until), as far as they are kept, in order."""
        found = self._store.read(
            "SELECT seq, count, body FROM facts WHERE owner = ? AND at_ms >= ? AND at_ms < ? ORDER BY seq",
            (owner, since_ms, until_ms),
        )
        return self._unpacked(found)

    def _unpacked(self, found: Iterable[tuple[int, int, bytes]]) -> Iterator[Waiting]:
        with self._store.failures():
            for row in found:
                yield from Row(*row).facts()

    def resend(self, wanted: Iterable[int]) -> int:
        """Queue settled facts once more under new numbers; returns how many were still kept."""
        with self._store.lock:
            bodies: list[bytes] = []
            for seq in sorted({seq for seq in wanted if seq <= self.mark.settled}):
                bodies.extend(fact.body for fact in self._store.behind(seq - 1, 1, 0) if fact.seq == seq)
            if bodies:
                with self._store.transaction():
                    self._store.insert(self.mark.newest + 1, time.time_ns() // 1_000_000, "@resend", bodies)
                self.mark.newest += len(bodies)
        self.appended()
        return len(bodies)

    def set_aside(self, waiting: Waiting) -> None:
        """Put an event in the place of a fact that this broker will not take at its size."""
        with self._store.transaction():
            event = self._store.put_aside(waiting.body, "refused by the broker", None)
            self._store.replace(waiting.seq, event)

    def prune(self, upto: int, most: int = 2000) -> int:
        """Delete settled rows of facts up to a number, at most `most`; the newest row always stays.

        What lives in memory is written down with it. Returns how many rows went.
        """
        query = (
            "DELETE FROM facts WHERE seq IN"
            " (SELECT seq FROM facts WHERE seq + count - 1 <= ? ORDER BY seq LIMIT ?)"
            " RETURNING seq + count - 1"
        )
        with self._store.lock:
            newest = self.mark.newest
            with self._store.transaction() as db:
                settled = self._write_down(newest) if self._moved else None
                bound = min(self._seen.upto, self.mark.settled_on_disk) if settled is None else settled
                gone = db.execute(query, (min(bound, upto, newest - 1), most)).fetchall()
                if gone:
                    db.execute("UPDATE stream SET pruned = max(pruned, ?)", max(gone))
            self._committed(newest, settled)
        return len(gone)

    def restart_stream(self) -> None:
        """Begin a new stream with what is kept: central's receipts show that this file is an old copy."""
        with self._store.lock:
            ((oldest,),) = self._store.read("SELECT coalesce(min(seq), 1) FROM facts")
            fresh = uuid.uuid4().hex
            with self._store.transaction() as db:
                db.execute("UPDATE stream SET outbox_id = ?, settled = ?", (fresh, oldest - 1))
            self.mark = Mark(fresh, self.mark.newest, oldest - 1, oldest - 1)

    @property
    def damage(self) -> str:
        """What was found corrupt in the file, "" if nothing was."""
        return self._store.damage

    def close(self) -> None:
        """Write down what lives in memory, if the file takes it, and close the file."""
        try:
            self.keep()
        finally:
            self._store.close()
