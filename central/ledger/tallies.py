"""Owns the ledger's side of the accounts: what it holds of a reader's days, as ids and as tallies."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, select

from central.ledger.schema import punches
from wire.account import Tally, by_day, ids_between, tally
from wire.facts import Span


def ids_of(connection: Connection, edge: str, reader: str, span: Span) -> Iterator[bytes]:
    """The ids of a reader's punches of the days of a span, ascending: one range of the index of readers."""
    low, high = ids_between(span.first, span.last)
    query = (
        select(punches.c.punch_id)
        .where(punches.c.edge == edge, punches.c.reader == reader)
        .where(punches.c.punch_id >= low, punches.c.punch_id < high)
        .order_by(punches.c.punch_id)
    )
    return iter(connection.execute(query).scalars())


def tally_of(connection: Connection, edge: str, reader: str, span: Span) -> Tally:
    """The tally of all days of a span together."""
    return tally(ids_of(connection, edge, reader, span))


def tallies_of(connection: Connection, edge: str, reader: str, span: Span) -> dict[date, Tally]:
    """The tally of each day of a span of which the ledger holds any punch."""
    return dict(by_day(ids_of(connection, edge, reader, span)))
