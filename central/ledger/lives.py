"""Owns the lives of edges' daemons as stored, and the signs of life in between that punches are."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Table, Text, case, func, select

from central.availability import Gap, Life
from central.ledger.database import insert_into
from central.ledger.schema import instant, metadata, punches, readers
from wire.account import ids_between

edge_lives = Table(
    "edge_lives",
    metadata,
    Column("edge", Text, primary_key=True, nullable=False),
    Column("life", Text, primary_key=True, nullable=False),
    instant("began_at"),
    instant("last_at"),
)
"""Each start of an edge's daemon of which a heartbeat was heard: since when, and the last sign of it."""

_DAY = timedelta(days=1)


def keep(connection: Connection, lives: Mapping[tuple[str, str], Life]) -> None:
    """Store lives; what is known of one already is widened."""
    if not lives:
        return
    adding = insert_into(connection, edge_lives)
    new, held = adding.excluded, edge_lives.c
    widened = {
        held.began_at: case((new.began_at < held.began_at, new.began_at), else_=held.began_at),
        held.last_at: case((new.last_at > held.last_at, new.last_at), else_=held.last_at),
    }
    connection.execute(
        adding.on_conflict_do_update(index_elements=[held.edge, held.life], set_=widened),
        [
            {"edge": edge, "life": life, "began_at": one.began, "last_at": one.last}
            for (edge, life), one in sorted(lives.items())
        ],
    )


def of_edges(
    connection: Connection, edges: Collection[str] | None, since: datetime, until: datetime
) -> dict[str, list[Life]]:
    """Of these edges, None for all, the first life, and those before `until` that end behind `since`."""
    held = edge_lives.c
    query = select(held.edge, held.began_at, held.last_at).order_by(held.edge, held.began_at)
    query = query.where(held.began_at < until)
    found: dict[str, list[Life]] = {}
    if edges is not None:
        query = query.where(held.edge.in_(edges))
    for edge, began, last in connection.execute(query):
        lives = found.setdefault(edge, [])
        # Of those that were over by then, the first says since when the edge is known at all.
        if len(lives) > 1 and lives[-1].last < since:
            lives.pop()
        lives.append(Life(began, last))
    return found


def signs_within(connection: Connection, edge: str, gaps: Iterable[Gap]) -> list[datetime]:
    """Of each gap the last instant at which the edge read a punch, by a clock that can be believed."""
    names = list(connection.execute(select(readers.c.reader).where(readers.c.edge == edge)).scalars())
    found: list[datetime] = []
    for begin, end in gaps:
        low, high = ids_between((begin - _DAY).date(), (end + _DAY).date())
        query = (
            select(func.max(punches.c.read_at))
            .where(punches.c.edge == edge, punches.c.reader.in_(names))
            .where(punches.c.punch_id >= low, punches.c.punch_id < high)
            .where(punches.c.read_at > begin, punches.c.read_at < end, punches.c.clock_trust != "unset")
        )
        if (sign := connection.execute(query).scalar()) is not None:
            found.append(sign)
    return found
