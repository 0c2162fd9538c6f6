"""Owns the right to a duty that only one central does at a time: held while its process and session live.

Nothing here counts time. On SQLite the right is a lock on a file, which ends with the process. On PostgreSQL
it is an advisory lock of the one session that the duty writes in: who lost that session writes nothing more.
"""

import fcntl
import os
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from sqlalchemy import URL, Engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_TRY = text("SELECT pg_try_advisory_lock(:duty, hashtext(current_schema()))")


class LeaseLost(Exception):
    """The session that held the right is gone: somebody else may do the duty by now."""


class FileLease:
    """The right to a duty at a SQLite file, which the processes of one machine share."""

    def __init__(self, url: URL, duty: str) -> None:
        self._path = f"{url.database}.{duty}"
        self._file: int | None = None

    def take(self) -> bool:
        """Take it if nobody has it."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_held(self) -> bool:
        """Whether it is still ours: nobody can take a file's lock away."""
        return self._file is not None

    def close(self) -> None:
        """Leave it to others."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class SessionLease:
    """The right to a duty at a PostgreSQL, which all centrals share, wherever they run.

    `engine` has the one connection that holds it; the duty writes there and nowhere else. `connect` makes an
    engine of one connection.
    """

    def __init__(self, connect: Callable[[], Engine], duty: str) -> None:
        self._key = int.from_bytes(blake2b(duty.encode(), digest_size=4).digest(), "big", signed=True)
        self._taken = False
        self.engine = connect()
        event.listen(self.engine, "connect", self._connected)

    def take(self) -> bool:
        """Take it if nobody has it. Raises DBAPIError if the database is away."""
        with self.engine.connect() as connection:
            self._taken = bool(connection.execute(_TRY, {"duty": self._key}).scalar_one())
        return self._taken

    def is_held(self) -> bool:
        """Whether the session still lives."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except PoolTimeout:
            return True  # the duty is writing in it
        except (DBAPIError, LeaseLost):
            return False
        return self._taken

    def close(self) -> None:
        """Leave it to others."""
        self.engine.dispose()

    def _connected(self, _connection: Any, _record: object) -> None:
        if self._taken:
            raise LeaseLost("the session that held the duty is gone")


Lease = FileLease | SessionLease
