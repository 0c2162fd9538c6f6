"""Owns what becomes of the account of a reader's day: counted, asked about, compared, healed.

Everything here reads; what is to be stored and ordered is returned.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import msgspec
from sqlalchemy import Connection

from central.accounting.answers import Answer, answer_to
from central.balance import TRIES, Remedy, Sides, differences, judged, remedy
from central.ledger import accounts, orders, tallies
from central.ledger.accounts import Entry, Named, Standing
from wire.account import WINDOW_DAYS
from wire.accounting import Cause
from wire.facts import Account, Span
from wire.order import AccountOrder, Order, RereadOrder, ResendOrder

ORDER_VALID = timedelta(days=1)
PATIENCE = timedelta(minutes=5)
"""An edge that is there answers sooner, unless its terminal's log takes long; then the board says so."""
TURN = timedelta(seconds=10)
"""A reader is asked about one day at a time."""
_IDS = 50
"""Ids of one cause that are kept with an account; they are counted all."""


@dataclass(frozen=True, slots=True)
class Step:
    """What an account becomes, and the orders to its edge that this takes."""

    before: Entry
    after: Entry
    orders: tuple[Order, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether it came to stand otherwise than before."""
        return self.after.verdict != "counting" and _stand(self.before) != _stand(self.after)


def _stand(entry: Entry) -> tuple[object, ...]:
    return entry.verdict, entry.standing.compared, entry.standing.causes


def decided(
    connection: Connection, entry: Entry, now: datetime, every: timedelta, busy: Collection[tuple[str, str]]
) -> Step:
    """What becomes of an account that is due, or whose order has ended.

    `every` is when it is due again. Of `busy` readers (edge and reader) an order is about to be given.
    """
    ledger = tallies.tally_of(connection, entry.edge, entry.reader, _day(entry))
    sides = Sides(entry.account.device, entry.account.edge, ledger)
    standing = msgspec.structs.replace(entry.standing, ledger=ledger)
    due_at = now + every if now.date() - entry.day <= timedelta(days=WINDOW_DAYS) else None
    counted = replace(entry, standing=standing, counted_at=now, due_at=due_at)
    if sides.equal:
        return Step(entry, _equal(counted, sides))
    return _unequal(connection, counted, entry, sides, now, busy)


def _unequal(
    connection: Connection,
    counted: Entry,
    entry: Entry,
    sides: Sides,
    now: datetime,
    busy: Collection[tuple[str, str]],
) -> Step:
    """Wait for the answer that was asked for, compare it, or ask."""
    asked = None if entry.order_id is None else orders.status(connection, entry.order_id, now)
    if asked is not None and asked.open:
        patient = now - asked.given_at < PATIENCE
        return Step(entry, replace(counted, due_at=now + PATIENCE) if patient else _unnamed(counted, sides))
    done = replace(counted, order_id=None)
    if asked is not None and isinstance(asked.order, AccountOrder):
        answer = answer_to(connection, entry, asked) if asked.outcome == "done" else None
        if answer is None:
            return Step(entry, _unnamed(done, sides))
        return _compared(connection, done, entry, answer, now)
    known = sides.key == entry.standing.compared
    tried = asked is not None or entry.verdict != "differs" or entry.standing.tries >= TRIES
    if known and tried:
        return Step(entry, done)
    if (entry.edge, entry.reader) in busy or accounts.under_way(connection, entry):
        return Step(entry, replace(done, due_at=now + TURN))
    return _asked(done, entry, now, known=known)


def _equal(entry: Entry, sides: Sides) -> Entry:
    standing = Standing(ledger=sides.ledger, compared=sides.key)
    return replace(entry, verdict="equal", standing=standing, order_id=None)


def _unnamed(entry: Entry, sides: Sides) -> Entry:
    """Tallies differ, and the edge did not tell the ids, so that nobody knows which punches they are."""
    counts = [one.count for one in (sides.device, sides.edge, sides.ledger) if one is not None]
    causes: dict[Cause, Named] = {"not-counted": Named(max(max(counts) - min(counts), 1))}
    standing = msgspec.structs.replace(entry.standing, compared=sides.key, causes=causes)
    return replace(entry, verdict="differs", standing=standing)


def _asked(counted: Entry, entry: Entry, now: datetime, *, known: bool) -> Step:
    """Ask for the ids; until they are there, a difference that is `known` stays what it was."""
    order = AccountOrder(
        order_id=f"account-{uuid.uuid4().hex}",
        expires_at=now + ORDER_VALID,
        span=_day(entry),
        readers=(entry.reader,),
        detail="ids",
    )
    verdict = entry.verdict if known else "counting"
    after = replace(counted, verdict=verdict, order_id=order.order_id, due_at=now + PATIENCE)
    return Step(entry, after, (order,))


def _compared(connection: Connection, counted: Entry, entry: Entry, answer: Answer, now: datetime) -> Step:
    """Give each punch that some side lacks its cause, and heal what can be healed."""
    told = answer.told
    ledger = tallies.origins_of(connection, entry.edge, entry.reader, _day(entry))
    named = told.kept.keys() | set(() if told.log is None else told.log.ids)
    elsewhere = tallies.held_at_all(connection, sorted(named - ledger.keys()))
    causes = differences(told, ledger, elsewhere)
    account = _with_log(answer.account, entry.account)
    held = counted.standing.ledger or account.edge
    sides = Sides(account.device, account.edge, held)
    counts = {cause: Named(len(ids), tuple(it.hex() for it in ids[:_IDS])) for cause, ids in causes.items()}
    if told.log is None and account.device not in (None, held):
        return Step(entry, _unnamed(replace(counted, account=account), sides))
    tries = counted.standing.tries if sides.key == counted.standing.compared else 0
    verdict = judged(causes)
    wanted = remedy(causes, told) if verdict == "differs" and tries < TRIES else Remedy()
    given = tuple(_orders(entry, told.outbox_id, wanted, now + ORDER_VALID))
    standing = Standing(
        ledger=counted.standing.ledger, compared=sides.key, causes=counts, tries=tries + 1 if given else TRIES
    )
    after = replace(
        counted,
        account=account,
        outbox_id=told.outbox_id,
        seq=told.seq,
        verdict=verdict,
        standing=standing,
        order_id=given[-1].order_id if given else None,
    )
    return Step(entry, after, given)


def _with_log(told: Account, before: Account) -> Account:
    """The newer account, with the log as it was counted last where it was out of reach now."""
    if told.device is not None or before.device is None:
        return msgspec.structs.replace(told, order_id=None)
    return msgspec.structs.replace(before, at=told.at, edge=told.edge)


def _orders(entry: Entry, outbox_id: str, wanted: Remedy, expires_at: datetime) -> Iterator[Order]:
    for first, last in wanted.resend:
        yield ResendOrder(
            order_id=f"resend-{uuid.uuid4().hex}",
            expires_at=expires_at,
            outbox_id=outbox_id,
            first_seq=first,
            last_seq=last,
        )
    if wanted.reread:
        since = datetime.combine(entry.day, time(), UTC)
        yield RereadOrder(
            order_id=f"reread-{uuid.uuid4().hex}",
            expires_at=expires_at,
            span=_day(entry),
            readers=(entry.reader,),
            since=since,
            until=since + timedelta(days=1),
        )


def _day(entry: Entry) -> Span:
    return Span(first=entry.day, last=entry.day)
