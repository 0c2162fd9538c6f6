"""Owns the directory as columns, kept up with the ledger: only what an import changed is read again."""

import threading
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from central.directory.columns import FIELDS, Columns, columns
from central.ledger.database import Ledger
from central.ledger.schema import employees

_LAST_CHANGE = select(func.max(employees.c.updated_at))
_AT_ONCE = 20_000
_TOO_MANY = 50_000
"""From so many changed employees on, everything is read anew: it takes no longer."""


class Staff:
    """Everybody as columns, as of each call. Any thread may ask; the first to ask waits for the reading."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._changed_at: datetime | None = None
        self._columns = columns(())

    def columns(self) -> Columns:
        """Everybody, as of this call."""
        with self._lock, self._ledger.read() as connection:
            changed_at = connection.execute(_LAST_CHANGE).scalar()
            if changed_at != self._changed_at:
                self._columns = self._renewed(connection)
                self._changed_at = changed_at
            return self._columns

    def _renewed(self, connection: Connection) -> Columns:
        if self._changed_at is None:
            return columns(_rows(connection, None))
        query = select(func.count()).where(employees.c.updated_at > self._changed_at)
        if int(connection.execute(query).scalar_one()) > _TOO_MANY:
            return columns(_rows(connection, None))
        return self._columns.changed(_rows(connection, self._changed_at))


def _rows(connection: Connection, since: datetime | None) -> Iterator[tuple[str, ...]]:
    query = select(*(employees.c[name] for name in FIELDS))
    if since is not None:
        query = query.where(employees.c.updated_at > since)
    for some in connection.execute(query.execution_options(yield_per=_AT_ONCE)).partitions():
        yield from map(tuple, some)
