"""Promises of the answer at the device: it follows the commit, and nobody waits for who should hear it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.cli import main
from edge.desk import Counter, ReaderDesk
from edge.feedback import Answer, Feedback
from edge.kernel import Timekeeper
from edge.orders import OrderBook
from simulators.mosquitto import free_port
from simulators.serial_reader import SerialReaderSimulator
from tests.edge.making import punch
from tests.waiting import until


@pytest.fixture
def place() -> Iterator[Path]:
    """Where the other program's socket is: a short path, since an address of a socket is short."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"pw-fb-{os.getpid()}-{time.monotonic_ns() % 10**9}"  # noqa: S108
    folder.mkdir()
    yield folder / "s"
    (folder / "s").unlink(missing_ok=True)
    folder.rmdir()


@pytest.fixture
def desk(tmp_path: Path, place: Path) -> Iterator[ReaderDesk]:
    """A reader's desk over an outbox on disk that tells of punches there."""
    prepare(tmp_path / "outbox.db")
    outbox = Outbox(tmp_path / "outbox.db")
    made = ReaderDesk("front-gate", outbox, Timekeeper(), OrderBook(), Counter())
    with closing(Feedback(place)) as feedback:
        made.answer = partial(feedback.tell, made.count)
        yield made
    outbox.close()


@pytest.fixture
def ears(place: Path) -> Iterator[socket.socket]:
    """The other program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(place))
        opened.settimeout(10)
        yield opened


def heard(ears: socket.socket) -> Answer:
    """The next datagram."""
    return msgspec.json.decode(ears.recv(4096), type=Answer)


def test_each_live_punch_is_answered_once_it_is_stored(desk: ReaderDesk, ears: socket.socket) -> None:
    """What was read from a log is no news at the device; a live punch is, and it says if it was known."""
    desk.emit([punch(1, "catch-up"), punch(2, "reread"), punch(3, "live")])
    answer = heard(ears)
    assert answer == Answer(
        reader="front-gate",
        badge="1042",
        at="2026-05-11T03:30:03+00:00",
        wall="2026-05-11T09:00:03",
        outcome="stored",
    )
    assert desk.offer([punch(3, "live")])
    assert heard(ears).outcome == "known"
    assert desk.vital.counts == {}


def test_nobody_is_waited_for(desk: ReaderDesk, place: Path) -> None:
    """Without a listener, or with a deaf one, every punch is stored at once, and losses are counted."""
    desk.emit([punch(1, "live")])
    assert desk.vital.counts == {"feedback_unheard": 1}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(place))
        assert desk.emit([punch(number, "live") for number in range(2, 3002)]) == 3000
    assert desk.vital.counts["feedback_unheard"] > 1


def test_a_daemon_without_the_section_does_not_carry_it() -> None:
    """A branch without a buzzer pays nothing for those that have one."""
    code = "import sys, edge.daemon; sys.exit('edge.feedback' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


EDGE = """
[edge]
id = "pune-01"
state_dir = "{folder}"
[broker]
host = "127.0.0.1"
port = {port}
[feedback]
socket = "{place}"
[[reader]]
name = "canteen"
kind = "serial-rfid"
device = "{device}"
format = "rdm6300"
"""


def test_a_card_rings_the_bell_of_the_shop_also_without_a_network(tmp_path: Path, place: Path) -> None:
    """From the serial port through the daemon to a command that a shop has wired to its buzzer."""
    reader = SerialReaderSimulator(link=tmp_path / "reader")
    reader.replug()
    config = tmp_path / "edge.toml"
    config.write_text(EDGE.format(folder=tmp_path, port=free_port(), place=place, device=reader.device))
    rung = tmp_path / "rung"
    rung.touch()
    program = [str(Path(sys.executable).with_name("punchwire-edge")), "--config", str(config)]
    command = f"""sh -c 'echo "$PUNCHWIRE_READER $PUNCHWIRE_BADGE $PUNCHWIRE_OUTCOME" >> {rung}'"""
    with (tmp_path / "told").open("wb") as told:
        started = [
            subprocess.Popen([*program, "feedback", "--json", "--run", command], stdout=told),
            subprocess.Popen([*program, "run"]),
        ]
        try:
            until(place.is_socket)
            until(lambda: reader.present("06008E6D5D", 0.05) and rung.read_text(), every_s=0.5)
        finally:
            for process in started:
                process.send_signal(signal.SIGINT)
            assert [process.wait(20) for process in started] == [0, 0]
            reader.unplug()
    assert "canteen" in rung.read_text().splitlines()[0]
    assert rung.read_text().splitlines()[0].endswith(" stored")
    assert json.loads((tmp_path / "told").read_text().splitlines()[0])["reader"] == "canteen"
    assert not place.exists()


def test_the_listener_takes_over_from_one_that_was_killed_and_from_no_other(
    tmp_path: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name left behind goes; a program that listens there keeps it; mistakes are told in a line."""
    config = tmp_path / "edge.toml"
    config.write_text(EDGE.format(folder=tmp_path, port=1, place=place, device="/dev/ttyUSB0"))
    listen = ["--config", str(config), "feedback"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(place))
        assert main(listen) == 1
        assert "another program listens there" in capsys.readouterr().err
    program = str(Path(sys.executable).with_name("punchwire-edge"))
    with (
        subprocess.Popen([program, *listen], stdout=subprocess.PIPE, text=True) as process,
        closing(Feedback(place)) as feedback,
    ):
        unheard: list[str] = []

        def took() -> bool:
            before = len(unheard)
            feedback.tell(unheard.append, punch(1, "live"), fresh=True)
            return len(unheard) == before

        until(took, every_s=0.1)
        assert process.stdout is not None
        assert process.stdout.readline() == "09:00:01  front-gate        1042  stored\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert main([*listen, "--run", "sh -c 'x"]) == 2
    config.write_text(config.read_text().replace(str(place), str(tmp_path / "nowhere" / "s")))
    assert main(listen) == 1
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("socket_path", "told"),
    [
        ("run/s", "feedback.socket: 'run/s' must begin with /"),
        ("/" + "x" * 107, "feedback.socket: the path of a socket has at most 107 bytes"),
    ],
)
def test_a_path_that_can_be_no_socket_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], socket_path: str, told: str
) -> None:
    """The edge does not start with an address that can be none; without one there is no listener."""
    config = tmp_path / "edge.toml"
    text = EDGE.format(folder=tmp_path, port=1, place=socket_path, device="/dev/ttyUSB0")
    config.write_text(text)
    assert main(["--config", str(config), "check-config"]) == 78
    assert told in capsys.readouterr().err
    config.write_text(text.replace(f'[feedback]\nsocket = "{socket_path}"\n', ""))
    assert main(["--config", str(config), "feedback"]) == 78
    assert "no [feedback] names a socket" in capsys.readouterr().err
