"""The pump: the one thread that moves facts from the outbox to the broker and settles them by receipt."""

import queue
import threading
import time
from dataclasses import dataclass
from typing import Protocol

import msgspec

from edge.buffer.outbox import Outbox
from edge.buffer.rows import Waiting
from edge.buffer.store import OutboxError
from edge.uplink.link import Connected, Disconnected, Event, Link, Message, Refused
from edge.uplink.window import Window
from ground.journal import Journal
from ground.mqtt import BrokerOptions
from wire.codec import WireError, decode, decode_order, encode
from wire.facts import BATCH_LIMIT
from wire.order import Order
from wire.receipt import Receipt
from wire.topics import Topics
from wire.vitals import Birth, Heartbeat, Status

HEARTBEAT_S = 30.0
LEAST_BEAT_S = 2.0
"""However often readers change, heartbeats stay this far apart."""
KEEP_S = 900.0
KEEP_FACTS = 20_000
"""The settled mark is written down after so long or so many: a restart sends again what is behind it."""
AHEAD_FACTS = 20
"""So few facts appended between two turns are people punching, not a log being read."""
_ENVELOPE_BYTES = 1024
"""What an envelope and its topic take around its facts, generously."""


class Voice(Protocol):
    """What the pump asks the daemon for."""

    def birth(self) -> Birth:
        """Who this edge is."""

    def heartbeat(self, session: str, unconfirmed_s: float) -> Heartbeat:
        """How it is."""

    def order(self, order: Order) -> None:
        """Take an order from central."""


@dataclass(frozen=True, slots=True)
class Appended:
    """The outbox got something new."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The health of a reader changed."""


class _How(msgspec.Struct):
    how: str = ""


_how = msgspec.json.Decoder(_How)


def is_live(body: bytes) -> bool:
    """Whether an encoded fact is a punch that somebody made just now."""
    return _how.decode(body).how in ("live", "push")


class Pump:
    """Sends what the window permits, takes receipts and orders, and beats. Built idle; `start` runs it."""

    def __init__(self, options: BrokerOptions, edge: str, outbox: Outbox, voice: Voice) -> None:
        self._edge = edge
        self._topics = Topics(options.prefix)
        self._outbox = outbox
        self._voice = voice
        self._journal = Journal("uplink")
        self._inbox: queue.SimpleQueue[Event | Appended | Changed] = queue.SimpleQueue()
        self._link = Link(options, edge, self._inbox.put)
        self._window = Window(settled=outbox.mark.settled, known=outbox.mark.newest)
        self._message_limit = 0
        self._noted = outbox.mark.newest
        self._offline_since: float | None = time.monotonic()
        self._offline_told = False
        self._beat_at = self._keep_at = 0.0
        self._beaten_at = float("-inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        self.progressed_at = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._link.start()
        self._thread.start()

    def wake(self) -> None:
        """Tell that the outbox got something new. Any thread may call it."""
        self._inbox.put(Appended())

    def beat_soon(self) -> None:
        """Tell that a reader's health changed. Any thread may call it."""
        self._inbox.put(Changed())

    def stop(self, within_s: float) -> None:
        """Stop sending, say goodbye to the broker, keep the settled mark."""
        self._stopping.set()
        self.wake()
        self._thread.join(within_s / 2)
        self._link.stop(within_s / 2)

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

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except OutboxError as error:
                self._journal.error("outbox_unreadable", error=error)
                self._stopping.wait(1.0)
            self.progressed_at = time.monotonic()

    def _turn(self) -> None:
        """Wait for events for at most a second, take all that are there, then send what may go out."""
        try:
            self._take(self._inbox.get(timeout=1.0))
            while True:
                self._take(self._inbox.get_nowait())
        except queue.Empty:
            pass
        now = time.monotonic()
        if self._window.tick(now):
            self._journal.warning(
                "window_back", settled=self._window.settled, patience_s=self._window.patience_s
            )
        self._send()
        self._send_ahead()
        if self._message_limit and now >= self._beat_at:
            self.beat()
        if now >= self._keep_at:
            self._keep_at = now + KEEP_S
            self._outbox.keep()

    def _take(self, event: Event | Appended | Changed) -> None:
        match event:
            case Connected():
                self._connected(event)
            case Disconnected():
                self._disconnected(event)
            case Message():
                self._message(event)
            case Refused():
                self._journal.warning("publish_refused", reason=event.reason)
            case Changed():
                self._beat_at = min(self._beat_at, self._beaten_at + LEAST_BEAT_S)
            case Appended():
                pass

    def _connected(self, event: Connected) -> None:
        self._message_limit = event.message_limit
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
        self._message_limit = 0
        if self._offline_since is None:
            self._offline_since = time.monotonic()
        tell = self._journal.debug if self._offline_told else self._journal.warning
        tell("broker_lost", reason=event.reason)
        self._offline_told = True

    def beat(self) -> None:
        """Publish the heartbeat now."""
        self._beaten_at = now = time.monotonic()
        self._beat_at = now + HEARTBEAT_S
        beat = self._voice.heartbeat(self._link.session, self._window.unconfirmed_s(now))
        self._link.publish(self._topics.heartbeat(self._edge), encode(beat), qos=0, retain=True)

    def _message(self, event: Message) -> None:
        if not event.payload:
            return
        try:
            if event.topic == self._topics.receipts(self._edge):
                self._receipt(decode(event.payload, Receipt))
            elif event.topic == self._topics.central_status:
                self._central(decode(event.payload, Status))
            else:
                self._voice.order(decode_order(event.payload))
        except WireError as error:
            self._journal.warning("message_unreadable", topic=event.topic, reason=error)

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
        if self._window.receipt(receipt.upto_seq, time.monotonic()):
            self._outbox.settle(self._window.settled)
            self._journal.debug("batch_settled", upto=self._window.settled)
            if mark.settled - mark.settled_on_disk >= KEEP_FACTS:
                self._outbox.keep()

    def _restart_stream(self) -> None:
        """Send all that is kept under a new outbox id: what central knows of the old one may not be ours."""
        self._outbox.restart_stream()
        fresh = self._outbox.mark
        self._window = Window(settled=fresh.settled, known=fresh.newest, is_open=self._window.is_open)
        self._announce()

    def _send(self) -> None:
        while (room := min(self._window.room(), BATCH_LIMIT)) > 0 and self._message_limit:
            batch = self._outbox.waiting(self._window.sent, room, self._message_limit - _ENVELOPE_BYTES)
            if not batch:
                return
            message = self._envelope(batch)
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
        before, self._noted = self._noted, self._outbox.mark.newest
        overtaken = max(before, self._window.sent)
        if not self._window.is_open or not 0 < self._noted - overtaken <= AHEAD_FACTS or overtaken > before:
            return
        fresh = self._outbox.waiting(overtaken, AHEAD_FACTS, self._message_limit - _ENVELOPE_BYTES)
        for fact in fresh:
            if is_live(fact.body):
                self._link.publish(self._topics.facts(self._edge), self._envelope([fact], ahead=True))

    def _envelope(self, batch: list[Waiting], *, ahead: bool = False) -> bytes:
        """Join facts that are encoded already; the same bytes as encoding a `wire.facts.Envelope`."""
        head = (
            f'{{"outbox_id":"{self._outbox.mark.outbox_id}","first_seq":{batch[0].seq},'
            f'"settled":{self._window.settled},"facts":['
        )
        tail = b'],"ahead":true,"v":1}' if ahead else b'],"v":1}'
        return head.encode() + b",".join(fact.body for fact in batch) + tail
