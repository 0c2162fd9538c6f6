"""Owns how SQLite and PostgreSQL are opened: durable, patient with others, quick to see who is gone."""

import sqlite3
import sys
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

_BUSY_S = 10.0
"""How long a writer waits for another process (an import, a backup) to finish its transaction."""
_PRAGMAS = (
    "synchronous=FULL",
    "temp_store=MEMORY",
    "cache_size=-16384",
    "wal_autocheckpoint=8000",  # 32 MB: only where `checkpoint` does not keep up
)
_SESSION = (
    f"SET lock_timeout = '{_BUSY_S:.0f}s'",
    # A central that hangs or is cut off must not keep the streams locked that others go on with.
    "SET idle_in_transaction_session_timeout = '30s'",
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)


_NOTHING: dict[None, None] = {}
if sys.version_info < (3, 12):
    # Until then the driver looked for a way to adapt each None and all bytes, and failed, by an exception
    # inside, each time: a sixth of what storing a punch took.
    sqlite3.register_adapter(type(None), _NOTHING.get)
    sqlite3.register_adapter(bytes, bytes)


def sqlite_engine(url: URL) -> Engine:
    """Connections to a file; its transactions are `BEGIN IMMEDIATE` with the execution option `writes`."""
    engine = create_engine(url, connect_args={"timeout": _BUSY_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver's own transactions begin late and end early; ours are opened below.
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock first: a reader that turns into a writer can be refused without a wait.
        writes = connection.get_execution_options().get("writes")
        connection.connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def postgresql_engine(url: URL) -> Engine:
    """A pool of connections to a server."""
    engine = create_engine(url, pool_pre_ping=True)
    event.listen(engine, "connect", _prepare_session)
    return engine


def one_session(url: URL) -> Engine:
    """One connection to a server, for whom everything hangs on it."""
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=_BUSY_S)
    event.listen(engine, "connect", _prepare_session)
    return engine


def _prepare_session(connection: Any, _record: object) -> None:
    for statement in _SESSION:
        connection.execute(statement)
    connection.commit()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log; of two that do so at once SQLite refuses one without waiting."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
