"""Promises of the board: what edges say, and fail to say, stands on its topics with a reason."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from central.colors import Limits
from simulators.mosquitto import Mosquitto
from tests.central.centre import Clock, HandEdge, centre, hand_edge, serving, utc_now
from tests.central.facts import terminal_punch
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.board import BoardEntry
from wire.codec import encode
from wire.listing import SummaryRequest
from wire.vitals import ReaderVital, Status

EDGE = TOPICS.board("pune-01")
GATE = TOPICS.board("pune-01", "front-gate")
AT_ONCE = Limits(hold_s=0)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """One ledger in a file."""
    return str(tmp_path / "ledger.db")


@pytest.fixture
def anna(broker: Mosquitto) -> Iterator[Peer]:
    """A person who looks at the board."""
    with peer(broker, "anna") as one:
        one.subscribe(TOPICS.whole_board)
        yield one


@pytest.fixture
def edge(broker: Mosquitto) -> Iterator[HandEdge]:
    """The edge pune-01, spoken by hand."""
    with hand_edge(broker) as one:
        yield one


def _vital(reason: str = "", evidence: str = "") -> ReaderVital:
    return ReaderVital(
        reader="front-gate",
        state="unreachable" if reason else "ok",
        since=utc_now(),
        reason=reason,
        evidence=evidence,
        last_contact=utc_now(),
    )


def _shows(anna: Peer, topic: str, color: str, reason: str = "", *, online: bool = True) -> BoardEntry:
    """Wait until a line of the board is like this, and return it."""

    def seen() -> BoardEntry | None:
        return anna.last(topic, BoardEntry)

    until(
        lambda: (
            (entry := seen()) is not None
            and (entry.color, entry.reason, entry.online) == (color, reason, online)
        )
    )
    entry = seen()
    assert entry is not None
    return entry


def _listening(anna: Peer) -> None:
    """Wait until central has noted that it is connected: an answer comes only behind that."""
    serving(anna)
    anna.subscribe(TOPICS.answers("anna"))
    anna.send(TOPICS.request("anna", "summary"), SummaryRequest(request_id="ready"))
    until(lambda: anna.heard[TOPICS.answer("anna", "ready")])


def test_a_reader_goes_from_never_to_green_with_its_first_punch(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Red until the ledger holds a punch, then green at once, with the time of its arrival."""
    with centre(broker, database):
        edge.come_up("front-gate")
        red = _shows(anna, GATE, "red", "never-punched")
        assert red.next_step
        before = utc_now()
        edge.tell(terminal_punch(1))
        green = _shows(anna, GATE, "green")
        assert green.last_punch is not None
        assert before <= green.last_punch <= utc_now()
        assert green.last_contact is not None
        assert _shows(anna, EDGE, "green").last_punch == green.last_punch


def test_time_alone_changes_the_colour(broker: Mosquitto, database: str, anna: Peer, edge: HandEdge) -> None:
    """Nobody says anything, and still the board turns orange after 30 minutes and red after 24 hours."""
    clock = Clock()
    with centre(broker, database, clock=clock):
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        _shows(anna, GATE, "green")
        clock.ahead = timedelta(minutes=29, seconds=30)
        edge.beat(_vital())
        until(lambda: (seen := anna.last(EDGE, BoardEntry)) and _later(seen.last_contact, clock))
        assert _shows(anna, GATE, "green").online
        clock.ahead = timedelta(minutes=30, seconds=30)
        edge.beat(_vital())
        _shows(anna, GATE, "orange", "idle")
        clock.ahead = timedelta(hours=24, seconds=30)
        edge.beat(_vital())
        _shows(anna, GATE, "red", "idle")


def _later(contact: datetime | None, clock: Clock) -> bool:
    return contact is not None and clock() - contact < timedelta(minutes=1)


def test_a_reader_says_itself_what_is_wrong(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """The reader's own reason and evidence stand on the board, with the next step."""
    with centre(broker, database):
        edge.status()
        edge.birth("front-gate")
        edge.beat(_vital("wrong-comm-key", "CMD_ACK_UNAUTH at 08:00"))
        entry = _shows(anna, GATE, "red", "wrong-comm-key", online=False)
        assert entry.evidence == "CMD_ACK_UNAUTH at 08:00"
        assert "comm_key" in entry.next_step
        assert _shows(anna, EDGE, "red", "wrong-comm-key").evidence.startswith("front-gate: ")


def test_an_edge_that_stops_and_returns_is_told_at_once(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Offline shows on the edge and its readers with the words of its status; back is back."""
    with centre(broker, database, limits=AT_ONCE):
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        _shows(anna, EDGE, "green")
        edge.status(online=False, reason="stopped")
        assert "stopped" in _shows(anna, EDGE, "orange", "edge-offline", online=False).evidence
        _shows(anna, GATE, "green", "edge-offline", online=False)
        edge.session = "s2"
        edge.come_up("front-gate")
        _shows(anna, EDGE, "green")
        _shows(anna, GATE, "green")


def test_a_late_will_puts_nobody_offline(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """The will of an old session, delivered after the new one began, changes nothing."""
    clock = Clock()
    with centre(broker, database, limits=AT_ONCE, clock=clock):
        edge.come_up("front-gate")
        edge.session = "s2"
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        _shows(anna, EDGE, "green")
        edge.status(online=False, session="s1", reason="connection lost")
        clock.ahead = timedelta(seconds=11)
        edge.beat(_vital(), backlog=7)
        until(lambda: (seen := anna.last(EDGE, BoardEntry)) is not None and seen.backlog == 7)
        assert all(entry.online for entry in anna.all(EDGE, BoardEntry))


def test_a_late_will_that_central_finds_retained_is_seen_through(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Where the last retained word is an old will, the first live heartbeat of the new session refutes it."""
    edge.session = "s2"
    edge.come_up("front-gate")
    edge.status(online=False, session="s1", reason="connection lost")
    with centre(broker, database, limits=AT_ONCE):
        _shows(anna, EDGE, "red", "edge-offline", online=False)
        edge.beat(_vital())
        _shows(anna, EDGE, "red", "never-punched")


def test_silence_is_heard(broker: Mosquitto, database: str, anna: Peer, edge: HandEdge) -> None:
    """A connected edge that sends no heartbeat becomes silent by central's clock; a heartbeat ends it."""
    clock = Clock()
    with centre(broker, database, clock=clock, limits=AT_ONCE):
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        _shows(anna, EDGE, "green")
        clock.ahead = timedelta(seconds=100)
        _shows(anna, EDGE, "orange", "edge-silent", online=False)
        edge.beat(_vital())
        _shows(anna, EDGE, "green")


def test_an_edge_that_never_came_is_on_the_board(broker: Mosquitto, database: str, anna: Peer) -> None:
    """A branch of the configuration that never connected is red, and says so, after a moment of patience."""
    clock = Clock()
    with centre(broker, database, edges=["surat-02"], clock=clock):
        _listening(anna)
        clock.ahead = timedelta(seconds=6)
        _shows(anna, TOPICS.board("surat-02"), "red", "edge-unknown", online=False)


def test_last_punches_survive_a_restart(broker: Mosquitto, database: str, anna: Peer, edge: HandEdge) -> None:
    """A new life of central knows from the ledger when the last punch came, and since when it is green."""
    with centre(broker, database):
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        before = _shows(anna, GATE, "green")
    heard = len(anna.heard[GATE])
    with centre(broker, database):
        until(lambda: len(anna.heard[GATE]) > heard)
        after = _shows(anna, GATE, "green")
        assert after.last_punch == before.last_punch
        assert after.since == before.since


def test_a_reader_that_is_gone_is_taken_down(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """A reader that the birth no longer names disappears from the retained board."""
    with centre(broker, database):
        edge.come_up("canteen", "front-gate")
        _shows(anna, GATE, "red", "never-punched")
        edge.birth("canteen")
        until(lambda: anna.heard[GATE][-1] == b"")
    with peer(broker, "anna") as later:
        later.subscribe(TOPICS.whole_board)
        later.subscribe(TOPICS.central_status)
        until(lambda: later.heard[TOPICS.central_status])
        assert GATE not in later.heard


def test_what_an_earlier_life_left_behind_is_taken_down(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """A line of a reader that went away while central was down does not stay for ever."""
    clock = Clock()
    gone = TOPICS.board("pune-01", "old-gate")
    entry = BoardEntry(edge="pune-01", reader="old-gate", color="green", since=utc_now(), online=True)
    with peer(broker, "central") as before:
        before.send(gone, entry, retain=True)
        before.send(TOPICS.board("nowhere"), b"not json", retain=True)
    with centre(broker, database, clock=clock):
        edge.come_up("front-gate")
        _shows(anna, GATE, "red", "never-punched")
        clock.ahead = timedelta(seconds=11)
        until(lambda: anna.heard[gone][-1] == b"")
        until(lambda: anna.heard[TOPICS.board("nowhere")][-1] == b"")


def test_nothing_is_published_while_nothing_changes(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Punches and heartbeats move the running figures only, and those are told every ten seconds at most."""
    clock = Clock()
    with centre(broker, database, clock=clock):
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        _shows(anna, GATE, "green")
        heard = len(anna.heard[GATE])
        for number in range(2, 7):
            edge.tell(terminal_punch(number))
            edge.beat(_vital())
        clock.ahead = timedelta(seconds=9)
        edge.status(online=False, reason="stopped")
        _shows(anna, GATE, "green", "edge-offline", online=False)
        assert len(anna.heard[GATE]) <= heard + 2


def test_a_broker_that_forgot_everything_is_told_again(
    broker: Mosquitto, database: str, edge: HandEdge
) -> None:
    """After a restart of a broker without persistence the whole board is retained again."""
    with centre(broker, database):
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        broker.kill()
        broker.start()
        with peer(broker, "anna") as later:
            later.subscribe(TOPICS.whole_board)
            _shows(later, GATE, "green")


def test_nonsense_of_one_edge_disturbs_nobody(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """What cannot be read is passed over, whatever its topic is called."""
    with centre(broker, database) as central, peer(broker, "central") as loud:
        for payload in (b"{", b"[]", b"\xff", b'{"online": 1}', b""):
            for topic in (TOPICS.status("pune-01"), TOPICS.birth("pune-01"), TOPICS.heartbeat("pune-01")):
                loud.send(topic, payload, retain=True)
        status = encode(Status(online=True, session="s", at=utc_now()))
        loud.send("punchwire/v1/edge/Not an edge/status", status)
        loud.send(f"punchwire/v1/edge/{'x' * 64}/status", status)
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        _shows(anna, GATE, "green")
        assert central.watch.alive
        assert set(central.watch.readers()) == {"pune-01"}


def test_the_readers_are_known_from_the_ledger_before_any_birth(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """After broker and central lost their memory, an edge that is away is still on the board, as offline."""
    with centre(broker, database):
        edge.come_up("front-gate")
        edge.tell(terminal_punch(1))
        _shows(anna, GATE, "green")
    broker.kill()
    broker.start()
    clock = Clock()
    with peer(broker, "anna") as later, centre(broker, database, clock=clock):
        later.subscribe(TOPICS.whole_board)
        _listening(later)
        clock.ahead = timedelta(seconds=6)
        _shows(later, GATE, "green", "edge-offline", online=False)
