"""The orders that wait for one reader, until its thread takes them."""

from datetime import datetime
from typing import TypeVar

from wire.order import AccountOrder, ClockOrder, EnrolOrder, RereadOrder

DeviceOrder = RereadOrder | ClockOrder | EnrolOrder | AccountOrder
"""An order that a reader carries out."""

_O = TypeVar("_O", RereadOrder, ClockOrder, EnrolOrder, AccountOrder)


class Inbox:
    """Orders in the order in which they came. One thread gives, another takes."""

    def __init__(self) -> None:
        self._waiting: list[DeviceOrder] = []

    def __bool__(self) -> bool:
        """Whether any order waits."""
        return bool(self._waiting)

    def give(self, order: DeviceOrder) -> None:
        """Let an order wait."""
        self._waiting.append(order)

    def take(self, kind: type[_O], now: datetime) -> tuple[list[_O], list[_O]]:
        """Take the orders of a kind: those that are still good, and those that are not any more."""
        found = [order for order in list(self._waiting) if isinstance(order, kind)]
        for order in found:
            self._waiting.remove(order)
        return [one for one in found if one.expires_at > now], [one for one in found if one.expires_at <= now]
