"""Looks into the outbox file for a person, beside the running daemon and without disturbing it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from edge.buffer.rows import Row, Waiting

_FACTS = "SELECT coalesce(sum(count), 0) AS kept, coalesce(max(seq + count - 1), 0) AS newest FROM facts"


class NothingThere(Exception):
    """There is no outbox at this place."""


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    if not path.exists():
        raise NothingThere(f"{path}: no outbox yet; punchwire-edge run or migrate makes it")
    with closing(Database(path)) as db:
        db.execute("PRAGMA query_only=ON")
        yield db


def marks(path: Path, known: int = 0) -> dict[str, Any]:
    """The stream's marks.

    `known` is the settled mark of the daemon that runs, if any: it writes it down now and then.
    """
    with _opened(path) as db:
        stream = next(db.query("SELECT outbox_id, settled FROM stream"))
        kept = "SELECT coalesce(sum(count), 0) AS kept, coalesce(max(seq + count - 1), 0) AS newest"
        facts = next(db.query(f"{kept} FROM facts"))
        aside = next(db.query("SELECT count(*) AS n FROM set_aside"))["n"]
    settled = max(stream["settled"], known)
    newest = max(facts["newest"], settled)
    return {
        "outbox": stream["outbox_id"],
        "newest": newest,
        "settled": settled,
        "backlog": newest - settled,
        "kept": facts["kept"],
        "aside": aside,
    }


def unsettled(path: Path, limit: int, known: int = 0) -> list[dict[str, Any]]:
    """The oldest facts without a receipt: number, time of reading, who appended it, and its kind."""
    found: list[dict[str, Any]] = []
    query = "SELECT seq, count, body, at_ms, owner FROM facts WHERE seq + count - 1 > ? ORDER BY seq"
    with _opened(path) as db:
        settled = max(known, *db.execute("SELECT settled FROM stream").fetchone())
        for seq, count, body, at_ms, owner in db.execute(query, [settled]):
            at = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for fact in Row(seq, count, body).facts():
                if fact.seq > settled:
                    kind = json.loads(fact.body)["fact"]
                    found.append({"seq": fact.seq, "at": at, "owner": owner, "fact": kind})
                if len(found) == limit:
                    return found
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """What an outbox held at one instant: whose stream it is, how far that is settled, and facts of it."""

    outbox_id: str
    settled: int
    facts: Iterator[Waiting]


@contextmanager
def held(path: Path, known: int = 0, *, everything: bool = False) -> Iterator[Held]:
    """What waits, or everything that is kept, in its order, however much is appended or pruned meanwhile.

    Raises NothingThere; it and the facts raise sqlite3.Error and RowDamaged where the file cannot be read.
    """
    query = "SELECT seq, count, body FROM facts WHERE seq + count - 1 > ? ORDER BY seq"
    with _opened(path) as db:
        db.execute("BEGIN")
        outbox_id, written = db.execute("SELECT outbox_id, settled FROM stream").fetchone()
        settled = max(written, known)
        after = 0 if everything else settled
        facts = (fact for row in db.execute(query, [after]) for fact in Row(*row).facts() if fact.seq > after)
        yield Held(outbox_id, settled, facts)


def recall(path: Path, owner: str) -> dict[str, str]:
    """The memo of one owner as last stored; empty where there is none, or no outbox that can be read."""
    try:
        with _opened(path) as db:
            found = db.execute("SELECT memo FROM memos WHERE owner = ?", [owner]).fetchone()
    except (NothingThere, sqlite3.Error):
        return {}
    return {} if found is None else dict(json.loads(found[0]))
