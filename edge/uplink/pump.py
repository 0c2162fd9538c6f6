"""The pump: the one thread that moves facts from the outbox to the broker and settles them by receipt."""

import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Protocol

from edge.buffer.outbox import Outbox
from edge.buffer.rows import Waiting
from edge.buffer.store import OutboxError
from edge.uplink.envelope import ENVELOPE_BYTES, is_live, joined
from edge.uplink.link import Connected, Disconnected, Event, Link, Message, Refused
from edge.uplink.rivals import Rivals
from edge.uplink.window import Window
from ground.journal import Journal
from ground.mqtt import BrokerOptions
from wire.codec import WireError, decode, decode_order, encode
from wire.facts import BATCH_LIMIT, EdgeEvent
from wire.order import Order
from wire.receipt import Receipt
from wire.topics import Topics
from wire.vitals import Birth, Heartbeat, Status

HEARTBEAT_S = 30.0
LEAST_BEAT_S = 2.0
"""However often readers change, heartbeats stay this far apart."""
KEEP_FACTS = 20_000
"""In a long drain the settled mark is written down after so many: a crash sends again what is behind it."""
LONGEST_TURN_S = 5.0
"""An idle pump comes round this often, for the keeping alive of its connection."""
AHEAD_FACTS = 20
"""So few facts appended together are people punching, not a log being read."""


class Voice(Protocol):
    """What the pump asks the daemon for."""

    def birth(self) -> Birth:
        """Who this edge is."""

    def heartbeat(self, session: str, unconfirmed_s: float) -> Heartbeat:
        """How it is."""

    def order(self, order: Order) -> None:
        """Take an order from central."""


class Pump:
    """Sends what the window permits, takes receipts and orders, and beats. Built idle; `start` runs it."""

    def __init__(self, options: BrokerOptions, edge: str, outbox: Outbox, voice: Voice) -> None:
        self._edge = edge
        self._topics = Topics(options.prefix)
        self._outbox = outbox
        self._voice = voice
        self._journal = Journal("uplink")
        self._link = Link(options, edge)
        self._inbox: deque[Event] = deque()
        self._window = Window(settled=outbox.mark.settled, known=outbox.mark.newest)
        self._message_limit = 0
        self._noted = outbox.mark.newest
        self._rivals = Rivals()
        self._orders_left: list[Order] = []
        self._offline_since: float | None = time.monotonic()
        self._offline_told = False
        self._beat_at = 0.0
        self._beaten_at = float("-inf")
        self._changed = False
        self._goodbye_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        self.progressed_at = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Tell that the outbox got something new. Any thread may call it."""
        self._link.wake()

    def beat_soon(self) -> None:
        """Tell that a reader's health changed. Any thread may call it."""
        self._changed = True
        self._link.wake()

    def stop(self, within_s: float) -> None:
        """Stop sending, and say goodbye to the broker."""
        self._goodbye_s = within_s / 2
        self._stopping.set()
        self._link.wake()
        self._thread.join(within_s)

    @property
    def healthy(self) -> bool:
        """Whether the thread lives and came round lately. Being offline is healthy."""
        return self._thread.is_alive()

    @property
    def online(self) -> bool:
        """Whether the broker has us now."""
        return self._offline_since is None

    @property
    def unconfirmed_s(self) -> float:
        """How long facts under way have waited for a receipt."""
        return self._window.unconfirmed_s(time.monotonic())

    @property
    def takeovers(self) -> tuple[int, datetime] | None:
        """How often another client took this edge's session lately, and when last."""
        return self._rivals.lately(time.monotonic())

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except OutboxError as error:
                self._journal.error("outbox_unreadable", error=error)
                self._stopping.wait(1.0)
            self.progressed_at = time.monotonic()
        self._link.close(self._goodbye_s)

    def _turn(self) -> None:
        """Wait for something to do, take all that is there, then send what may go out."""
        if not self._inbox:
            self._inbox.extend(self._link.turn(self._idle_s()))
        while self._inbox:
            self._take(self._inbox.popleft())
        now = time.monotonic()
        if self._changed:
            self._changed = False
            self._beat_at = min(self._beat_at, self._beaten_at + LEAST_BEAT_S)
        if self._window.tick(now):
            self._journal.warning(
                "window_back", settled=self._window.settled, patience_s=self._window.patience_s
            )
        self._send()
        self._send_ahead()
        if self._message_limit and now >= self._beat_at:
            self.beat()

    def _idle_s(self) -> float:
        """Until when nothing is due, in seconds from now."""
        due = min(self._window.due, self._beat_at) if self._message_limit else self._window.due
        return min(LONGEST_TURN_S, due - time.monotonic())

    def _take(self, event: Event) -> None:
        match event:
            case Connected():
                self._connected(event)
            case Disconnected():
                self._disconnected(event)
            case Message():
                self._message(event)
            case Refused():
                self._journal.warning("publish_refused", reason=event.reason)

    def _connected(self, event: Connected) -> None:
        self._message_limit = event.message_limit
        self._rivals.connected(event.session)
        self._link.publish_status(online=True)
        self._announce()
        silent_s = 0.0 if self._offline_since is None else time.monotonic() - self._offline_since
        self._journal.info("broker_connected", session=event.session, offline_s=round(silent_s, 1))
        self._offline_since, self._offline_told = None, False

    def _announce(self) -> None:
        self._link.publish(self._topics.birth(self._edge), encode(self._voice.birth()), retain=True)
        self._beat_at = 0.0

    def _disconnected(self, event: Disconnected) -> None:
        self._window.close()
        if self._message_limit:
            self._rivals.lost()
        self._message_limit = 0
        if event.taken:
            self._taken()
        if self._offline_since is None:
            self._offline_since = time.monotonic()
        tell = self._journal.debug if self._offline_told else self._journal.warning
        tell("broker_lost", reason=event.reason)
        self._offline_told = True

    def _taken(self) -> None:
        """Somebody else is logged in as this edge, perhaps a copy of its card: share no stream with him."""
        at = datetime.now(UTC)
        self._rivals.took(at, time.monotonic())
        self._beat_at = 0.0
        if not self._rivals.parted:
            self._journal.error("session_taken", edge=self._edge)
            self._outbox.append("@uplink", [EdgeEvent(event="session_taken", at=at)])
            self._restart_stream()
            self._rivals.parted = True

    def beat(self) -> None:
        """Publish the heartbeat now."""
        self._beaten_at = now = time.monotonic()
        self._beat_at = now + HEARTBEAT_S
        beat = self._voice.heartbeat(self._link.session, self._window.unconfirmed_s(now))
        self._link.publish(self._topics.heartbeat(self._edge), encode(beat), qos=0, retain=True)
        left, self._orders_left = self._orders_left, []
        for order in left:
            self._order(order)

    def _message(self, event: Message) -> None:
        if not event.payload:
            return
        try:
            if event.topic == self._topics.receipts(self._edge):
                self._receipt(decode(event.payload, Receipt))
            elif event.topic == self._topics.central_status:
                self._central(decode(event.payload, Status))
            elif event.topic == self._topics.status(self._edge):
                if self._rivals.wrote(decode(event.payload, Status).session):
                    self._taken()
            else:
                self._order(decode_order(event.payload))
        except WireError as error:
            self._journal.warning("message_unreadable", topic=event.topic, reason=error)

    def _order(self, order: Order) -> None:
        """Hand an order on; one that the outbox cannot take note of now is tried again with every beat."""
        try:
            self._voice.order(order)
        except OutboxError as error:
            self._journal.warning("order_waits", order_id=order.order_id, reason=error)
            self._orders_left.append(order)

    def _central(self, status: Status) -> None:
        if status.online and not self._window.is_open:
            self._announce()
            self._window.open(time.monotonic())
        elif not status.online:
            self._window.close()

    def _receipt(self, receipt: Receipt) -> None:
        mark = self._outbox.mark
        if receipt.outbox_id != mark.outbox_id:
            return
        if self._window.is_strange(receipt.upto_seq):
            self._journal.warning("outbox_rolled_back", receipt=receipt.upto_seq, newest=mark.newest)
            self._restart_stream()
            return
        if self._window.receipt(receipt.upto_seq, time.monotonic(), gap=receipt.gap):
            self._outbox.settle(self._window.settled)
            self._journal.debug("batch_settled", upto=self._window.settled)
            if mark.settled - mark.settled_on_disk >= KEEP_FACTS:
                self._outbox.keep()

    def _restart_stream(self) -> None:
        """Send all that is kept under a new outbox id: what central knows of the old one may not be ours."""
        self._outbox.restart_stream()
        fresh = self._outbox.mark
        self._window = Window(settled=fresh.settled, known=fresh.newest, is_open=self._window.is_open)
        if self._message_limit:
            self._announce()

    def _send(self) -> None:
        while self._message_limit and self._window.sent < self._outbox.mark.newest:
            room = min(self._window.room(), BATCH_LIMIT)
            if room <= 0:
                return
            batch = self._outbox.waiting(self._window.sent, room, self._message_limit - ENVELOPE_BYTES)
            if not batch:
                return
            message = self._joined(batch)
            if len(message) > self._message_limit:
                self._journal.error("fact_set_aside", seq=batch[0].seq, bytes=len(batch[0].body))
                self._outbox.set_aside(batch[0])
                continue
            self._link.publish(self._topics.facts(self._edge), message)
            self._window.went_out(batch[-1].seq, time.monotonic())

    def _send_ahead(self) -> None:
        """Let live punches that were appended just now overtake a backlog that fills the window.

        They go out again in their turn, so receipts stay gapless; central knows them by their ids then.
        """
        after, self._noted = max(self._noted, self._window.sent), self._outbox.mark.newest
        if not self._window.is_open or after >= self._noted:
            return
        for fact in self._outbox.fresh(after, AHEAD_FACTS):
            if fact.seq <= self._noted and is_live(fact.body):
                self._link.publish(self._topics.facts(self._edge), self._joined([fact], ahead=True))
                self._window.went_ahead(fact.seq)

    def _joined(self, batch: list[Waiting], *, ahead: bool = False) -> bytes:
        return joined(self._outbox.mark.outbox_id, self._window.settled, batch, ahead=ahead)
