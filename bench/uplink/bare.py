"""The script that the uplink is compared with: same broker, durability and batches, nothing else.

One process appends to SQLite (WAL, FULL) and publishes; another inserts into SQLite (WAL, FULL, key
begins with the time), acknowledges, and answers with a cumulative receipt. No validation, no
identity, no memory of what was seen, no reconnecting: what the parts cost by themselves.
"""

import multiprocessing
import queue
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ground.mqtt import BrokerOptions, new_client
from tests.edge.making import punch
from wire.codec import encode
from wire.punch import Punch

UP, DOWN = "punchwire/v1/edge/pune-01/facts", "punchwire/v1/edge/pune-01/receipts"
_FULL = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"


class _Batch(msgspec.Struct):
    last: int
    facts: list[Punch]


def central(options: BrokerOptions, path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    """Take batches until killed."""
    inbox: queue.SimpleQueue[tuple[bytes, int]] = queue.SimpleQueue()
    client = new_client(options, "central", manual_ack=True)
    client.on_message = lambda _c, _u, message: inbox.put((bytes(message.payload), message.mid))
    client.on_subscribe = lambda *_: ready.set()
    client.connect(options.host, options.port)
    client.subscribe(UP, 1)
    client.loop_start()
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        _FULL + "CREATE TABLE p (id BLOB PRIMARY KEY, badge TEXT, wall TEXT, at TEXT) WITHOUT ROWID"
    )
    decoder = msgspec.json.Decoder(_Batch)
    while True:
        group = [inbox.get()]
        while not inbox.empty():
            group.append(inbox.get())
        last = 0
        db.execute("BEGIN")
        for payload, _ in group:
            batch = decoder.decode(payload)
            last = batch.last
            db.executemany(
                "INSERT OR IGNORE INTO p VALUES (?, ?, ?, ?)",
                (
                    (bytes.fromhex(it.punch_id), it.badge.raw, str(it.device_wall), str(it.read_at))
                    for it in batch.facts
                ),
            )
        db.execute("COMMIT")
        for _, mid in group:
            client.ack(mid, 1)
        client.publish(DOWN, str(last), qos=1, retain=True)


@contextmanager
def running_central(options: BrokerOptions, path: Path) -> Iterator[None]:
    """The bare central in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=central, args=(options, path, ready), daemon=True)
    process.start()
    if not ready.wait(20):
        raise TimeoutError("the bare central did not subscribe")
    try:
        yield
    finally:
        process.kill()
        process.join()


class Edge:
    """The bare edge."""

    def __init__(self, options: BrokerOptions, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_FULL + "CREATE TABLE f (seq INTEGER PRIMARY KEY, body BLOB)")
        self._receipts: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._client = new_client(options, "pune-01")
        self._client.on_message = lambda _c, _u, message: self._receipts.put(int(message.payload))
        self._client.connect(options.host, options.port)
        self._client.subscribe(DOWN, 1)
        self._client.loop_start()
        self._seq = 0

    def live(self, number: int) -> float:
        """Append one punch and publish it; seconds until its receipt."""
        body = encode(punch(number))
        began = time.perf_counter()
        self._seq += 1
        self._db.execute("INSERT INTO f VALUES (?, ?)", (self._seq, body))
        self._client.publish(UP, b'{"last":%d,"facts":[%s]}' % (self._seq, body), qos=1)
        while self._receipts.get(timeout=20) != self._seq:
            pass
        return time.perf_counter() - began

    def fill(self, first: int, count: int) -> None:
        """Let punches wait."""
        bodies = ((encode(punch(n)),) for n in range(first, first + count))
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO f (body) VALUES (?)", bodies)
        self._db.execute("COMMIT")

    def drain(self, count: int, batch: int, window: int) -> float:
        """Send what waits, `batch` in a message and `window` under way; seconds to the last receipt."""
        began = time.perf_counter()
        sent = settled = self._seq
        goal = self._seq + count
        while settled < goal:
            while sent < goal and (room := min(batch, window - (sent - settled))) > 0:
                rows = self._db.execute(
                    "SELECT seq, body FROM f WHERE seq > ? ORDER BY seq LIMIT ?", (sent, room)
                ).fetchall()
                sent = rows[-1][0]
                joined = b",".join(row[1] for row in rows)
                self._client.publish(UP, b'{"last":%d,"facts":[%s]}' % (sent, joined), qos=1)
            settled = max(settled, self._receipts.get(timeout=30))
        self._seq = goal
        return time.perf_counter() - began

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()
        self._db.close()
