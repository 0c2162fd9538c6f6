"""Promises of the reader for pulled terminals, against simulated ones over real sockets."""

import time
from pathlib import Path

import pytest

from edge.errors import Lost, Misconfigured, Unreachable
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.pull import Terminal
from edge.readers.zkteco.talk import Transport
from simulators.terminal import Terminal as Simulated
from simulators.terminal.frames import Command
from simulators.terminal.records import EVENT_SIZES, RECORDS, User
from tests.edge.readers.desk import DEADLINE_S, MemoryDesk, Session
from tests.edge.readers.zkteco.making import Persistent, emitted, events, held, reader
from tests.waiting import until

ALLOWED = {
    Command.CONNECT,
    Command.AUTH,
    Command.ENABLE,
    Command.EXIT,
    Command.OK,
    Command.READ_OPTION,
    Command.VERSION,
    Command.EVENT,
    Command.GET_TIME,
    Command.SIZES,
    Command.PREPARE_BUFFER,
    Command.READ_BUFFER,
    Command.FREE_BUFFER,
}


def whole(desk: MemoryDesk, terminal: Simulated) -> None:
    """Wait until the desk has exactly what the terminal has."""
    desk.until(lambda d: emitted(d) == held(terminal))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("layout", RECORDS)
def test_a_log_of_every_layout_arrives_exactly(layout: str, transport: Transport) -> None:
    """Every record of a log of 2,000 becomes one punch with its user, second and codes."""
    user_size = 28 if layout.startswith("8") else 72
    desk = MemoryDesk()
    with Simulated(users=50, log=2000, layout=layout, user_size=user_size) as terminal:
        with Session(reader(terminal, transport=transport), desk):
            whole(desk, terminal)
            terminal.punch("7")
            whole(desk, terminal)
        assert {punch.how for punch in desk.punches[:-1]} == {"catch-up"}
        assert {punch.device for punch in desk.punches} == {terminal.serial}
        assert set(terminal.state.heard) <= ALLOWED, "it disables and erases nothing"


@pytest.mark.parametrize("layout", RECORDS)
def test_a_live_event_of_every_size_is_one_punch(layout: str) -> None:
    """Whatever a terminal pushes, the punch arrives once, as the log will have it."""
    people = [User(1, "1", "A"), User(2, "12", "B"), User(3, "7", "C")]
    desk = MemoryDesk()
    with Simulated(users=people, log=30, layout=layout) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        for size in EVENT_SIZES:
            terminal.event_size = size
            terminal.punch("12", punch=1)
            whole(desk, terminal)
            terminal.punch("7", punch=1)
            whole(desk, terminal)


@pytest.mark.parametrize("layout", ["8", "16", "40"])
def test_a_live_punch_is_there_before_the_next_poll(layout: str) -> None:
    """A live event is emitted at once, and the log read that follows does not double it."""
    desk = MemoryDesk()
    with (
        Simulated(users=20, log=100, layout=layout) as terminal,
        Session(reader(terminal, poll_s=60.0), desk),
    ):
        whole(desk, terminal)
        desk.until(lambda d: any("records" in seen for seen in d.oks))
        terminal.punch("11")
        whole(desk, terminal)
        assert desk.punches[-1].how == "live"


def test_user_ids_as_text_stay_as_they_are() -> None:
    """Leading zeros and letters belong to a user id, live and in the log."""
    people = [User(1, "007", "A"), User(2, "7", "B"), User(3, "A-12", "C")]
    desk = MemoryDesk()
    with Simulated(users=people, log=40) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        for user_id in ("007", "7", "A-12"):
            terminal.punch(user_id)
        whole(desk, terminal)


def test_equal_punches_of_one_second_are_counted() -> None:
    """Two punches of a user in one second are two, though a live event cannot tell them apart."""
    desk = MemoryDesk()
    with Simulated(users=3, log=20) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        at = terminal.state.clock()
        for _ in range(3):
            terminal.punch("2", at=at)
        whole(desk, terminal)
        assert len({punch.punch_id for punch in desk.punches}) == len(terminal.log)


def test_a_second_session_emits_nothing_twice() -> None:
    """What was read is remembered: after a restart only what is new goes to the outbox at all."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        ids = [punch.punch_id for punch in desk.punches]
        later = MemoryDesk()
        later.memo = desk.memo
        terminal.punch("5")
        with Session(reader(terminal), later):
            later.until(lambda d: len(d.punches) == 1)
            later.until(lambda d: any("records" in seen for seen in d.oks))
        assert len(later.punches) == 1
        assert later.punches[0].punch_id not in ids


def test_the_slow_full_read_brings_everything_again() -> None:
    """Now and then all of the log goes to the outbox, which knows what it has seen."""
    desk = MemoryDesk()
    with Simulated(users=20, log=300) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        forgetful = MemoryDesk()
        forgetful.memo = desk.memo
        with Session(reader(terminal, full_read_s=0.3), forgetful):
            whole(forgetful, terminal)


def test_a_terminal_that_reconnects_often_has_its_slow_full_read() -> None:
    """When all of the log was read is remembered: sessions that are shorter than the time add up."""
    desk = MemoryDesk()
    with Simulated(users=20, log=300) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        forgetful = MemoryDesk()
        forgetful.memo = desk.memo
        began = time.monotonic()
        while not forgetful.punches:
            assert time.monotonic() - began < DEADLINE_S
            forgetful.oks.clear()
            with Session(reader(terminal, full_read_s=2.0), forgetful):
                forgetful.until(lambda d: any("records" in told for told in d.oks))
            forgetful.stopping.clear()
        assert emitted(forgetful) == held(terminal)


def test_a_quiet_terminal_is_not_read_again() -> None:
    """While the record count stands still, the log is not read."""
    desk = MemoryDesk()
    with Simulated(users=20, log=300) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        reads = terminal.state.heard[Command.PREPARE_BUFFER]
        polls = terminal.state.heard[Command.SIZES]
        desk.until(lambda _: terminal.state.heard[Command.SIZES] >= polls + 12)
        assert terminal.state.heard[Command.PREPARE_BUFFER] == reads


def test_punches_of_an_outage_come_by_the_log() -> None:
    """What people punch while the terminal is off the network is there after it came back."""
    desk = MemoryDesk()
    with Simulated(users=20, log=300) as terminal:
        persistent = Persistent(reader(terminal))
        with Session(persistent, desk):
            whole(desk, terminal)
            terminal.stop()
            for _ in range(25):
                terminal.punch()
            desk.until(lambda _: "port-refused" in persistent.reasons)
            terminal.start()
            whole(desk, terminal)
        assert isinstance(persistent.faults[0], Lost)
        assert isinstance(persistent.faults[-1], Unreachable)


def test_a_restart_of_the_terminal_loses_nothing() -> None:
    """A terminal that starts again in the middle of a session is opened again."""
    desk = MemoryDesk()
    with Simulated(users=20, log=300) as terminal, Session(Persistent(reader(terminal)), desk):
        whole(desk, terminal)
        terminal.fault("restart")
        terminal.punch()
        whole(desk, terminal)


@pytest.mark.parametrize(
    ("key", "transport"), [(1, "tcp"), (999999, "udp"), (131071, "tcp"), (196607, "udp"), (2**32 - 1, "tcp")]
)
def test_comm_keys_of_every_value_open_the_terminal(key: int, transport: Transport) -> None:
    """Any comm key works, whatever the session number is."""
    desk = MemoryDesk()
    with (
        Simulated(users=3, log=5, comm_key=key, seed=50_000) as terminal,
        Session(reader(terminal, transport=transport, comm_key=key), desk),
    ):
        whole(desk, terminal)


def test_the_comm_key_may_stand_in_a_file(tmp_path: Path) -> None:
    """The key is read from its file when the session opens; a file without one needs a person."""
    file = tmp_path / "key"
    file.write_text("4711\n")
    desk = MemoryDesk()
    with Simulated(users=3, log=5, comm_key=4711) as terminal:
        with Session(reader(terminal, comm_key_file=file), desk):
            whole(desk, terminal)
        file.write_text("secret\n")
        fault = Session(reader(terminal, comm_key_file=file), MemoryDesk())
        with fault:
            told = fault.fault()
        assert isinstance(told, Misconfigured)
        assert "secret" not in told.evidence


def test_a_wrong_comm_key_parks_the_reader() -> None:
    """Only a person can correct a comm key, so it is not tried again and again; the key is not told."""
    with Simulated(comm_key=4711) as terminal:
        session = Session(reader(terminal, comm_key=1147), MemoryDesk())
        with session:
            fault = session.fault()
    assert isinstance(fault, Misconfigured)
    assert fault.reason == "wrong-comm-key"
    assert "1147" not in fault.evidence


def test_two_keys_are_one_too_many() -> None:
    """The configuration says at once that comm_key and comm_key_file exclude each other."""
    with pytest.raises(ValueError, match="not both"):
        TerminalOptions(address="t", comm_key=5, comm_key_file=Path("key"))


def test_a_stop_is_quick_in_the_middle_of_a_read() -> None:
    """The daemon's stop ends the session and its process within two seconds, whatever they do."""
    desk = MemoryDesk()
    with Simulated(users=20, log=5000) as terminal:
        terminal.fault("drip", size=16, pause_s=0.05)
        session = Session(reader(terminal), desk)
        with session:
            desk.until(lambda _: terminal.state.heard[Command.READ_BUFFER] > 0)
            assert session.stop() < 2


def test_the_terminal_is_left_properly() -> None:
    """After a stop the terminal's only place is free for others."""
    desk = MemoryDesk()
    with Simulated(users=3, log=5) as terminal:
        session = Session(reader(terminal, transport="udp"), desk)
        with session:
            whole(desk, terminal)
            assert terminal.clients == 1
            session.stop()
        until(lambda: terminal.clients == 0)


def test_a_session_takes_one_connection() -> None:
    """Nothing is tried out beforehand: a terminal that serves one client would be busy with the trial."""
    desk = MemoryDesk()
    with Simulated(users=3, log=5) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        assert terminal.connections == 1


def test_a_deleted_user_of_a_log_of_slots_is_told() -> None:
    """Where the log has slots only and the user is gone, the slot is the badge, and an event says so."""
    desk = MemoryDesk()
    with Simulated(users=[User(1, "1001", "A"), User(2, "1002", "B")], log=30, layout="8") as terminal:
        terminal.state.users.pop(2)
        with Session(reader(terminal), desk):
            desk.until(lambda d: len(d.punches) == 30)
        assert {punch.badge.raw for punch in desk.punches} == {"1001", "2"}
        assert [event.fields["slot"] for event in events(desk, "user_unknown")] == [2]


def test_the_punch_id_of_a_log_of_slots_outlives_its_user() -> None:
    """A user that is deleted later changes no punch id: the same record stays the same punch."""
    first, second = MemoryDesk(), MemoryDesk()
    with Simulated(users=[User(1, "1001", "A"), User(2, "1002", "B")], log=30, layout="8") as terminal:
        with Session(reader(terminal), first):
            first.until(lambda d: len(d.punches) == 30)
        terminal.state.users.pop(2)
        with Session(reader(terminal), second):
            second.until(lambda d: len(d.punches) == 30)
    assert [punch.punch_id for punch in first.punches] == [punch.punch_id for punch in second.punches]


def test_a_name_that_does_not_resolve_is_told() -> None:
    """A misspelt address is told as such."""
    session = Session(Terminal("gate", TerminalOptions(address="terminal.invalid")), MemoryDesk())
    with session:
        fault = session.fault()
    assert isinstance(fault, Unreachable)
    assert fault.reason == "name-unresolved"
