"""Owns the taking in of facts: one transaction of the ledger, the broker's acknowledgement, then receipts."""

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import TypeVar

from central.ledger import edge_facts, landing, orders, quarantine
from central.ledger.database import Ledger, Unavailable
from central.ledger.landing import Brought
from central.ledger.loads import Load, ready
from central.post import Delivery, Ears, Landed, Publish, Tell
from central.reception import Opened, Reception
from central.streams import Parcel, Sorted, Stream, Unread, set_aside, sort_in
from ground.journal import Journal
from wire.codec import encode
from wire.order import ResendOrder
from wire.receipt import Receipt
from wire.topics import Topics

RESEND_VALID = timedelta(days=3650)
"""A hole in the ledger does not close by itself, and filling it late does no harm."""
REPEAT_S = 1.0
"""A receipt that says nothing new is told again only after so long: copies of a batch come close together."""
_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_TURN_S = 1.0
_LOOK_AGAIN_S = 0.02
"""How often to see whether another central has filled a gap."""
_BULK = 100
"""The commit of so many facts takes about as long as the opening of as many more."""

T = TypeVar("T")
journal = Journal("intake")


@dataclass(frozen=True, slots=True)
class _Early:
    """An envelope whose punches are stored since `since` (monotonic), behind a gap that may be filled."""

    parcel: Parcel
    since: float


@dataclass(frozen=True, slots=True)
class _Done:
    """A committed group: when, what it did to its streams, what was new, and the orders that it gave."""

    at: datetime
    sorted: Sorted
    brought: Brought
    given: tuple[tuple[str, ResendOrder], ...]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Intake:
    """The thread that takes facts in. Constructed without effects.

    It listens with `ears` to facts, and to the births of edges. Each of `tell` is called on this thread after
    a commit that brought something. An edge is told at once of a gap in its stream, or, where others take in
    as well, when nobody has filled it for `gap_patience_s`: not counting the time while messages wait here,
    for so many wait for the others, too.
    """

    def __init__(
        self,
        ledger: Ledger,
        topics: Topics,
        ears: Ears,
        publish: Publish,
        ack: Callable[[Delivery], None],
        tell: Sequence[Tell] = (),
        clock: Callable[[], datetime] = _utc_now,
        *,
        gap_patience_s: float = 0.0,
    ) -> None:
        self._ledger = ledger
        self._topics = topics
        self._reception = Reception(ears)
        self._publish = publish
        self._ack = ack
        self._tell = tell
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._gap_patience_s = gap_patience_s
        self._early: list[_Early] = []
        self._behind_at = float("-inf")
        self._told: dict[Stream, tuple[int, float]] = {}
        self.progressed_at = time.monotonic()

    def start(self) -> None:
        """Begin to take in."""
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Finish the group at hand; what still waits was not acknowledged and comes again."""
        self._stopping.set()
        self._reception.wake()
        if self._thread.is_alive():
            self._thread.join(within_s)

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._take_in(self._group())
            except Exception as error:  # noqa: BLE001 - whatever it is, the next group must not suffer for it
                journal.error("intake_fault", reason=repr(error))
            self.progressed_at = time.monotonic()

    def _group(self) -> Sequence[Opened]:
        group = self._reception.next_group(_LOOK_AGAIN_S if self._early else _TURN_S)
        if self._reception.crowded:
            self._behind_at = time.monotonic()
        return group

    def _take_in(self, group: Sequence[Opened]) -> None:
        """Store a group; if the ledger refuses it, its messages one by one, and what is refused as unread."""
        contents = [one.content for one in group if one.content is not None]
        if contents or self._early:
            try:
                done = self._patiently(lambda: self._commit(contents))
            except Exception as error:  # noqa: BLE001 - no message may stop the intake
                self._early.clear()  # if one of them is to blame, its edge will repeat it
                self._take_apart(group, error)
                return
            if done is None:
                return
            self._answer(done)
        for one in group:
            if one.delivery.levels[-1] == "facts":
                self._ack(one.delivery)

    def _take_apart(self, group: Sequence[Opened], error: Exception) -> None:
        if len(group) != 1:
            for one in group:
                self._take_in([one])
            return
        delivery = group[0].delivery
        reason = " ".join(str(error).split())
        message = set_aside(delivery.levels[1], delivery.payload, f"the ledger refused it: {reason}")
        done = self._patiently(lambda: self._commit([ready(message)]))
        if done is not None:
            self._answer(done)
            self._ack(delivery)

    def _patiently(self, work: Callable[[], T]) -> T | None:
        """Do work with the ledger, again and again while it is unavailable; None if central stops first."""
        for pause_s in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
            try:
                return work()
            except Unavailable:
                self._pause(pause_s)
                if self._stopping.is_set():
                    break
        return None

    def _pause(self, pause_s: float) -> None:
        """Wait, and let the connection live."""
        until = time.monotonic() + pause_s
        while not self._stopping.is_set() and (left_s := until - time.monotonic()) > 0:
            self._reception.listen(left_s)
        self.progressed_at = time.monotonic()

    def _commit(self, contents: Sequence[Load | Unread]) -> _Done:
        at, now = self._clock(), time.monotonic()
        loads = [content for content in contents if isinstance(content, Load)]
        unread = [content for content in contents if isinstance(content, Unread)]
        parcels = [load.parcel for load in loads]
        since = {id(early.parcel): early.since for early in self._early}

        def may_wait(parcel: Parcel) -> bool:
            return now - max(since.get(id(parcel), now), self._behind_at) < self._gap_patience_s

        bulk = sum(len(load.rows) for load in loads) >= _BULK
        with self._ledger.write(self._reception.look_ahead if bulk else None) as connection:
            brought = landing.land_punches(connection, [load for load in loads if load.carries], at)
            parcels += [early.parcel for early in self._early]
            known = landing.marks(connection, [(parcel.edge, parcel.outbox_id) for parcel in parcels])
            done = sort_in(known, parcels, may_wait)
            landing.move_marks(connection, done.moved, at)
            told = edge_facts.keep(connection, done.accepted, at)
            unread += [one for parcel in done.accepted for one in parcel.unread]
            quarantine.keep(connection, unread, at)
            given = tuple(
                (edge, _resend(outbox, first, last, at)) for (edge, outbox), first, last in done.lost
            )
            for edge, order in given:
                orders.give(connection, edge, order, at)
        self._early = [_Early(one.landed(), since.get(id(one), now)) for one in done.early]
        for edge, reasons in _by_edge(unread).items():
            journal.warning("quarantined", edge=edge, count=len(reasons), first=reasons[0])
        for edge, order in given:
            journal.warning("resend_ordered", edge=edge, first=order.first_seq, last=order.last_seq)
        if contents:
            journal.debug("facts_taken", messages=len(contents), new=brought.new)
        return _Done(at, done, replace(brought, orders=told), given)

    def _answer(self, done: _Done) -> None:
        now = time.monotonic()
        for stream, upto in done.sorted.answers.items():
            said, when = self._told.get(stream, (None, 0.0))
            gap = stream in done.sorted.gaps
            if gap or stream in done.sorted.moved or said != upto or now - when >= REPEAT_S:
                edge, outbox_id = stream
                receipt = encode(Receipt(outbox_id=outbox_id, upto_seq=upto, gap=gap))
                self._publish(self._topics.receipts(edge), receipt, retain=True)
                self._told[stream] = (upto, now)
        for edge, order in done.given:
            self._publish(self._topics.orders(edge), encode(order))
        if done.brought.new or done.brought.orders:
            news = Landed(done.at, done.brought.readers, done.brought.orders)
            for tell in self._tell:
                tell(news)


def _by_edge(unread: Sequence[Unread]) -> dict[str, list[str]]:
    """Why each edge's bytes could not be read."""
    reasons: dict[str, list[str]] = {}
    for one in unread:
        reasons.setdefault(one.edge, []).append(one.reason)
    return reasons


def _resend(outbox_id: str, first: int, last: int, now: datetime) -> ResendOrder:
    return ResendOrder(
        order_id=f"resend-{uuid.uuid4().hex}",
        expires_at=now + RESEND_VALID,
        outbox_id=outbox_id,
        first_seq=first,
        last_seq=last,
    )
