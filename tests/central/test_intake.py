"""The intake at work between a real broker and a real ledger, where things go wrong that nobody foresaw."""

import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from central import intake, reception
from central.intake import Intake
from central.ledger import quarantine, queries
from central.ledger.database import Ledger
from central.post import Delivery
from simulators.mosquitto import Mosquitto
from tests.central.centre import Centre, centre
from tests.central.facts import card_punch, envelope, terminal_punch
from tests.edge.making import AT
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.codec import decode, encode
from wire.facts import Envelope
from wire.receipt import Receipt
from wire.vitals import Status

EDGES = ("pune-01", "surat-02")


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite: what the intake does is the same on both."""
    return str(tmp_path / "ledger.db")


@pytest.fixture
def central(broker: Mosquitto, database: str) -> Iterator[Centre]:
    """Central at work."""
    with centre(broker, database) as one:
        yield one


@pytest.fixture
def edges(broker: Mosquitto, central: Centre) -> Iterator[dict[str, Peer]]:
    """Two edges, spoken by hand, once central listens."""
    del central
    with peer(broker, EDGES[0]) as one, peer(broker, EDGES[1]) as other:
        spoken = dict(zip(EDGES, (one, other), strict=True))
        for edge, each in spoken.items():
            each.subscribe(TOPICS.receipts(edge))
        one.subscribe(TOPICS.central_status)
        until(lambda: (status := one.last(TOPICS.central_status, Status)) is not None and status.online)
        yield spoken


def receipt(edges: dict[str, Peer], edge: str) -> int:
    """How far the last receipt of an edge goes, 0 without any."""
    last = edges[edge].last(TOPICS.receipts(edge), Receipt)
    return 0 if last is None else last.upto_seq


def held(ledger: Ledger) -> dict[tuple[str, str], int]:
    """The ledger in figures."""
    with ledger.read() as connection:
        return queries.counts(connection)


def refuse(ledger: Ledger, badge: str) -> None:
    """Let the database refuse one badge, as it may for a reason that nobody foresaw."""
    with ledger.write() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER refuse BEFORE INSERT ON punch_rows WHEN NEW.badge_raw = '{badge}' "
            "BEGIN SELECT RAISE(ABORT, 'out of sorts'); END"
        )


def test_refused_fact_stops_neither_its_stream_nor_anybody_else(
    central: Centre, edges: dict[str, Peer]
) -> None:
    """What the database refuses goes into quarantine with its message; streams go on, the thread lives."""
    refuse(central.ledger, "13")
    pune, surat = edges["pune-01"], edges["surat-02"]
    pune.publish(TOPICS.facts("pune-01"), envelope(1, terminal_punch(12)))
    pune.publish(TOPICS.facts("pune-01"), envelope(2, terminal_punch(13), terminal_punch(14)))
    surat.publish(TOPICS.facts("surat-02"), envelope(1, terminal_punch(12, serial="SER2")))
    pune.publish(TOPICS.facts("pune-01"), envelope(4, terminal_punch(15)))
    until(lambda: receipt(edges, "pune-01") == 4 and receipt(edges, "surat-02") == 1)
    assert held(central.ledger) == {("pune-01", "front-gate"): 2, ("surat-02", "front-gate"): 1}
    with central.ledger.read() as connection:
        kept = [(one.unread.seq, one.unread.reason) for one in quarantine.waiting(connection)]
    assert [seq for seq, _ in kept] == [2, 3]
    assert all("out of sorts" in reason for _, reason in kept)


def test_edge_cannot_move_the_stream_of_another(central: Centre, edges: dict[str, Peer]) -> None:
    """Two edges with the same outbox id, a copied card for one, have two streams and two receipts."""
    edges["pune-01"].send(TOPICS.facts("pune-01"), envelope(1, terminal_punch(1), terminal_punch(2)))
    until(lambda: receipt(edges, "pune-01") == 2)
    edges["surat-02"].send(TOPICS.facts("surat-02"), envelope(1, card_punch(1, "24:ABCDEF")))
    until(lambda: receipt(edges, "surat-02") == 1)
    assert receipt(edges, "pune-01") == 2
    assert sum(held(central.ledger).values()) == 3


def test_a_gap_is_said_in_the_receipt(central: Centre, edges: dict[str, Peer]) -> None:
    """What arrives behind a gap asks for what is missing; what fills it asks for nothing."""
    del central
    pune = edges["pune-01"]
    pune.send(TOPICS.facts("pune-01"), envelope(2, terminal_punch(2)))
    until(lambda: pune.last(TOPICS.receipts("pune-01"), Receipt) is not None)
    pune.send(TOPICS.facts("pune-01"), envelope(1, terminal_punch(1), terminal_punch(2)))
    until(lambda: receipt(edges, "pune-01") == 2)
    said = pune.all(TOPICS.receipts("pune-01"), Receipt)
    assert [(one.upto_seq, one.gap) for one in said] == [(0, True), (2, False)]


class _Heard:
    """Ears that heard everything already."""

    def __init__(self, waiting: list[Delivery]) -> None:
        self._waiting = waiting
        self._woken = threading.Event()

    def hear(self, wait_s: float) -> list[Delivery]:
        heard, self._waiting = self._waiting, []
        if not heard:
            self._woken.wait(wait_s)
        return heard

    def wake(self) -> None:
        self._woken.set()


def _delivery(edge: str, message: Envelope) -> Delivery:
    return Delivery(("edge", edge, "facts"), encode(message), retained=False, mid=1, connection=1)


def test_one_of_several_centrals_tells_of_a_gap_when_nothing_else_waits(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is behind, so may be the one that can fill the gap: the edge must not send all of it again."""
    monkeypatch.setattr(reception, "GROUP_BYTES", 1)  # one message at a time
    ticks = count()
    monkeypatch.setattr(intake, "time", SimpleNamespace(monotonic=lambda: 0.01 * next(ticks)))
    ledger, told = Ledger(database), list[str]()
    ledger.migrate(AT)

    def publish(topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        del topic, qos, retain
        told.extend(["gap"] if decode(payload, Receipt).gap else [])
        return True

    waiting = [_delivery("pune-01", envelope(2, terminal_punch(2)))] + [
        _delivery("surat-02", envelope(number + 1, terminal_punch(number, serial="SER2")))
        for number in range(100)
    ]
    one = Intake(
        ledger,
        TOPICS,
        _Heard(waiting),
        publish,
        lambda done: told.append(done.levels[1]),
        gap_patience_s=0.2,
    )
    one.start()
    until(lambda: "gap" in told)
    one.stop(5)
    ledger.close()
    assert told.index("gap") > 100


def test_copies_of_a_batch_are_answered_once_a_moment(central: Centre, edges: dict[str, Peer]) -> None:
    """Repeated receipts make an edge go back: a flight of copies must not echo into further copies."""
    pune = edges["pune-01"]
    sent = envelope(1, *map(terminal_punch, range(20)))
    for _ in range(50):
        pune.publish(TOPICS.facts("pune-01"), sent)
    pune.send(TOPICS.facts("pune-01"), envelope(21, terminal_punch(21)))
    until(lambda: receipt(edges, "pune-01") == 21)
    said = [one.upto_seq for one in pune.all(TOPICS.receipts("pune-01"), Receipt)]
    assert said[-1] == 21
    assert len(said) < 25, "an answer to every copy"
    assert sum(held(central.ledger).values()) == 21


def test_copy_after_a_while_is_answered_again(central: Centre, edges: dict[str, Peer]) -> None:
    """An edge that did not get its receipt repeats itself, and is told again."""
    del central
    pune = edges["pune-01"]
    pune.send(TOPICS.facts("pune-01"), envelope(1, terminal_punch(1)))
    until(lambda: receipt(edges, "pune-01") == 1)
    before = len(pune.heard[TOPICS.receipts("pune-01")])

    def told_again() -> bool:
        pune.send(TOPICS.facts("pune-01"), envelope(1, terminal_punch(1)))
        return len(pune.heard[TOPICS.receipts("pune-01")]) > before

    until(told_again, every_s=0.2)


def test_intake_stops_at_once_while_the_ledger_is_away(
    broker: Mosquitto, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is away does not hold up the end of the service; nothing of it was confirmed."""
    with centre(broker, database) as central, peer(broker, "pune-01") as pune:
        pune.subscribe(TOPICS.receipts("pune-01"))
        pune.subscribe(TOPICS.central_status)
        until(lambda: (status := pune.last(TOPICS.central_status, Status)) is not None and status.online)
        with central.ledger.write() as connection:
            connection.exec_driver_sql("ALTER TABLE streams RENAME TO elsewhere")
        pune.send(TOPICS.facts("pune-01"), envelope(1, terminal_punch(1)))
        until(lambda: "ledger_unavailable" in caplog.messages)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert pune.heard[TOPICS.receipts("pune-01")] == []
