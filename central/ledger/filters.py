"""Owns the filters that users have saved, each user under names of his own, and those that all share."""

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, delete, func, select

from central.ledger.database import insert_into
from central.ledger.schema import metadata
from wire.codec import decode, encode
from wire.people import OrgFilter

filters = Table(
    "filters",
    metadata,
    Column("owner", Text, primary_key=True, nullable=False),
    Column("name", Text, primary_key=True, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)
"""What each user has saved, as JSON."""

ALL = ""
"""The owner of the filters that all users share; no user has this name."""


def of_user(connection: Connection, owner: str) -> dict[str, OrgFilter]:
    """A user's filters, by name."""
    query = select(filters.c.name, filters.c.payload).where(filters.c.owner == owner)
    found = {name: decode(bytes(payload), OrgFilter) for name, payload in connection.execute(query)}
    return dict(sorted(found.items()))


def count(connection: Connection, owner: str) -> int:
    """How many filters a user has."""
    query = select(func.count()).where(filters.c.owner == owner)
    return int(connection.execute(query).scalar_one())


def save(connection: Connection, owner: str, name: str, people: OrgFilter) -> None:
    """Keep a filter under a name, in place of the one that had it."""
    adding = insert_into(connection, filters)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[filters.c.owner, filters.c.name],
            set_={filters.c.payload: adding.excluded["payload"]},
        ),
        {"owner": owner, "name": name, "payload": encode(people)},
    )


def forget(connection: Connection, owner: str, name: str) -> bool:
    """Delete a filter; False if there was none of this name."""
    gone = delete(filters).where(filters.c.owner == owner, filters.c.name == name)
    return connection.execute(gone).rowcount > 0
