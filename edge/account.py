"""The facts that account for a reader's days: of a day that has closed, or as an order asks for them."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from edge.census import Census
from wire.account import EMPTY, Tally, by_day, tally
from wire.facts import REPORT_IDS_LIMIT, Account, HeldIds, Span
from wire.order import AccountOrder

Holding = tuple[bytes, int]
"""A punch that the outbox holds, and the number under which it keeps the row, 0 for none."""


def closing(reader: str, day: date, at: datetime, edge: Tally, census: Census | None) -> Account:
    """The account of a day that is over."""
    log = None if census is None else census.of(day)
    return _with_log(Account(reader=reader, span=Span(first=day, last=day), at=at, edge=edge), log, census)


def told_of(account: Account) -> str:
    """What an account says of a day, in few bytes."""
    device = "-" if account.device is None else account.device.hash
    return f"{account.edge.hash} {device} {account.serial or '-'}"


def is_news(account: Account, told: str | None, since: date) -> bool:
    """Whether a day's account must be told, `told` being what was (`told_of`), None for nothing.

    A log that was not counted is no news. An empty day is told once, if it is behind `since`.
    """
    if told is None:
        empty = account.edge == EMPTY and account.device in (None, EMPTY)
        return not empty or account.span.first > since
    return told != told_of(account) and (account.device is not None or told.split()[0] != account.edge.hash)


def answers(
    order: AccountOrder,
    reader: str,
    at: datetime,
    held: Sequence[Holding],
    census: Census | None,
    trouble: tuple[str, str] = ("", ""),
) -> Iterator[Account | HeldIds]:
    """The facts that answer an order for one reader.

    `held` is what the outbox holds of the span, ids ascending. `trouble` says why there is no census: a word
    of `wire.reasons`, and what was seen.
    """
    ids, logged = [punch_id for punch_id, _ in held], () if census is None else census.ids
    spans = {order.span: (tally(ids), tally(logged))}
    if order.detail == "day":
        edge, log = dict(by_day(ids)), dict(by_day(logged))
        days = sorted(edge.keys() | log.keys())
        spans = {Span(first=day, last=day): (edge.get(day, EMPTY), log.get(day, EMPTY)) for day in days}
    for span, (ours, theirs) in spans.items():
        account = Account(reader=reader, span=span, at=at, edge=ours, order_id=order.order_id)
        account = msgspec.structs.replace(account, reason=trouble[0], evidence=trouble[1])
        yield _with_log(account, None if census is None else theirs, census)
    if order.detail == "ids":
        yield from _listed(order.order_id, reader, "edge", at, held)
        yield from _listed(order.order_id, reader, "device", at, [(punch_id, 0) for punch_id in logged])


def _with_log(account: Account, log: Tally | None, census: Census | None) -> Account:
    if log is None or census is None:
        return account
    return msgspec.structs.replace(
        account,
        device=log,
        serial=census.serial,
        read_at=census.read_at,
        begins=census.begins,
        records=census.records,
        capacity=census.capacity,
    )


def _listed(
    order_id: str, reader: str, side: Literal["edge", "device"], at: datetime, held: Sequence[Holding]
) -> Iterator[HeldIds]:
    parts = -(-len(held) // REPORT_IDS_LIMIT)
    for part in range(parts):
        piece = held[part * REPORT_IDS_LIMIT : (part + 1) * REPORT_IDS_LIMIT]
        yield HeldIds(
            order_id=order_id,
            reader=reader,
            side=side,
            at=at,
            part=part + 1,
            parts=parts,
            punch_ids=tuple(punch_id.hex() for punch_id, _ in piece),
            seqs=tuple(seq for _, seq in piece) if side == "edge" else (),
        )
