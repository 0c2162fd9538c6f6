"""Promises of the reader for pulled terminals that are not as they should be, and are read all the same."""

from pathlib import Path

import pytest

from edge.errors import Unreachable
from simulators.terminal import Terminal as Simulated
from simulators.terminal.frames import Command
from simulators.terminal.records import User
from tests.edge.readers.desk import MemoryDesk, Session
from tests.edge.readers.zkteco.making import Persistent, doubts, emitted, events, held, reader
from tests.edge.readers.zkteco.test_pull import whole


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_firmware_that_miscounts_is_read_where_the_settings_say_so(transport: str) -> None:
    """Nothing is read of it unless it is told to; then all of it is, live events, too."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        terminal.fault("miscounted")
        lenient = reader(terminal, transport=transport, lenient_checksums=True, poll_s=60.0)
        with Session(lenient, desk):
            whole(desk, terminal)
            desk.until(lambda d: any("records" in seen for seen in d.oks))
            terminal.punch("3")
            whole(desk, terminal)
        assert desk.punches[-1].how == "live"
        strict = MemoryDesk()
        with Session(reader(terminal, transport=transport, answer_s=1.5), strict) as session:
            fault = session.fault()
    assert isinstance(fault, Unreachable)
    assert fault.reason == "checksum-wrong"
    assert strict.punches == []


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_without_checksums_a_log_is_believed_when_two_reads_agree(transport: str) -> None:
    """A byte that was damaged on the way is in one read and not in the next, so no punch is made of it."""
    desk = MemoryDesk()
    with Simulated(users=20, log=500) as terminal:
        options = {"transport": transport, "lenient_checksums": True, "live": False}
        with Session(reader(terminal, **options), desk):
            whole(desk, terminal)
            terminal.fault("wrong-checksum", times=1)
            terminal.punch("3")
            whole(desk, terminal)
        assert emitted(desk) == held(terminal)


def test_another_firmware_is_told() -> None:
    """An update of the firmware may change everything that is read, so it is an event, once."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        terminal.fault("firmware-changed")
        for _ in range(2):
            desk.stopping.clear()
            desk.oks.clear()
            with Session(reader(terminal), desk):
                desk.until(lambda d: any("records" in seen for seen in d.oks))
        now = terminal.state.firmware
    assert [event.fields["now"] for event in events(desk, "firmware_changed")] == [now]


def test_a_terminal_that_was_left_disabled_is_enabled_first_of_all() -> None:
    """Whoever disabled it and went away: after the next session has begun people can punch again."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        terminal.fault("disabled")
        assert terminal.punch("3") is None
        with Session(reader(terminal), desk):
            desk.until(lambda _: terminal.punch("3") is not None)
            whole(desk, terminal)
        assert terminal.state.heard[Command.DISABLE] == 0


def test_a_terminal_that_will_not_be_enabled_is_told() -> None:
    """It is read all the same, and a person is sent to look whether it takes punches."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50) as terminal:
        terminal.fault("stays-disabled")
        with Session(reader(terminal), desk):
            whole(desk, terminal)
            desk.until(lambda d: "not-enabled" in doubts(d))


@pytest.mark.parametrize(("records", "word"), [(79, None), (80, "log-filling"), (95, "log-full")])
def test_a_log_that_fills_is_told_in_time(records: int, word: str | None) -> None:
    """Before the oldest records are lost, or new ones refused, there is a warning, and then an alarm."""
    desk = MemoryDesk()
    with Simulated(users=20, log=records, capacity=100) as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        desk.until(lambda d: any("records" in seen for seen in d.oks))
        desk.until(lambda d: doubts(d) == ({word} if word else set()))


def test_another_layout_is_told() -> None:
    """A terminal that begins to write its log in another way is read in that way, and an event says so."""
    desk = MemoryDesk()
    with Simulated(users=20, log=50, layout="40") as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        known = len(desk.punches)
        terminal.state.layout = "49"
        terminal.punch("3")
        desk.stopping.clear()
        with Session(reader(terminal), desk):
            whole(desk, terminal)
    assert len(desk.punches) == known + 1, "the old records are the same punches"
    assert [(it.fields["before"], it.fields["now"]) for it in events(desk, "layout_changed")] == [
        ("40", "49")
    ]


class Scribbled(User):
    """A user whose name is in an encoding of its own, and cut in the middle of a character."""

    def encode(self, size: int) -> bytes:
        """The user with such a name."""
        at, length = (11, 24) if size == 72 else (8, 8)
        content = super().encode(size)
        return (
            content[:at]
            + b"\xc4\xe3\xba\xc3\xe0\xa4\x93\xff"[:length].ljust(length, b"\xfe")
            + content[at + length :]
        )


@pytest.mark.parametrize("user_size", [28, 72])
def test_names_are_never_looked_at(user_size: int) -> None:
    """Names in any encoding spoil neither the user table nor the punches whose slots it explains."""
    people = [Scribbled(1, "1001", ""), Scribbled(2, "1002", "")]
    desk = MemoryDesk()
    with (
        Simulated(users=people, log=30, layout="8", user_size=user_size) as terminal,
        Session(reader(terminal), desk),
    ):
        whole(desk, terminal)
    assert {punch.badge.raw for punch in desk.punches} == {"1001", "1002"}


def test_failed_sessions_leave_nothing_open() -> None:
    """A terminal that is away for days costs no descriptor and no process."""
    desk = MemoryDesk()
    with Simulated(users=3, log=5) as terminal:
        persistent = Persistent(reader(terminal, answer_s=0.3))
        with Session(persistent, desk):
            whole(desk, terminal)
            terminal.fault("refuse")
            desk.until(lambda _: len(persistent.faults) >= 2)
            before = held_open()
            desk.until(lambda _: len(persistent.faults) >= 6)
            # A session at work has two pipes and its process.
            desk.until(lambda _: held_open() <= before + 4, "more and more is held open")


def held_open() -> int:
    """Descriptors and children of this process."""
    children = Path("/proc/self/task").glob("*/children")
    return len(list(Path("/proc/self/fd").iterdir())) + sum(len(it.read_text().split()) for it in children)
