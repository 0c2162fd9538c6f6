"""How one fact and one memo become rows, inside a transaction that the outbox opened."""

import json
import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from wire.codec import encode
from wire.facts import EdgeEvent, Fact, OrderOutcome
from wire.punch import Punch

FACT_LIMIT = 32 * 1024
"""Bytes of one encoded fact at the most; a longer one is set aside and an event tells of it."""


def store_fact(db: sqlite3.Connection, fact: Fact, seq: int, settled: int) -> int:
    """Store a fact under `seq`; returns 1, or 0 for a punch that was seen and is passed over."""
    body = encode(fact)
    if len(body) > FACT_LIMIT:
        fact = put_aside(db, body, "too large", getattr(fact, "reader", None))
        body = encode(fact)
    at_ms = time.time_ns() // 1_000_000
    if isinstance(fact, Punch):
        if not _is_news(db, fact, seq, settled):
            return 0
        at_ms = int(fact.read_at.timestamp() * 1000)
    db.execute("INSERT INTO facts VALUES (?, ?, ?, ?)", (seq, at_ms, getattr(fact, "reader", None), body))
    if isinstance(fact, OrderOutcome):
        db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", (fact.order_id, fact.outcome, at_ms))
    return 1


def store_memo(db: sqlite3.Connection, owner: str, memo: Mapping[str, str]) -> None:
    """Replace what the owner wants to remember."""
    db.execute("INSERT OR REPLACE INTO memos VALUES (?, ?)", (owner, json.dumps(dict(memo))))


def put_aside(db: sqlite3.Connection, body: bytes, reason: str, reader: str | None) -> EdgeEvent:
    """Keep a fact that cannot travel where a person finds it; returns the event that travels instead."""
    at_ms = time.time_ns() // 1_000_000
    db.execute("INSERT INTO set_aside VALUES (?, ?, ?)", (at_ms, reason, body))
    return EdgeEvent(
        event="fact_set_aside",
        at=datetime.fromtimestamp(at_ms / 1000, UTC),
        reader=reader,
        fields={"bytes": len(body), "reason": reason},
    )


def _is_news(db: sqlite3.Connection, punch: Punch, seq: int, settled: int) -> bool:
    """Note the punch as seen under `seq`, unless it was seen; a re-read only minds what still waits."""
    punch_id = bytes.fromhex(punch.punch_id)
    if punch.how == "reread":
        noted = db.execute(
            "INSERT INTO seen VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq WHERE seq <= ?",
            (punch_id, seq, settled),
        )
    else:
        noted = db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (punch_id, seq))
    return noted.rowcount > 0
