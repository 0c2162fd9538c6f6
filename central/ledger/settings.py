"""Owns the versions of shifts, calendars and assignments: added by imports, never changed, never deleted."""

import threading
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from central.ledger.workdays.tables import settings
from central.schedule.rosters import Rosters
from central.schedule.version import Item, Version

_CONFIGURATION = "configuration"


def versions(connection: Connection) -> list[Version]:
    """Every version of everything."""
    query = (
        select(settings.c.kind, settings.c.name, settings.c.body, settings.c.number, settings.c.since)
        .where(settings.c.kind != _CONFIGURATION)
        .order_by(settings.c.kind, settings.c.name, settings.c.number)
    )
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


def configuration(connection: Connection) -> Mapping[str, Any] | None:
    """What central.toml said of rules and readers when results were computed last, None if never noted."""
    query = select(settings.c.body).where(settings.c.kind == _CONFIGURATION)
    body: bytes | None = connection.execute(query.order_by(settings.c.number.desc()).limit(1)).scalar()
    return None if body is None else msgspec.json.decode(body)


def add_configuration(connection: Connection, body: Mapping[str, Any], since: date, at: datetime) -> None:
    """Keep what central.toml says from now on, as a version like all others."""
    last = select(func.max(settings.c.number)).where(settings.c.kind == _CONFIGURATION)
    number = (connection.execute(last).scalar() or 0) + 1
    connection.execute(
        insert(settings).values(
            kind=_CONFIGURATION,
            name="",
            number=number,
            since=since,
            body=msgspec.json.encode(body),
            applied_at=at,
            source="central.toml",
        )
    )


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
