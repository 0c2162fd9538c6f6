"""Decides what to do with an order, and keeps track of which readers still owe their report."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from wire.facts import OrderOutcome
from wire.order import AccountOrder, ClockOrder, EnrolOrder, Order, RereadOrder

Outcome = Literal["done", "refused", "expired", "failed"]


@dataclass(frozen=True, slots=True)
class Accept:
    """Carry it out, by these readers if it is for readers."""

    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ignore:
    """It was done before, or is being done: its outcome is or will be in the stream."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with this outcome and do nothing."""

    outcome: Outcome
    reason: str
    evidence: str


Decision = Accept | Ignore | Refuse


def decide(
    order: Order,
    now: datetime,
    readers: Collection[str],
    *,
    known: bool,
    clocks: Collection[str] = (),
    rolls: Collection[str] = (),
) -> Decision:
    """Say what becomes of an order that arrives `now` at an edge with these readers.

    `known` tells that its outcome is stored, or that it is being carried out. `clocks` are the readers
    that can set the clock of their device, `rolls` those that can write its users.
    """
    if known:
        return Ignore()
    if order.expires_at <= now:
        return Refuse("expired", "expired", f"it was good until {order.expires_at.isoformat()}")
    if isinstance(order, ClockOrder | EnrolOrder):
        return _decide_device(order, readers, clocks if isinstance(order, ClockOrder) else rolls)
    if not isinstance(order, RereadOrder | AccountOrder):
        return Accept(())
    wanted = tuple(order.readers) if order.readers is not None else tuple(sorted(readers))
    counts = isinstance(order, AccountOrder)  # the outbox also knows of readers that are gone
    missing = [name for name in wanted if name not in readers and not counts]
    if missing or not wanted:
        return Refuse("refused", "unknown-reader", f"no reader {', '.join(missing) or 'at all'} at this edge")
    return Accept(wanted)


def _decide_device(
    order: ClockOrder | EnrolOrder, readers: Collection[str], able: Collection[str]
) -> Decision:
    if order.reader not in readers:
        return Refuse("refused", "unknown-reader", f"no reader {order.reader} at this edge")
    if order.reader in able:
        return Accept((order.reader,))
    if isinstance(order, ClockOrder):
        return Refuse("refused", "clock-not-settable", f"{order.reader} has no clock that it could set")
    return Refuse("refused", "no-users", f"{order.reader} has no users that it could write")


@dataclass(slots=True)
class OrderBook:
    """The orders under way: which readers have not reported yet."""

    _owing: dict[str, set[str]] = field(default_factory=dict)

    def opened(self, order_id: str, readers: Collection[str]) -> None:
        """Note an accepted order."""
        self._owing[order_id] = set(readers)

    def is_open(self, order_id: str) -> bool:
        """Whether it is being carried out."""
        return order_id in self._owing

    def closed(self, order_id: str) -> None:
        """Note that the outcome of an order is stored."""
        self._owing.pop(order_id, None)

    def reported(self, order_id: str, reader: str, at: datetime) -> OrderOutcome | None:
        """Note a reader's last report; returns the order's outcome when nobody owes any more."""
        owing = self._owing.get(order_id)
        if owing is None:
            return None
        owing.discard(reader)
        if owing:
            return None
        del self._owing[order_id]
        return OrderOutcome(order_id=order_id, outcome="done", at=at)
