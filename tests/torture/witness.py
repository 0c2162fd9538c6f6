"""Listens to all that edge and central say: checks receipts on the spot, and says old things again."""

import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import paho.mqtt.client as paho

from ground.mqtt import BrokerOptions, new_client
from tests.waiting import until
from wire.board import BoardEntry
from wire.codec import WireError, decode
from wire.facts import SealedEnvelope
from wire.receipt import Receipt
from wire.topics import Topics
from wire.vitals import Status

TOPICS = Topics()


class Witness:
    """One client beside the parts. `wrong` collects what must not happen."""

    def __init__(self, options: BrokerOptions, ledger: Path) -> None:
        self.wrong: list[str] = []
        self.receipts = 0
        """How many were checked."""
        self.envelopes: list[tuple[str, bytes]] = []
        """Facts as they were published: topic and payload."""
        self.old_receipts: list[tuple[str, bytes]] = []
        self.board: dict[str, BoardEntry] = {}
        """The lines of the board by reader, "" for the edge as a whole."""
        self.days: dict[str, bytes] = {}
        """The newest result of each workday's topic."""
        self.repeated_days: list[tuple[float, str]] = []
        """When a result came again that was no news, and on which topic."""
        self._ledger = ledger
        self._options = options
        self.central_is_there = False
        """What central says of itself."""
        self.interrupted = False
        """Whether it lost its own connection, and so may have missed something."""
        self._client: paho.Client | None = None
        self._promised: dict[str, int] = defaultdict(int)
        self._excused: dict[str, int] = {}
        self._lock = threading.RLock()
        self._barriers: set[str] = set()

    def start(self) -> None:
        """Connect, and go on trying."""
        client = self._client = new_client(self._options, "witness")
        client.on_connect = lambda client, *_: client.subscribe(
            [
                (TOPICS.facts("+"), 1),
                (TOPICS.central_status, 1),
                (TOPICS.receipts("+"), 1),
                (TOPICS.whole_board, 1),
                (f"{TOPICS.prefix}/days/#", 1),
                ("barrier/#", 1),
            ]
        )
        client.on_message = self._heard
        client.on_disconnect = self._lost
        client.reconnect_delay_set(1, 1)
        client.connect_async(self._options.host, self._options.port)
        client.loop_start()
        until(client.is_connected)

    def stop(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def _lost(self, *_: object) -> None:
        self.central_is_there = False
        self.interrupted = True

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish something with central's rights."""
        if self._client is not None:
            self._client.publish(topic, payload, qos=1, retain=retain)

    @contextmanager
    def looking_away(self) -> Iterator[None]:
        """While the block puts another ledger in place; what was promised before may be asked for again."""
        self._catch_up()
        with self._lock:
            yield
            self._excused = dict(self._promised)

    def _catch_up(self) -> None:
        """Wait until everything that the broker has by now was heard, unless it restarts meanwhile."""
        mark = f"barrier/{time.monotonic_ns()}"
        deadline = time.monotonic() + 5
        told = 0.0
        while mark not in self._barriers and time.monotonic() < deadline:
            if time.monotonic() - told > 1:
                self.say(mark, b"x")
                told = time.monotonic()
            time.sleep(0.01)

    def _heard(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        topic, payload = message.topic, bytes(message.payload)
        if topic.startswith("barrier/"):
            self._barriers.add(topic)
            return
        if topic == TOPICS.central_status:
            self.central_is_there = decode(payload, Status).online
            return
        levels = TOPICS.parse(topic)
        if levels[0] == "board":
            if payload:
                self.board[levels[2] if len(levels) > 2 else ""] = decode(payload, BoardEntry)
            return
        leaf = levels[-1]
        with self._lock:
            if leaf == "facts":
                self.envelopes.append((topic, payload))
            elif leaf == "receipts":
                self.old_receipts.append((topic, payload))
                if message.retain:  # said while nobody listened
                    self._promise(decode(payload, Receipt))
                else:
                    self._receipt(levels[1], payload)
            elif self.days.get(topic) == payload:
                self.repeated_days.append((time.monotonic(), topic))
            else:
                self.days[topic] = payload

    def _receipt(self, edge: str, payload: bytes) -> None:
        """At this moment the ledger holds every fact that the receipt covers."""
        receipt = decode(payload, Receipt)
        stream, upto = receipt.outbox_id, receipt.upto_seq
        wanted = range(self._excused.get(stream, 0) + 1, upto + 1)
        try:
            with closing(sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True, timeout=10)) as db:
                query = "SELECT first_seq, facts FROM arrivals WHERE edge = ? AND outbox_id = ?"
                arrived = {
                    n
                    for first, count in db.execute(query, (edge, stream))
                    for n in range(first, first + count)
                }
        except sqlite3.Error:
            return
        missing = [number for number in wanted if number not in arrived]
        if missing:
            told = f"{len(missing)} facts from {missing[0]} on are missing"
            self.wrong.append(f"a receipt for {upto} of {stream[:8]}, and {told}")
        self._promise(receipt)
        self.receipts += 1

    def _promise(self, receipt: Receipt) -> None:
        known = self._promised[receipt.outbox_id]
        self._promised[receipt.outbox_id] = max(known, receipt.upto_seq)

    def say_old_receipt(self, age: int, *, retain: bool) -> None:
        """Publish a receipt again that was true once."""
        with self._lock:
            if self.old_receipts:
                self.say(*self.old_receipts[-1 - age % len(self.old_receipts)], retain=retain)

    def say_old_facts(self, ages: list[int]) -> None:
        """Publish envelopes again, in any order, as a client does that was not told of their arrival."""
        with self._lock:
            for age in ages:
                if self.envelopes:
                    self.say(*self.envelopes[-1 - age % len(self.envelopes)])

    def future_facts(self) -> set[bytes]:
        """The facts of a kind that central does not know, byte by byte."""
        found: set[bytes] = set()
        with self._lock:
            for _, payload in self.envelopes:
                with suppress(WireError):
                    facts = decode(payload, SealedEnvelope).facts
                    found.update(bytes(raw) for raw in facts if b'"fact":"mood"' in bytes(raw))
        return found
