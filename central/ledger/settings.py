"""Owns the versions of shifts, calendars and assignments: added by imports, never changed, never deleted."""

import threading
from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select

from central.ledger.workdays.tables import settings
from central.schedule.rosters import Rosters
from central.schedule.version import Item, Version


def versions(connection: Connection) -> list[Version]:
    """Every version of everything."""
    query = select(
        settings.c.kind, settings.c.name, settings.c.body, settings.c.number, settings.c.since
    ).order_by(settings.c.kind, settings.c.name, settings.c.number)
    return [
        Version(Item(kind, name, msgspec.json.decode(body)), number, since)
        for kind, name, body, number, since in connection.execute(query)
    ]


def add(connection: Connection, added: Iterable[Version], at: datetime, source: str) -> None:
    """Add versions; `source` is the file that they came from."""
    rows = [
        {
            "kind": version.item.kind,
            "name": version.item.name,
            "number": version.number,
            "since": version.since,
            "body": msgspec.json.encode(version.item.body),
            "applied_at": at,
            "source": source,
        }
        for version in added
    ]
    if rows:
        connection.execute(insert(settings), rows)


class Schedule:
    """The rosters as stored now, kept in memory until an import adds a version. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = -1
        self._rosters = Rosters()

    def rosters(self, connection: Connection) -> Rosters:
        """The rosters as the connection's transaction sees them."""
        count = connection.execute(select(func.count()).select_from(settings)).scalar_one()
        with self._lock:
            if count != self._count:
                self._rosters = Rosters(versions(connection))
                self._count = count
            return self._rosters
