"""Owns the doubts: punches whose time cannot be right, kept for a person to look at."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from central.ledger.database import insert_into
from central.ledger.workdays.tables import doubts


def note(connection: Connection, found: Iterable[tuple[bytes, str]]) -> None:
    """Store punches with the reason for the doubt."""
    rows = [{"punch_id": punch_id, "reason": reason} for punch_id, reason in found]
    if rows:
        connection.execute(insert_into(connection, doubts).on_conflict_do_nothing(), rows)


def count(connection: Connection) -> int:
    """How many punches wait for a person."""
    return connection.execute(select(func.count()).select_from(doubts)).scalar_one()


def listed(connection: Connection, limit: int, after: bytes = b"") -> list[tuple[bytes, str]]:
    """Punch ids, in order, with the reason."""
    query = (
        select(doubts.c.punch_id, doubts.c.reason)
        .where(doubts.c.punch_id > after)
        .order_by(doubts.c.punch_id)
        .limit(limit)
    )
    return [(punch_id, reason) for punch_id, reason in connection.execute(query)]
