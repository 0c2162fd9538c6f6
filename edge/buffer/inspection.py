"""Looks into the outbox file for a person, beside the running daemon and without disturbing it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database


class NothingThere(Exception):
    """There is no outbox at this place."""


def _open(path: Path) -> Database:
    if not path.exists():
        raise NothingThere(f"{path}: no outbox yet; punchwire-edge run or migrate makes it")
    db = Database(path)
    db.execute("PRAGMA query_only=ON")
    return db


def marks(path: Path) -> dict[str, Any]:
    """The stream's marks. `settled` is as last written: the daemon knows up to a minute more."""
    db = _open(path)
    stream = next(db.query("SELECT outbox_id, settled FROM stream"))
    facts = next(db.query("SELECT count(*) AS kept, coalesce(max(seq), 0) AS newest FROM facts"))
    aside = next(db.query("SELECT count(*) AS n FROM set_aside"))["n"]
    newest = max(facts["newest"], stream["settled"])
    return {
        "outbox": stream["outbox_id"],
        "newest": newest,
        "settled": stream["settled"],
        "backlog": newest - stream["settled"],
        "kept": facts["kept"],
        "aside": aside,
    }


def unsettled(path: Path, limit: int) -> list[dict[str, Any]]:
    """The oldest facts without a receipt: seq, time of reading, reader, and the fact itself."""
    db = _open(path)
    rows = db.query(
        "SELECT seq, at_ms, reader, body FROM facts"
        " WHERE seq > (SELECT settled FROM stream) ORDER BY seq LIMIT ?",
        [limit],
    )
    return [
        {
            "seq": row["seq"],
            "at": datetime.fromtimestamp(row["at_ms"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "reader": row["reader"],
            "fact": json.loads(row["body"])["fact"],
        }
        for row in rows
    ]
