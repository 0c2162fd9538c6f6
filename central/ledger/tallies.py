"""Owns the ledger's side of the accounts: what it holds of a reader's days, as ids and as tallies."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import Connection, select

from central.balance import Origin
from central.ledger.contexts import reader_number
from central.ledger.punches import punch_rows
from central.ledger.schema import arrivals, punches
from wire.account import Tally, by_day, ids_between, tally
from wire.facts import Span

_AT_ONCE = 500


def ids_of(connection: Connection, edge: str, reader: str, span: Span) -> Iterator[bytes]:
    """The ids of a reader's punches of the days of a span, ascending: one range of the index of readers."""
    low, high = ids_between(span.first, span.last)
    query = (
        select(punch_rows.c.punch_id)
        .where(punch_rows.c.reader == reader_number((edge, reader)))
        .where(punch_rows.c.punch_id >= low, punch_rows.c.punch_id < high)
        .order_by(punch_rows.c.punch_id)
    )
    return iter(connection.execute(query).scalars())


def tally_of(connection: Connection, edge: str, reader: str, span: Span) -> Tally:
    """The tally of all days of a span together."""
    return tally(ids_of(connection, edge, reader, span))


def tallies_of(connection: Connection, edge: str, reader: str, span: Span) -> dict[date, Tally]:
    """The tally of each day of a span of which the ledger holds any punch."""
    return dict(by_day(ids_of(connection, edge, reader, span)))


def origins_of(connection: Connection, edge: str, reader: str, span: Span) -> dict[bytes, Origin]:
    """How each punch of a reader's days first came into the ledger."""
    low, high = ids_between(span.first, span.last)
    query = (
        select(punches.c.punch_id, arrivals.c.outbox_id, punches.c.seq, punches.c.device)
        .join(arrivals, arrivals.c.arrival_id == punches.c.arrival_id)
        .where(punches.c.edge == edge, punches.c.reader == reader)
        .where(punches.c.punch_id >= low, punches.c.punch_id < high)
    )
    return {punch_id: Origin(*rest) for punch_id, *rest in connection.execute(query)}


def held_at_all(connection: Connection, punch_ids: Sequence[bytes]) -> set[bytes]:
    """Those of these ids that the ledger holds, of whichever reader."""
    found: set[bytes] = set()
    for start in range(0, len(punch_ids), _AT_ONCE):
        some = punch_ids[start : start + _AT_ONCE]
        found.update(
            connection.execute(select(punches.c.punch_id).where(punches.c.punch_id.in_(some))).scalars()
        )
    return found
