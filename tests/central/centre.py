"""Central wired up inside the test's own process, and an edge that a test speaks by hand."""

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from central.access.roles import User
from central.bus import Bus, Wanted
from central.colors import Limits
from central.directory.employee import Credential, Employee
from central.intake import Intake
from central.ledger import people
from central.ledger import users as store
from central.ledger.database import Ledger
from central.ledger.outage import Outage
from central.post import Delivery
from central.requests.desk import Requests
from central.watch.watcher import Watch
from central.zones import Zones
from edge.readers.rereads import Log, answer
from simulators.mosquitto import Mosquitto
from tests.peer import TOPICS, Peer, options_of, peer
from tests.waiting import until
from wire.codec import decode_order
from wire.facts import Envelope, Fact, OrderOutcome
from wire.order import Order, RereadOrder
from wire.punch import Punch
from wire.receipt import Receipt
from wire.vitals import Birth, Heartbeat, ReaderBirth, ReaderVital, Status

ZONES = Zones(ZoneInfo("Asia/Kolkata"))
PEOPLE = (
    Employee(employee_id="E1", name="Asha", credentials=frozenset({Credential("user-id", "1")})),
    Employee(employee_id="E2", name="Bina", credentials=frozenset({Credential("user-id", "2")})),
    Employee(employee_id="E9", name="Chetan"),
)
ANNA = User("anna", "administrator")


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


class Clock:
    """Central's clock for a test: the real one, plus what the test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        """The time now."""
        return utc_now() + self.ahead


class Centre:
    """Every thread of central, in one process and with one connection to the broker."""

    def __init__(
        self,
        broker: Mosquitto,
        database: str,
        *,
        edges: Sequence[str] = (),
        users: Sequence[User] = (ANNA,),
        limits: Limits | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.ledger = Ledger(database, outage=Outage())
        self.ledger.migrate(utc_now())
        with self.ledger.write() as connection:
            people.save(connection, PEOPLE, utc_now())
            for user in users:
                store.save(connection, user, utc_now())
        wanted = [
            Wanted(topic)
            for topic in (
                TOPICS.facts("+"),
                TOPICS.status("+"),
                TOPICS.birth("+"),
                TOPICS.heartbeat("+"),
                TOPICS.request("+", "+"),
            )
        ]
        board = Wanted(TOPICS.whole_board, others=True)
        self._bus = Bus(options_of(broker, "central"), [*wanted, board], self._route, self._connected)
        publish = self._bus.publish
        self.watch = Watch(
            TOPICS, publish, self.ledger, returned=self._returned, edges=edges, limits=limits, clock=clock
        )
        self.requests = Requests(
            TOPICS,
            publish,
            self.ledger,
            people.People(self.ledger),
            ZONES,
            self.watch.readers,
            heartbeats=self.watch.heartbeats,
            clock=clock,
        )
        self._letters = Letterbox()
        told = (self.watch.landed, self.requests.landed)
        self._intake = Intake(self.ledger, TOPICS, self._letters, publish, self._bus.ack, told, clock)

    def start(self) -> None:
        """Start the threads, as the service does."""
        for part in (self._intake, self.watch, self.requests, self._bus):
            part.start()

    def stop(self) -> None:
        """Stop them in the service's order."""
        self._intake.stop(5)
        self.requests.stop()
        self.watch.stop()
        self._bus.stop()
        self.ledger.close()

    def _route(self, delivery: Delivery) -> None:
        match delivery.levels:
            case ("edge", _, "facts"):
                self._letters.put(delivery)
            case ("edge", _, "birth"):
                self._letters.put(delivery)
                self.watch.take(delivery)
            case ("admin", *_):
                self.requests.take(delivery)
            case _:
                self.watch.take(delivery)

    def _connected(self) -> None:
        self.watch.connected()
        self.requests.connected()

    def _returned(self, edge: str) -> None:
        self.requests.returned(edge)


class Letterbox:
    """The intake's ears where another thread has the connection."""

    def __init__(self) -> None:
        self._letters: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()

    def put(self, delivery: Delivery) -> None:
        """Bring a message."""
        self._letters.put(delivery)

    def wake(self) -> None:
        """End the wait."""
        self._letters.put(None)

    def hear(self, wait_s: float) -> list[Delivery]:
        """What came."""
        heard: list[Delivery | None] = []
        with suppress(queue.Empty):
            heard.append(self._letters.get(timeout=wait_s) if wait_s else self._letters.get_nowait())
            while True:
                heard.append(self._letters.get_nowait())
        return [delivery for delivery in heard if delivery is not None]


@contextmanager
def centre(broker: Mosquitto, database: str, **options: object) -> Iterator[Centre]:
    """A central at work for as long as the block runs."""
    one = Centre(broker, database, **options)  # type: ignore[arg-type]
    one.start()
    try:
        yield one
    finally:
        one.stop()


class HandEdge:
    """An edge that says what the test tells it to say, in one outbox stream."""

    def __init__(self, one: Peer, edge: str) -> None:
        self.peer = one
        self.edge = edge
        self.session = "s1"
        self.next_seq = 1
        one.subscribe(TOPICS.orders(edge))
        one.subscribe(TOPICS.receipts(edge))

    def status(self, *, online: bool = True, session: str | None = None, reason: str = "") -> None:
        """Say whether it is there; retained."""
        status = Status(online=online, session=session or self.session, at=utc_now(), reason=reason)
        self.peer.send(TOPICS.status(self.edge), status, retain=True)

    def birth(self, *readers: str) -> None:
        """Say which readers it has; retained."""
        birth = Birth(
            edge=self.edge,
            version="1",
            config_hash="c",
            boot_id="b",
            outbox_id="outbox-1",
            next_seq=self.next_seq,
            settled=0,
            at=utc_now(),
            readers=tuple(
                ReaderBirth(reader=name, kind="zkteco", device_kind="terminal") for name in readers
            ),
        )
        self.peer.send(TOPICS.birth(self.edge), birth, retain=True)

    def beat(self, *vitals: ReaderVital, reason: str = "", evidence: str = "", backlog: int = 0) -> None:
        """Say how it is; retained."""
        beat = Heartbeat(
            at=utc_now(),
            session=self.session,
            uptime_s=1.0,
            trust="synced",
            backlog=backlog,
            reason=reason,
            evidence=evidence,
            readers=vitals,
        )
        self.peer.send(TOPICS.heartbeat(self.edge), beat, retain=True)

    def tell(self, *facts: Fact) -> None:
        """Put facts into the stream, and say them until central has confirmed them, as an edge does."""
        envelope = Envelope(
            outbox_id="outbox-1", first_seq=self.next_seq, settled=self.next_seq - 1, facts=facts
        )
        self.next_seq += len(facts)
        last = self.next_seq - 1
        sent_at = 0.0

        def confirmed() -> bool:
            nonlocal sent_at
            if time.monotonic() - sent_at > 1.0:
                self.peer.send(TOPICS.facts(self.edge), envelope)
                sent_at = time.monotonic()
            receipt = self.peer.last(TOPICS.receipts(self.edge), Receipt)
            return receipt is not None and receipt.upto_seq >= last

        until(confirmed)

    def orders(self) -> list[Order]:
        """The orders that it got."""
        return [decode_order(payload) for payload in self.peer.heard[TOPICS.orders(self.edge)]]

    def order(self) -> RereadOrder:
        """Wait for the latest order to read again."""
        until(self.orders)
        order = self.orders()[-1]
        assert isinstance(order, RereadOrder)
        return order

    def carry_out(self, order: RereadOrder, *device: Punch) -> None:
        """Answer an order as a reader does that holds these punches."""
        (reader,) = order.readers or ()
        punches = [replace(punch, how="reread") for punch in device]
        told = answer(order, reader, lambda: punches, utc_now(), Log("SER1", len(device)))
        self.tell(*told, OrderOutcome(order_id=order.order_id, outcome="done", at=utc_now()))

    def come_up(self, *readers: str) -> None:
        """Come online with these readers, all well."""
        self.status()
        self.birth(*readers)
        self.beat(*(ReaderVital(reader=name, state="ok", since=utc_now()) for name in readers))


def serving(one: Peer) -> None:
    """Wait until central says that it is online."""
    one.subscribe(TOPICS.central_status)
    until(lambda: (status := one.last(TOPICS.central_status, Status)) is not None and status.online)


@contextmanager
def hand_edge(broker: Mosquitto, edge: str = "pune-01") -> Iterator[HandEdge]:
    """An edge spoken by hand."""
    with peer(broker, edge) as one:
        yield HandEdge(one, edge)
