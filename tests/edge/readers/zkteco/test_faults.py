"""Promises of the reader for pulled terminals when terminal and network fail; one fault, one test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.errors import Lost, Misconfigured, ReaderFault, Unreachable
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.pull import Terminal
from simulators.terminal import Terminal as Simulated
from simulators.terminal.frames import Command
from tests.edge.readers.desk import MemoryDesk, Session
from tests.edge.readers.zkteco.making import Persistent, doubts, emitted, events, held, reader
from tests.edge.readers.zkteco.test_pull import whole


def ended(terminal: Simulated, desk: MemoryDesk, **options: object) -> ReaderFault:
    """The fault that one session with a terminal ends with; the desk is ready for another."""
    session = Session(reader(terminal, **options), desk)
    with session:
        fault = session.fault()
    desk.stopping.clear()
    return fault


@pytest.mark.parametrize("layout", ["8", "16", "40"])
def test_a_peer_that_closes_inside_the_log_is_lost_at_once(layout: str) -> None:
    """The end of the connection ends the read, without any deadline; nothing comes out half."""
    desk = MemoryDesk()
    with Simulated(users=20, log=3000, layout=layout) as terminal:
        terminal.fault("close-in-bulk", times=1)
        fault = ended(terminal, desk, read_s=600.0)
        assert isinstance(fault, Lost)
        assert fault.reason == "connection-lost"
        assert desk.punches == []
        with Session(reader(terminal), desk):
            whole(desk, terminal)


def test_a_log_that_drips_is_cut_off_at_its_deadline() -> None:
    """A read has one deadline for all of it, however often a few bytes come."""
    desk = MemoryDesk()
    with Simulated(users=20, log=3000) as terminal:
        terminal.fault("drip", size=200, pause_s=0.01)
        fault = ended(terminal, desk, read_s=0.5)
        assert isinstance(fault, Lost)
        assert fault.reason == "deadline"
        assert desk.punches == []
        terminal.heal()
        with Session(reader(terminal), desk):
            whole(desk, terminal)


def test_segments_may_be_cut_and_glued_at_will() -> None:
    """TCP is a stream: where it is cut changes nothing, in the log or in short answers."""
    desk = MemoryDesk()
    with Simulated(users=20, log=3000) as terminal:
        terminal.fault("shred")
        terminal.fault("sizes-split")
        with Session(reader(terminal), desk):
            whole(desk, terminal)
            terminal.punch()
            whole(desk, terminal)


@pytest.mark.parametrize("fault", ["udp-drop", "udp-swap", "udp-double"])
@pytest.mark.parametrize("layout", ["8", "16", "40"])
def test_a_lossy_network_invents_and_drops_nothing(fault: str, layout: str) -> None:
    """Lost, swapped and doubled datagrams cost time only."""
    desk = MemoryDesk()
    with Simulated(users=20, log=3000, layout=layout) as terminal:
        terminal.fault(fault, every=9)
        with Session(reader(terminal, transport="udp", read_s=60.0), desk):
            whole(desk, terminal)
            terminal.punch()
            whole(desk, terminal)
        assert emitted(desk) == held(terminal)


def test_damaged_datagrams_are_asked_for_again() -> None:
    """Over UDP a frame with a wrong checksum counts as lost."""
    desk = MemoryDesk()
    with Simulated(users=20, log=3000, layout="8") as terminal:
        terminal.fault("wrong-checksum", times=3)
        with Session(reader(terminal, transport="udp"), desk):
            whole(desk, terminal)


def test_a_damaged_frame_ends_the_session() -> None:
    """Over TCP a wrong checksum means that the line cannot be trusted: a new one is opened."""
    desk = MemoryDesk()
    with Simulated(users=20, log=3000, layout="8") as terminal:
        terminal.fault("wrong-checksum", times=1)
        fault = ended(terminal, desk)
        assert isinstance(fault, Lost)
        assert fault.reason == "checksum-wrong"
        assert desk.punches == []
        with Session(reader(terminal), desk):
            whole(desk, terminal)


@pytest.mark.parametrize("layout", ["8", "8-ma300", "16", "40", "49"])
def test_punches_during_the_read_make_no_false_ones(layout: str) -> None:
    """Somebody punches between the question for the size and the read: the log is still read right."""
    desk = MemoryDesk()
    with Simulated(users=20, log=1000, layout=layout) as terminal:
        terminal.fault("punch-between", times=4)
        with Session(reader(terminal, live=False), desk):
            whole(desk, terminal)
        assert emitted(desk) == held(terminal)
    assert "reads_rejected" not in desk.counts


def test_a_short_answer_with_the_sizes_is_no_answer() -> None:
    """A size that cannot be read is never taken for an empty log."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        terminal.fault("sizes-short", times=1)
        persistent = Persistent(reader(terminal))
        with Session(persistent, desk):
            whole(desk, terminal)
        assert persistent.reasons == ["read-rejected"]
        assert events(desk, "fewer_records") == []


def test_a_count_of_zero_against_a_full_log_is_not_believed() -> None:
    """Where the count and the log contradict each other, nothing is taken and nothing is cleared."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        terminal.fault("sizes-zero", times=40)
        desk.until(lambda d: "read-rejected" in doubts(d))
        terminal.heal()
        terminal.punch()
        whole(desk, terminal)
        desk.until(lambda d: d.doubts[-1] == ("", ""))
    assert events(desk, "fewer_records") == []


def test_an_empty_answer_of_a_full_terminal_is_not_believed() -> None:
    """A log that reads as empty while the terminal counts records is rejected, and read again later."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        terminal.fault("empty-log")
        with Session(reader(terminal, catch_up_s=0.2), desk):
            desk.until(lambda d: "read-rejected" in doubts(d))
            assert desk.punches == []
            assert desk.counts["reads_rejected"] >= 3
            terminal.heal()
            whole(desk, terminal)


def test_a_cleared_log_is_told_and_never_believed_silently() -> None:
    """Fewer records than before are an event and a doubt; later punches come as ever."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        terminal.fault("log-cleared")
        desk.until(lambda d: "fewer-records" in doubts(d))
        terminal.punch("3")
        desk.until(lambda d: len(d.punches) == 501)
    told = events(desk, "fewer_records")
    assert [(event.fields["before"], event.fields["now"]) for event in told] == [(500, 0)]


def test_fewer_records_are_noticed_across_sessions() -> None:
    """The count is remembered: a log cleared while the edge was off is told, too."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        terminal.state.clear_log()
        terminal.punch("3")
        later = MemoryDesk()
        later.memo = desk.memo
        with Session(reader(terminal), later):
            later.until(lambda d: len(d.punches) == 1)
        assert [event.fields["now"] for event in events(later, "fewer_records")] == [1]


def test_a_log_that_was_cleared_and_filled_again_is_read_though_its_count_is_the_same() -> None:
    """A session begins with the log: that its count is the one from before the outage proves nothing."""
    desk = MemoryDesk()
    with Simulated(users=20, log=30) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        before = emitted(desk)
        terminal.state.clear_log()
        for _ in range(30):
            terminal.punch()
        desk.stopping.clear()
        with Session(reader(terminal, catch_up_s=600.0), desk):
            desk.until(lambda d: emitted(d) == before + held(terminal))


def test_a_log_that_rolls_over_is_read_though_its_count_stands_still() -> None:
    """A full log overwrites its oldest records: the count says nothing then, and is not relied on."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500, capacity=500) as terminal:
        terminal.fault("deaf-events")
        with Session(reader(terminal, catch_up_s=0.3), desk):
            whole(desk, terminal)
            terminal.fault("log-rolled")
            desk.until(lambda d: len(d.punches) == 550)
            assert held(terminal) <= emitted(desk)
        assert "log-full" in doubts(desk)


def test_a_late_answer_is_never_taken_for_another() -> None:
    """After an answer that did not come the session is closed; what comes late is heard by nobody."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        terminal.fault("stale-reply", times=1)
        persistent = Persistent(reader(terminal, answer_s=1.5, serial=terminal.serial))
        desk.stopping.clear()
        with Session(persistent, desk):
            terminal.punch()
            whole(desk, terminal)
        assert set(persistent.reasons) == {"deadline"}
        assert {punch.device for punch in desk.punches} == {terminal.serial}


def test_an_impossible_date_is_kept_apart_with_its_bytes() -> None:
    """One record of 31 February goes out as an event, once; all others are punches."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        terminal.fault("odd-record")
        terminal.punch()
        with Session(reader(terminal, full_read_s=0.2), desk):
            whole(desk, terminal)
            desk.until(lambda d: "records-odd" in doubts(d))
            reads = terminal.state.heard[Command.PREPARE_BUFFER]
            desk.until(lambda _: terminal.state.heard[Command.PREPARE_BUFFER] >= reads + 2)
    odd = events(desk, "record_odd")
    assert [event.fields["why"] for event in odd] == ["impossible date"]
    assert len(bytes.fromhex(str(odd[0].fields["hex"]))) == 40


def test_nobody_on_the_port_is_told_as_such() -> None:
    """A refused connection is told at once, and is worth another try."""
    with Simulated() as terminal:
        terminal.fault("refuse")
        fault = ended(terminal, MemoryDesk())
    assert isinstance(fault, Unreachable)
    assert fault.reason == "port-refused"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_terminal_that_never_answers_is_given_up_in_time(transport: str) -> None:
    """Silence costs the deadline of one answer and no more."""
    with Simulated() as terminal:
        terminal.fault("silent")
        fault = ended(terminal, MemoryDesk(), transport=transport, answer_s=0.4)
    assert isinstance(fault, Unreachable)
    assert fault.reason == ("deadline" if transport == "tcp" else "no-answer")


def test_a_terminal_that_freezes_in_a_session_is_lost() -> None:
    """A connection that stays open and dead is found out by the next poll."""
    desk = MemoryDesk()
    with Simulated(users=5, log=50) as terminal:
        session = Session(reader(terminal, answer_s=1.5), desk)
        with session:
            whole(desk, terminal)
            terminal.fault("silent")
            fault = session.fault()
    assert isinstance(fault, Lost)
    assert fault.reason == "deadline"


def test_two_events_in_one_segment_are_two_punches() -> None:
    """Live events glued together are taken apart, at once."""
    desk = MemoryDesk()
    with (
        Simulated(users=20, log=50) as terminal,
        Session(reader(terminal, poll_s=60.0), desk),
    ):
        whole(desk, terminal)
        desk.until(lambda d: any("records" in seen for seen in d.oks))
        terminal.fault("glue-events")
        terminal.punch("3")
        terminal.punch("4")
        whole(desk, terminal)
        assert [punch.how for punch in desk.punches[-2:]] == ["live", "live"]


def test_a_terminal_that_pushes_nothing_is_polled() -> None:
    """Without a single live event a punch is there after one poll of the record count."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        terminal.fault("deaf-events")
        with Session(reader(terminal, catch_up_s=600.0), desk):
            whole(desk, terminal)
            terminal.punch("3")
            whole(desk, terminal)


def test_other_codes_live_than_in_the_log_are_one_punch_and_an_event() -> None:
    """Codes are no part of a punch's identity; where log and event differ, that is told."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        terminal.fault("live-codes")
        terminal.punch("3", punch=1)
        desk.until(lambda d: bool(events(d, "codes_differ")))
    assert len(desk.punches) == 51
    assert [(event.fields["live"], event.fields["log"]) for event in events(desk, "codes_differ")] == [(7, 1)]


def test_a_reset_clock_is_seen_and_its_punches_keep_the_time_that_was_shown() -> None:
    """A dead battery is an event and a doubt; the punches go on with the terminal's own time."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        terminal.fault("clock-reset")
        with Session(reader(terminal), desk):
            desk.until(lambda d: "clock-off" in doubts(d))
            terminal.punch("3")
            whole(desk, terminal)
    assert len(events(desk, "clock_off")) == 1
    last = desk.punches[-1]
    assert last.device_wall is not None
    assert last.device_wall.year == 2000
    assert last.clock.offset_s is not None
    assert last.clock.offset_s < -20 * 365 * 86400


def test_a_clock_that_shows_nonsense_stops_nothing() -> None:
    """A terminal whose clock cannot be read is read all the same, without an offset."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        terminal.fault("clock-impossible")
        with Session(reader(terminal), desk):
            desk.until(lambda d: "clock-off" in doubts(d))
            terminal.punch("3")
            whole(desk, terminal)
    assert {punch.clock.offset_s for punch in desk.punches} == {None}


def test_another_terminal_at_the_address_is_told_and_read_for_itself() -> None:
    """A changed serial is an event and a doubt; the new terminal's log is its own."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        before = terminal.serial
        terminal.fault("serial-changed")
        desk.stopping.clear()
        with Session(reader(terminal), desk):
            desk.until(lambda d: len(d.punches) == 100)
            desk.until(lambda d: "serial-changed" in doubts(d))
    assert [event.fields["before"] for event in events(desk, "serial_changed")] == [before]
    assert {punch.device for punch in desk.punches[50:]} == {terminal.serial}


def test_a_terminal_with_another_serial_than_configured_parks_the_reader() -> None:
    """Where the configuration names the serial, no other terminal is read at all."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        fault = ended(terminal, desk, serial="ABC1")
    assert isinstance(fault, Misconfigured)
    assert fault.reason == "serial-changed"
    assert desk.punches == []


def test_a_terminal_in_use_is_told_as_busy() -> None:
    """A terminal that refuses a second client is told as busy, and the first is left alone."""
    first = MemoryDesk()
    with Simulated(users=20, log=50) as terminal, Session(reader(terminal), first):
        whole(first, terminal)
        second = ImpatientDesk()
        fault = ended(terminal, second)
        assert isinstance(fault, Unreachable)
        assert fault.reason == "session-busy"
        assert max(second.pauses) >= 5, "whoever is inside gets time to leave"
        terminal.punch("3")
        whole(first, terminal)


def test_a_reader_that_is_kicked_out_comes_back() -> None:
    """Whoever takes the only place, the punches meanwhile come by the log."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50, second_client="kick") as terminal:
        persistent = Persistent(reader(terminal))
        with Session(persistent, desk):
            whole(desk, terminal)
            kicker = MemoryDesk()
            with Session(reader(terminal), kicker):
                desk.until(lambda _: "connection-lost" in persistent.reasons)
                terminal.punch("3")
            desk.until(lambda d: held(terminal) <= emitted(d))


def test_something_else_on_the_port_is_told_as_no_terminal() -> None:
    """A web server at the address is told as such, not waited for."""
    with _web_server() as port:
        session = Session(Terminal("gate", TerminalOptions(address="127.0.0.1", port=port)), MemoryDesk())
        with session:
            fault = session.fault()
    assert isinstance(fault, Unreachable)
    assert fault.reason == "port-refused"


class ImpatientDesk(MemoryDesk):
    """A desk whose pauses are short. It remembers how long they should have been."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses = [0.0]

    def wait(self, seconds: float) -> bool:
        """Sleep briefly or stop."""
        self.pauses.append(seconds)
        return super().wait(min(seconds, 0.05))


@contextmanager
def _web_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                connection.recv(1000)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def test_a_new_terminal_is_believed_when_two_reads_agree() -> None:
    """The first log of a terminal is taken only after it came out the same twice."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500, capacity=500) as terminal:
        terminal.fault("punch-between", times=2)
        with Session(reader(terminal, live=False, catch_up_s=600.0), desk):
            whole(desk, terminal)
        assert terminal.state.heard[Command.PREPARE_BUFFER] == 3


def test_an_unclear_event_of_a_full_log_is_looked_up() -> None:
    """Where the count stands still, an event that cannot be read still says that the log has news."""
    desk = MemoryDesk()
    with Simulated(users=20, log=200, capacity=200, event_size=8) as terminal:
        with Session(reader(terminal, catch_up_s=600.0), desk):
            whole(desk, terminal)
            terminal.punch("3")
            desk.until(lambda d: len(d.punches) == 201)
        assert desk.counts["events_unclear"] == 1
