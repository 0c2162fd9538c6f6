"""Owns how users are stored: their role, their units, and the verifier of a password that central keeps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select, union

from central.access.roles import User
from central.ledger.database import insert_into
from central.ledger.schema import audit, readers, streams, users


@dataclass(frozen=True, slots=True)
class Stored:
    """A user, and when he was changed last."""

    user: User
    changed_at: datetime


def load(connection: Connection) -> dict[str, Stored]:
    """Everybody, by name."""
    query = select(users).order_by(users.c.name)
    return {row.name: Stored(_user(row), row.changed_at) for row in connection.execute(query)}


def find(connection: Connection, name: str) -> User | None:
    """The user of this name, enabled or not."""
    row = connection.execute(select(users).where(users.c.name == name)).first()
    return None if row is None else _user(row)


def save(connection: Connection, user: User, at: datetime) -> None:
    """Write a user as he is now."""
    adding = insert_into(connection, users)
    values = {
        "role": user.role,
        "units": msgspec.json.encode(sorted(sorted(unit) for unit in user.units)),
        "enabled": int(user.enabled),
        "verifier": user.verifier,
        "changed_at": at,
    }
    kept = {users.c[name]: adding.excluded[name] for name in values}
    connection.execute(
        adding.on_conflict_do_update(index_elements=[users.c.name], set_=kept), {"name": user.name, **values}
    )


def _user(row: Row[Any]) -> User:
    units = msgspec.json.decode(row.units, type=frozenset[frozenset[tuple[str, str]]])
    return User(row.name, row.role, units, bool(row.enabled), row.verifier)


def last_asked(connection: Connection) -> dict[str, datetime]:
    """When each actor of the audit did something last."""
    query = select(audit.c.actor, func.max(audit.c.at).label("at")).group_by(audit.c.actor)
    return {row.actor: row.at for row in connection.execute(query)}


def edges(connection: Connection) -> set[str]:
    """The accounts from which facts ever came, or that got a certificate: no person may have one of them."""
    enrolled = select(audit.c.subject).where(audit.c.verb == "edge")
    return set(connection.execute(union(select(streams.c.edge), select(readers.c.edge), enrolled)).scalars())
