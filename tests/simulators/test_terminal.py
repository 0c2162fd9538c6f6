"""Promises of the simulated terminal: released pyzk works with it unchanged, and it behaves as devices do."""

import threading
from datetime import datetime, timedelta

import pytest
from zk.exception import ZKErrorResponse, ZKNetworkError

from simulators.terminal import Terminal
from simulators.terminal.faults import AT_ONCE, LASTING
from simulators.terminal.records import User
from tests.simulators.pyzk import pyzk
from tests.waiting import until

NOW = datetime(2026, 5, 11, 12)  # noqa: DTZ001 - a terminal's wall clock
PYZK_KNOWS = ("8", "16", "40")


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
@pytest.mark.parametrize("layout", PYZK_KNOWS)
def test_pyzk_reads_users_and_log(layout: str, udp: bool) -> None:
    """Users and log come out of pyzk exactly as they are in the terminal, inline and in chunks."""
    for count in (10, 3000):
        user_size = 28 if layout == "8" else 72
        with (
            Terminal(users=50, log=count, layout=layout, user_size=user_size) as terminal,
            pyzk(terminal.port, udp=udp) as client,
        ):
            assert [(user.uid, user.user_id) for user in client.get_users()] == [
                (user.uid, user.user_id) for user in terminal.users
            ]
            assert [
                (one.user_id, one.timestamp.isoformat(), one.status, one.punch)
                for one in client.get_attendance()
            ] == [(one.user_id, one.wall, one.status, one.punch) for one in terminal.log]


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_pyzk_reads_what_the_terminal_is(udp: bool) -> None:
    """Serial, names, firmware, sizes and network settings are answered."""
    with (
        Terminal(users=7, log=100, capacity=5000, serial="ABC7") as terminal,
        pyzk(terminal.port, udp=udp) as client,
    ):
        assert client.get_serialnumber() == "ABC7"
        assert client.get_platform() == "ZMM220_TFT"
        assert client.get_device_name() == "Simulator"
        assert client.get_mac() == "00:17:61:00:00:01"
        assert client.get_firmware_version().startswith("Ver 6.60")
        assert client.get_fp_version() == 10
        assert client.get_network_params()["ip"] == "127.0.0.1"
        client.read_sizes()
        assert (client.users, client.records, client.rec_cap, client.rec_av) == (7, 100, 5000, 4900)


def test_pyzk_sets_and_reads_the_clock() -> None:
    """The clock is the place's own, goes on, and can be set."""
    with Terminal(now=lambda: NOW) as terminal, pyzk(terminal.port) as client:
        assert client.get_time() == NOW
        client.set_time(NOW + timedelta(hours=3))
        assert client.get_time() == NOW + timedelta(hours=3)
        terminal.fault("clock-reset")
        assert client.get_time() == datetime(2000, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize("layout", ["16", "40"])
def test_pyzk_captures_live_punches(layout: str) -> None:
    """Live capture of pyzk yields what people punch."""
    with Terminal(users=20, layout=layout) as terminal, pyzk(terminal.port) as client:
        captured = client.live_capture(new_timeout=10)
        for user_id in ("3", "4"):
            punching = threading.Thread(target=_punch_when_heard, args=(terminal, user_id))
            punching.start()
            one = next(event for event in captured if event is not None)
            punching.join()
            assert (one.user_id, one.punch) == (user_id, 1)
        client.end_live_capture = True
        assert list(captured) == []


def _punch_when_heard(terminal: Terminal, user_id: str) -> None:
    until(lambda: terminal.listeners == 1)
    terminal.punch(user_id, punch=1)


def test_pyzk_writes_and_deletes_users() -> None:
    """Users can be enrolled and deleted over the wire."""
    with Terminal(users=3) as terminal, pyzk(terminal.port) as client:
        client.set_user(uid=9, name="New One", user_id="0009")
        assert terminal.users[-1] == User(9, "0009", "New One")
        client.delete_user(uid=9)
        assert [user.uid for user in terminal.users] == [1, 2, 3]


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_the_comm_key_is_asked_for(udp: bool) -> None:
    """The right key opens, a wrong one and none do not."""
    with Terminal(users=3, comm_key=4711) as terminal:
        with pyzk(terminal.port, udp=udp, key=4711) as client:
            assert client.get_serialnumber() == terminal.serial
        for wrong in (0, 4712):
            until(lambda: udp or terminal.clients == 0)  # who has hung up is gone soon, not at once
            with (
                pytest.raises(ZKErrorResponse, match="Unauthenticated"),
                pyzk(terminal.port, udp=udp, key=wrong),
            ):
                pass


def test_a_disabled_terminal_takes_no_punch_until_it_is_enabled() -> None:
    """Being disabled is state of the terminal: it outlives the session that left it so."""
    with Terminal(users=3) as terminal:
        with pyzk(terminal.port) as client:
            client.disable_device()
        assert terminal.punch("1") is None
        with pyzk(terminal.port) as client:
            client.enable_device()
        assert terminal.punch("1") is not None
        assert len(terminal.log) == 1


def test_a_restart_ends_sessions_and_enables() -> None:
    """After a restart the terminal is there again, with its memory, and enabled."""
    with Terminal(users=3, log=50) as terminal:
        with pyzk(terminal.port) as client:
            client.disable_device()
            client.restart()
        until(lambda: not terminal.state.disabled)
        with pyzk(terminal.port) as client:
            assert len(client.get_attendance()) == 50


def test_a_second_client_is_refused() -> None:
    """One session at a time: the second finds its connection closed, the first notices nothing."""
    with Terminal(users=3, second_client="refuse") as terminal, pyzk(terminal.port) as first:
        with pytest.raises(ZKNetworkError), pyzk(terminal.port):
            pass
        with pytest.raises(ZKErrorResponse), pyzk(terminal.port, udp=True):
            pass
        assert len(first.get_users()) == 3


def test_a_second_client_may_kick_the_first() -> None:
    """Other models let the newest client win."""
    with Terminal(users=3, second_client="kick") as terminal, pyzk(terminal.port) as first:
        with pyzk(terminal.port) as second:
            assert len(second.get_users()) == 3
        with pytest.raises(ZKNetworkError):
            first.get_users()
        first.is_connect = False


def test_a_second_client_may_have_to_wait() -> None:
    """Other models let the second wait until the first has left."""
    with Terminal(users=3, second_client="wait") as terminal:
        with pyzk(terminal.port) as first:
            with pytest.raises(ZKNetworkError, match="timed out"), pyzk(terminal.port, timeout=0.3):
                pass
            assert len(first.get_users()) == 3
        until(lambda: terminal.clients == 0)
        with pyzk(terminal.port) as third:
            assert len(third.get_users()) == 3


def test_the_same_seed_gives_the_same_people_and_past() -> None:
    """What is invented is invented again from the same seed, and otherwise from another."""
    one, two, other = (Terminal(users=20, log=500, seed=seed, now=lambda: NOW) for seed in (4, 4, 5))
    assert one.log == two.log
    assert one.log != other.log
    assert one.users == two.users
    assert len(one.log) == 500
    assert max(record.wall for record in one.log) <= NOW.isoformat()
    assert [record.stamp for record in one.log] == sorted(record.stamp for record in one.log)


def test_a_full_log_loses_its_oldest_records() -> None:
    """At its capacity the log keeps the newest punches, as new models do."""
    terminal = Terminal(users=3, log=10, capacity=10)
    oldest, newest = terminal.log[0], terminal.punch("2")
    assert len(terminal.log) == 10
    assert oldest not in terminal.log
    assert terminal.log[-1] == newest


def test_memory_outlives_the_power_cut() -> None:
    """Stopped and started, the terminal has its log, and its port."""
    terminal = Terminal(users=3, log=10)
    terminal.start()
    port = terminal.port
    terminal.stop()
    terminal.punch("1")
    terminal.start()
    with pyzk(terminal.port) as client:
        assert len(client.get_attendance()) == 11
    assert terminal.port == port
    terminal.stop()


@pytest.mark.parametrize("name", [*LASTING, *AT_ONCE])
def test_every_fault_can_be_healed(name: str) -> None:
    """Whatever fault was on, a healed terminal answers pyzk again."""
    with Terminal(users=20, log=100) as terminal:
        terminal.fault(name)
        terminal.heal()
        with pyzk(terminal.port) as client:
            assert client.get_serialnumber() == terminal.serial
            client.read_sizes()
            assert client.records == len(terminal.log)


def test_a_misspelt_fault_is_told() -> None:
    """A fault that does not exist is refused with the nearest names."""
    with pytest.raises(ValueError, match="udp-drop"):
        Terminal().fault("udp-dorp")


def test_pyzk_itself_invents_punches_when_somebody_punches_during_a_read() -> None:
    """The faults are real ones: released pyzk turns 1,001 short records into 200 false ones, silently."""
    with Terminal(users=50, log=1000, layout="8", user_size=28) as terminal, pyzk(terminal.port) as client:
        client.get_users()
        terminal.fault("punch-between", times=1)
        got = client.get_attendance()
        true = {(record.user_id, record.wall) for record in terminal.log}
    assert len(got) == 200
    assert not [one for one in got if (one.user_id, one.timestamp.isoformat()) in true]
