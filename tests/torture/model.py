"""A model of the broker between a real edge and a real intake: it loses, repeats, reorders and forgets.

Everything else is the product: `edge.daemon.Daemon` with its outbox file, pump and window, and
`central.intake.Intake` with its ledger file. No thread runs; each step is made by whoever drives the model.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from central.intake import Intake
from central.ledger import orders
from central.ledger.database import Ledger
from central.post import Delivery
from central.reception import Opened
from edge.buffer.outbox import Outbox
from edge.config import Config, EdgeOptions, OutboxOptions
from edge.daemon import Daemon
from edge.readers.identity import memoryless_punch_id
from edge.uplink.link import Connected, Disconnected, Event, Message
from ground.mqtt import BrokerOptions
from tests.central.centre import Letterbox
from tests.edge.making import AT, punch
from wire.codec import MESSAGE_LIMIT, decode, decode_fact, encode
from wire.punch import Badge, Clock, Punch
from wire.receipt import Receipt
from wire.topics import Topics
from wire.vitals import Status

EDGE = "pune-01"
TOPICS = Topics()


@dataclass(frozen=True, slots=True)
class Letter:
    """A message under way."""

    topic: str
    payload: bytes


@dataclass(slots=True)
class Broker:
    """What the broker holds: retained messages, and a queue for each side that is connected."""

    edge_is_there: bool = False
    central_is_there: bool = False
    retained: dict[str, bytes] = field(default_factory=dict)
    to_edge: list[Letter] = field(default_factory=list)
    to_central: list[Letter] = field(default_factory=list)
    said: list[Letter] = field(default_factory=list)
    """Everything that was ever published, for those who replay it."""

    def from_edge(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Take a message of the edge."""
        self._take(Letter(topic, payload), retain=retain)
        if self.central_is_there:
            self.to_central.append(Letter(topic, payload))

    def from_central(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Take a message of central; False while it has no connection."""
        if not self.central_is_there:
            return False
        self._take(Letter(topic, payload), retain=retain)
        if self.edge_is_there:
            self.to_edge.append(Letter(topic, payload))
        return True

    def _take(self, letter: Letter, *, retain: bool) -> None:
        self.said.append(letter)
        if retain:
            self.retained[letter.topic] = letter.payload


_sessions = count()


class EdgeLink:
    """Stands in the place of the pump's connection."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.session = ""

    def wake(self) -> None:
        """Nobody waits here."""

    def turn(self, _wait_s: float) -> list[Event]:
        """Nothing comes by itself: whoever drives the model hands it over."""
        return []

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand a message to the broker."""
        del qos
        if self._broker.edge_is_there:
            self._broker.from_edge(topic, payload, retain=retain)

    def publish_status(self, *, online: bool, reason: str = "") -> None:
        """Say whether the edge is there."""
        status = Status(online=online, session=self.session, at=AT, reason=reason)
        self.publish(TOPICS.status(EDGE), encode(status), retain=True)


class ModelEdge:
    """A branch: a terminal that remembers, a card reader that does not, and the daemon's own parts."""

    def __init__(self, folder: Path, broker: Broker, make_outbox: Callable[[Path], None]) -> None:
        self._folder = folder
        self._broker = broker
        self._make_outbox = make_outbox
        self._path = folder / "outbox.db"
        self._cards = 0
        self.log: list[Punch] = []
        """What the terminal's own log holds."""
        make_outbox(self._path)
        self.boot()

    def boot(self) -> None:
        """Start the daemon on the file that is there, and read the terminal."""
        self.daemon = Daemon(
            Config(
                edge=EdgeOptions(id=EDGE, state_dir=self._folder),
                broker=BrokerOptions(host="model"),
                outbox=OutboxOptions(),
                readers=(),
                hash="",
            )
        )
        # The model drives the daemon's parts in the place of its threads.
        self.pump: Any = self.daemon._pump  # noqa: SLF001
        self.outbox: Outbox = self.daemon._outbox  # noqa: SLF001
        self._link = vars(self.pump)["_link"] = EdgeLink(self._broker)
        self.read_terminal()

    def die(self) -> None:
        """End as by SIGKILL: what is not on the disk is gone."""
        self._broker.edge_is_there = False
        self._broker.to_edge.clear()
        self.outbox._store.close()  # noqa: SLF001

    def read_terminal(self) -> None:
        """Bring what is new of the terminal's log into the outbox."""
        self.outbox.append("gate", self.log)

    def punched(self, many: int) -> None:
        """People punch at the terminal, and their live events arrive."""
        fresh = [punch(len(self.log) + number) for number in range(many)]
        self.log += fresh
        self.outbox.append("gate", fresh)

    def carded(self, many: int) -> None:
        """People present cards."""
        for _ in range(many):
            self._cards += 1
            at = AT + timedelta(seconds=self._cards, milliseconds=1)
            one = Punch(
                punch_id=memoryless_punch_id(self.outbox.mark.outbox_id, self._cards, at),
                reader="canteen",
                kind="serial",
                badge=Badge(raw=str(self._cards), form="card"),
                read_at=at,
                clock=Clock(trust="synced", boot_id="b", uptime_s=1.0),
                how="live",
            )
            self.outbox.append("canteen", [one])

    def connect(self) -> None:
        """Come to the broker, and get what it retained."""
        self._broker.edge_is_there = True
        self._broker.to_edge.clear()
        for topic in (TOPICS.status(EDGE), TOPICS.receipts(EDGE), TOPICS.central_status):
            if topic in self._broker.retained:
                self._broker.to_edge.append(Letter(topic, self._broker.retained[topic]))
        self._link.session = f"s{next(_sessions)}"
        self.hear(Connected(self._link.session, MESSAGE_LIMIT))

    def disconnect(self) -> None:
        """Lose the connection; central sees the last will."""
        if self._broker.edge_is_there:
            self._link.publish_status(online=False)
            self._broker.edge_is_there = False
            self._broker.to_edge.clear()
            self.hear(Disconnected("model"))

    def hear(self, event: Connected | Disconnected | Message) -> None:
        """Let the pump take one event and do what it does then."""
        self.pump._inbox.append(event)  # noqa: SLF001
        self.pump._turn()  # noqa: SLF001

    def receives(self, letter: Letter) -> None:
        """A message arrives."""
        self.hear(Message(letter.topic, letter.payload))

    def work(self) -> None:
        """One turn of the pump."""
        self.pump.wake()
        self.pump._turn()  # noqa: SLF001

    def grow_older(self, seconds: float) -> None:
        """Let so many seconds pass for the window, which measures by the machine's clock."""
        window = self.pump._window  # noqa: SLF001
        window.waiting_since -= seconds
        window.went_back_at -= seconds
        self.work()

    def twin(self, folder: Path) -> "ModelEdge":
        """A second Pi that boots from a copy of this one's card; its people present other cards."""
        folder.mkdir()
        twin = ModelEdge(folder, self._broker, self.copy_of_file)
        twin._cards = self._cards + 1000
        return twin

    def copy_of_file(self, image: Path) -> None:
        """Make an image of the card as it is now."""
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(image)) as target:
            source.backup(target)

    def roll_back(self, image: Path) -> None:
        """Boot from an older image: a card that forgot its last writes."""
        self.die()
        self._replace(image)
        self.boot()

    def lose_file(self) -> None:
        """Boot with a new card."""
        self.die()
        self._remove()
        self._make_outbox(self._path)
        self.boot()

    def _replace(self, image: Path) -> None:
        self._remove()
        shutil.copy(image, self._path)

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def held(self) -> dict[int, str]:
        """The punch ids that the outbox holds, by number."""
        waiting = self.outbox.waiting(0, 100_000, 1 << 30)
        facts = ((fact.seq, decode_fact(fact.body)) for fact in waiting)
        return {seq: fact.punch_id for seq, fact in facts if isinstance(fact, Punch)}

    def settled_ids(self) -> set[str]:
        """The punch ids that this edge believes at central."""
        return {known for seq, known in self.held().items() if seq <= self.outbox.mark.settled}


class ModelCentral:
    """The intake on a ledger file. `covers` is told of every receipt before anybody else hears of it."""

    def __init__(
        self, ledger: Path, template: Path, broker: Broker, covers: Callable[[Receipt], None]
    ) -> None:
        self._path = ledger
        self._broker = broker
        self._covers = covers
        shutil.copy(template, ledger)
        self.start()

    def start(self) -> None:
        """Open the ledger and come to the broker."""
        self.ledger = Ledger(str(self._path))
        self.intake: Any = Intake(self.ledger, TOPICS, Letterbox(), self._publish, lambda _: None)

    def connect(self) -> None:
        """Come to the broker: what it retained arrives, then central says that it is there."""
        self._broker.central_is_there = True
        self._broker.to_central.clear()
        for topic in (TOPICS.status(EDGE), TOPICS.birth(EDGE)):
            if topic in self._broker.retained:
                self._broker.to_central.append(Letter(topic, self._broker.retained[topic]))
        self._say(online=True)

    def disconnect(self) -> None:
        """Lose the connection; edges see the last will."""
        if self._broker.central_is_there:
            self._say(online=False)
            self._broker.central_is_there = False
            self._broker.to_central.clear()

    def die(self) -> None:
        """End as by SIGKILL."""
        self.disconnect()
        self.ledger.close()

    def receives(self, letters: list[Letter]) -> None:
        """Take a group of messages in, as one transaction."""
        group = []
        for letter in letters:
            levels = TOPICS.parse(letter.topic)
            if levels[-1] in ("facts", "birth"):
                delivery = Delivery(levels, letter.payload, retained=False, mid=1, connection=1)
                group.append(Opened.of(delivery))
            elif levels[-1] == "status" and b'"online":true' in letter.payload:
                self._repeat_orders()
        self.intake._take_in(group)  # noqa: SLF001

    def _repeat_orders(self) -> None:
        """What the desk does when an edge returns."""
        with self.ledger.read() as connection:
            waiting = orders.open_orders(connection, EDGE, datetime.now(UTC))
        for order in waiting:
            self._publish(TOPICS.orders(EDGE), order)

    def forget_what_was_told(self) -> None:
        """Let the second pass in which a receipt is not repeated."""
        self.intake._told.clear()  # noqa: SLF001

    def back_up(self) -> Path:
        """Copy the ledger while central works."""
        copy = self._path.with_name("backup.db")
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy

    def restore(self, copy: Path) -> None:
        """Go on with an older ledger."""
        self.die()
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        shutil.copy(copy, self._path)
        self.start()

    def held(self) -> set[str]:
        """The punch ids in the ledger."""
        with self.ledger.read() as connection:
            return {row[0].hex() for row in connection.exec_driver_sql("SELECT punch_id FROM punches")}

    def _publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        del qos
        if topic == TOPICS.receipts(EDGE):
            self._covers(decode(payload, Receipt))
        return self._broker.from_central(topic, payload, retain=retain)

    def _say(self, *, online: bool) -> None:
        status = Status(online=online, session="c", at=AT)
        self._broker.from_central(TOPICS.central_status, encode(status), retain=True)
