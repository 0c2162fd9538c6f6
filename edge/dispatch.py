"""Owns what is done with an order of central: decided, then handed to its readers, or carried out here."""

from collections.abc import Callable, Mapping

from edge import orders
from edge.accountant import Accountant
from edge.buffer.outbox import Outbox
from edge.inbox import DeviceOrder
from edge.readers.reader import Moment
from edge.supervisor import Station
from ground.journal import Journal
from wire.facts import OrderOutcome
from wire.order import AccountOrder, Order, ResendOrder

RESEND_PIECE = 2000

journal = Journal("edge")


class Dispatch:
    """Takes orders, on the uplink's thread. Raises OutboxError where an answer cannot be stored."""

    def __init__(
        self,
        outbox: Outbox,
        book: orders.OrderBook,
        now: Callable[[], Moment],
        stations: Mapping[str, Station],
        accountant: Accountant,
    ) -> None:
        self._outbox = outbox
        self._book = book
        self._now = now
        self._stations = stations
        self._accountant = accountant
        self._clocks = self._able("sets_clock")
        self._rolls = self._able("keeps_users")

    def take(self, order: Order) -> None:
        """Decide, then hand it to its readers or carry it out."""
        known = self._book.is_open(order.order_id) or self._outbox.order_known(order.order_id)
        now = self._now().utc
        decision = orders.decide(
            order, now, self._stations, known=known, clocks=self._clocks, rolls=self._rolls
        )
        journal.info("order", order_id=order.order_id, decision=type(decision).__name__.lower())
        if isinstance(decision, orders.Refuse):
            self._answer(order.order_id, decision.outcome, decision.reason, decision.evidence)
        elif isinstance(decision, orders.Ignore):
            return
        elif isinstance(order, ResendOrder):
            self._resend(order)
        else:
            self._book.opened(order.order_id, decision.readers)
            for name in decision.readers:
                self._give(name, order)

    def _able(self, ability: str) -> list[str]:
        """The readers that say of themselves that they can do something."""
        return [name for name, station in self._stations.items() if getattr(station.reader, ability, False)]

    def _give(self, name: str, order: DeviceOrder) -> None:
        """Hand it to a reader; days are counted without one, unless its device can count its own log."""
        station = self._stations.get(name)
        counts = getattr(getattr(station, "reader", None), "takes_census", False)
        if isinstance(order, AccountOrder) and not counts:
            self._accountant.counted(name, order=order)
        elif station is not None:
            station.desk.give(order)

    def _resend(self, order: ResendOrder) -> None:
        if order.outbox_id != self._outbox.mark.outbox_id:
            self._answer(order.order_id, "refused", "unknown-outbox", "this outbox began a new stream")
            return
        wanted = range(order.first_seq, min(order.last_seq, self._outbox.mark.settled) + 1)
        sent = sum(
            self._outbox.resend(wanted[at : at + RESEND_PIECE]) for at in range(0, len(wanted), RESEND_PIECE)
        )
        self._answer(order.order_id, "done", "", f"{sent} of {len(wanted)} facts were still kept")

    def _answer(self, order_id: str, outcome: orders.Outcome, reason: str, evidence: str) -> None:
        at = self._now().utc
        fact = OrderOutcome(order_id=order_id, outcome=outcome, at=at, reason=reason, evidence=evidence)
        self._outbox.append("@orders", [fact])
