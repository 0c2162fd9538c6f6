"""Owns the outbox file's schema: makes it, moves it forward, and sets a corrupt file aside.

Runs before the daemon (`punchwire-edge migrate`), so that the daemon itself never loads sqlite-utils. A step
only adds, columns with a default: the version before goes on with the file when somebody goes back to it.
"""

import sqlite3
import sys
import time
import uuid
from pathlib import Path

from sqlite_utils import Database, Migrations

from edge.buffer.salvage import is_sound, save
from edge.buffer.store import OutboxError
from ground.belongings import make_file

migrate = Migrations("outbox")


@migrate()
def stream_of_facts(db: Database) -> None:
    """The stream and its facts; ids that were ever seen; what a reader wants to remember."""
    db.execute("CREATE TABLE stream (outbox_id TEXT, settled INTEGER, seen_upto INTEGER)")
    db.execute("INSERT INTO stream VALUES (?, 0, 0)", [uuid.uuid4().hex])
    db.execute(
        "CREATE TABLE facts (seq INTEGER PRIMARY KEY, count INTEGER, at_ms INTEGER, owner TEXT, body BLOB)"
    )
    db.execute("CREATE TABLE seen (punch_id BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID")
    db.execute("CREATE TABLE memos (owner TEXT PRIMARY KEY, memo TEXT NOT NULL) WITHOUT ROWID")
    db.execute("CREATE TABLE orders (order_id TEXT PRIMARY KEY, outcome TEXT, at_ms INTEGER) WITHOUT ROWID")
    db.execute("CREATE TABLE set_aside (at_ms INTEGER, reason TEXT, body BLOB)")


@migrate()
def ids_know_their_reader(db: Database) -> None:
    """What is held of a reader's days can be counted, and what was told of them is known."""
    db.execute("CREATE TABLE readers (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    db.execute("INSERT INTO readers (name) SELECT DISTINCT owner FROM facts WHERE owner NOT LIKE '@%'")
    db.execute("ALTER TABLE seen ADD COLUMN reader INTEGER")
    db.execute(
        "UPDATE seen SET reader = (SELECT number FROM readers WHERE name ="
        " (SELECT CASE WHEN seq + count > seen.seq THEN owner END FROM facts"
        " WHERE seq <= seen.seq ORDER BY seq DESC LIMIT 1))"
    )
    db.execute("ALTER TABLE stream ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE stream SET pruned = (SELECT coalesce(min(seq), 1) - 1 FROM facts)")
    db.execute(
        "CREATE TABLE accounts (reader TEXT, day INTEGER, told TEXT NOT NULL, PRIMARY KEY (reader, day))"
        " WITHOUT ROWID"
    )


def prepare(path: Path) -> Path | None:
    """Bring the file to today's schema; make it if there is none.

    A file that is corrupt is renamed and a new stream started with what can be read of it: capture goes on,
    and terminals are read again in full. Returns the new name of the corrupt file, else None.
    Raises OSError, OutboxError or sqlite3.Error where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.fresh")
    if fresh.exists() and not path.exists():
        fresh.rename(path)
    aside = None
    if path.exists() and not is_sound(path):
        aside = path.with_name(f"{path.name}.corrupt-{int(time.time())}")
        fresh.unlink(missing_ok=True)
        _apply(fresh)
        save(path, fresh, aside.name)
        for ending in ("-wal", "-shm", ""):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
        fresh.rename(path)
    _apply(path)
    return aside


def _apply(path: Path) -> None:
    make_file(path)
    db = Database(path)
    try:
        db.execute("PRAGMA page_size=2048")
        db.execute("PRAGMA journal_mode=WAL")
        migrate.apply(db)
        db.execute(f"PRAGMA user_version={len(migrate.applied(db))}")
        db.conn.commit()
    finally:
        db.close()


def prepare_told(path: Path) -> int:
    """Prepare the outbox and tell a person; exit code 1 and one line if it cannot be done."""
    try:
        aside = prepare(path)
    except (OSError, OutboxError, sqlite3.Error) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    if aside is not None:
        print(f"{path} was corrupt; it is kept as {aside}, a new stream begins with what could be read")
    return 0


if __name__ == "__main__":
    sys.exit(prepare_told(Path(sys.argv[1])))
