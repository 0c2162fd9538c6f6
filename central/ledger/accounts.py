"""Owns the accounts of readers' days as stored: what the edge told last, and how it compares."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    or_,
    select,
    tuple_,
    update,
)

from central.ledger.database import insert_into
from central.ledger.schema import edge_facts, instant, metadata, orders
from wire.account import Tally
from wire.accounting import Cause, Verdict
from wire.codec import decode, decode_fact, encode
from wire.facts import Account, Fact

accounts = Table(
    "accounts",
    metadata,
    Column("edge", Text, primary_key=True, nullable=False),
    Column("reader", Text, primary_key=True, nullable=False),
    Column("day", Integer, primary_key=True, nullable=False),
    Column("outbox_id", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("told", LargeBinary, nullable=False),
    instant("told_at"),
    Column("verdict", Text, nullable=False),
    Column("standing", LargeBinary, nullable=False),
    Column("order_id", Text, nullable=True),
    instant("counted_at", nullable=True),
    instant("due_at", nullable=True),
)
"""Each reader and day, numbered as the calendar does: what the edge `told` last, and as which fact.

`standing` is how it compares, as JSON. The order `order_id` is under way for it. From `due_at` on it is to be
counted again.
"""
_KEY = (accounts.c.edge, accounts.c.reader, accounts.c.day)


class Named(msgspec.Struct, frozen=True):
    """How many punches have a cause, and the first of their ids in hex."""

    count: int
    ids: tuple[str, ...] = ()


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an account compares.

    `ledger` is what the ledger held when it was counted last, None before. `compared` stands for the tallies
    that `causes` explain, "" for none. `tries` counts the attempts to heal them.
    """

    ledger: Tally | None = None
    compared: str = ""
    causes: dict[Cause, Named] = {}
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """The account of a reader's day, told as fact `seq` of `outbox_id`."""

    edge: str
    reader: str
    day: date
    outbox_id: str
    seq: int
    account: Account
    verdict: Verdict
    standing: Standing
    order_id: str | None
    counted_at: datetime | None
    due_at: datetime | None


def take(connection: Connection, told: Sequence[tuple[str, str, int, Account]], at: datetime) -> None:
    """Take in what edges told of days that are over, each with edge, outbox id and seq; they are due at once.

    Of two that tell of the same day the one counted later stays.
    """
    latest: dict[tuple[str, str, int], dict[str, Any]] = {}
    for edge, outbox_id, seq, account in told:
        key = (edge, account.reader, account.span.first.toordinal())
        if key not in latest or latest[key]["told_at"] <= account.at:
            latest[key] = {
                "edge": edge,
                "reader": account.reader,
                "day": key[2],
                "outbox_id": outbox_id,
                "seq": seq,
                "told": encode(account),
                "told_at": account.at,
                "verdict": "counting",
                "standing": encode(Standing()),
                "due_at": at,
            }
    if not latest:
        return
    adding = insert_into(connection, accounts)
    new = ("outbox_id", "seq", "told", "told_at", "due_at")
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=list(_KEY),
            set_={accounts.c[name]: adding.excluded[name] for name in new},
            where=adding.excluded.told_at >= accounts.c.told_at,
        ),
        [latest[key] for key in sorted(latest)],
    )


def waiting(connection: Connection, now: datetime, limit: int, *, claim: bool = False) -> list[Entry]:
    """Accounts that are due, or whose order has ended, the longest due first.

    With `claim`, those that another process has in hand are left out until its transaction ends.
    """
    ended = select(orders.c.order_id).where(
        orders.c.order_id == accounts.c.order_id,
        or_(orders.c.closed_at.is_not(None), orders.c.expires_at <= now),
    )
    due = or_(accounts.c.due_at <= now, and_(accounts.c.order_id.is_not(None), ended.exists()))
    query = select(accounts).where(due).order_by(accounts.c.due_at, *_KEY).limit(limit)
    return _entries(connection, query.with_for_update(skip_locked=True) if claim else query)


def put_off(connection: Connection, entries: Sequence[Entry], until: datetime) -> None:
    """Have accounts looked at again at that time, and not before."""
    for entry in entries:
        connection.execute(update(accounts).where(*_is(entry)).values(due_at=until))


def settle(connection: Connection, entry: Entry, was: Entry) -> bool:
    """Store how an account stands now; False if the edge told something else in the meantime."""
    done = connection.execute(
        update(accounts)
        .where(*_is(was), accounts.c.outbox_id == was.outbox_id, accounts.c.seq == was.seq)
        .values(
            outbox_id=entry.outbox_id,
            seq=entry.seq,
            told=encode(entry.account),
            told_at=entry.account.at,
            verdict=entry.verdict,
            standing=encode(entry.standing),
            order_id=entry.order_id,
            counted_at=entry.counted_at,
            due_at=entry.due_at,
        )
    )
    return bool(done.rowcount)


def differing(connection: Connection, since: date) -> list[Entry]:
    """The accounts that differ without a good reason, of a day or later, the latest day first."""
    query = (
        select(accounts)
        .where(accounts.c.verdict == "differs", accounts.c.day >= since.toordinal())
        .order_by(accounts.c.day.desc(), accounts.c.edge, accounts.c.reader)
    )
    return _entries(connection, query)


def of_day(connection: Connection, day: date, edges: Collection[str] | None = None) -> list[Entry]:
    """The accounts of a day, of some edges alone if they are given."""
    query = select(accounts).where(accounts.c.day == day.toordinal())
    if edges is not None:
        query = query.where(accounts.c.edge.in_(edges))
    return _entries(connection, query.order_by(*_KEY))


def under_way(connection: Connection, entry: Entry) -> bool:
    """Whether an order is under way for another day of the reader."""
    query = select(accounts.c.day).where(
        accounts.c.edge == entry.edge,
        accounts.c.reader == entry.reader,
        accounts.c.day != entry.day.toordinal(),
        accounts.c.order_id.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def answers(connection: Connection, edge: str, order_id: str) -> Iterator[tuple[str, int, Fact]]:
    """What an edge told for an order, as it came: outbox id, seq, fact."""
    query = (
        select(edge_facts.c.outbox_id, edge_facts.c.seq, edge_facts.c.fact)
        .where(edge_facts.c.order_id == order_id, edge_facts.c.edge == edge)
        .order_by(edge_facts.c.received_at, edge_facts.c.seq)
    )
    for outbox_id, seq, fact in connection.execute(query):
        yield outbox_id, seq, decode_fact(fact)


def _is(entry: Entry) -> tuple[Any, ...]:
    return (tuple_(*_KEY) == (entry.edge, entry.reader, entry.day.toordinal()),)


def _entries(connection: Connection, query: Select[Any]) -> list[Entry]:
    return [
        Entry(
            row.edge,
            row.reader,
            date.fromordinal(row.day),
            row.outbox_id,
            row.seq,
            decode(row.told, Account),
            cast("Verdict", row.verdict),
            decode(row.standing, Standing),
            row.order_id,
            row.counted_at,
            row.due_at,
        )
        for row in connection.execute(query)
    ]
