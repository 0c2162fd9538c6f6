"""Promises of the simulated card readers, as classes and as programs."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from simulators.card_frames import FRAMES, NUMBERS, wiegand26
from simulators.card_program import UNAVAILABLE, deck
from simulators.serial_reader import SerialReaderSimulator

COMMAND = [sys.executable, "-m", "simulators.cli"]
DEADLINE_S = 30.0
CARD = "06008E6D5D"


@pytest.mark.parametrize(
    ("form", "card", "frame"),
    [
        ("rdm6300", CARD, bytes.fromhex("0230363030384536443544423803")),
        ("rdm6300", "100086F444", bytes.fromhex("0231303030383646343434323603")),
        ("id12", CARD, bytes.fromhex("023036303038453644354442380D0A03")),
        ("id12", "0C000621A5", b"\x020C000621A58E\r\n\x03"),
        ("binary", CARD, bytes.fromhex("020A0206008E6D5DB003")),
        ("idteck", "4B00423C15", bytes.fromhex("02303030343334303735370307")),
        ("ascii-line", CARD, b"0009334109\r\n"),
        ("elatec", "1122334455", b":112233445501\r\n"),
        ("elatec-hid", "0000010003", b"1A808001C0\r"),
        ("hid-line", "000001018E", b"00000602031C27\r"),
    ],
)
def test_frames_are_those_of_the_data_sheets(form: str, card: str, frame: bytes) -> None:
    """Each format is sent byte for byte as its maker's example shows it."""
    assert FRAMES[form](card) == frame


@pytest.mark.parametrize(
    ("notation", "number"),
    [("10D", "0009334109"), ("8D", "09334109"), ("10H", CARD), ("8H", "008E6D5D"), ("3+5", "142,27997")],
)
def test_numbers_are_those_on_the_card(notation: str, number: str) -> None:
    """What a keyboard reader types is what is printed on the card."""
    assert NUMBERS[notation](CARD) == number
    assert wiegand26(CARD) == "01000111001101101010111011"


def test_a_deck_is_the_same_for_the_same_seed() -> None:
    """Two runs with one seed know the same cards, none twice; another seed knows others."""
    assert deck(7, 500) == deck(7, 500)
    assert len(set(deck(7, 500))) == 500
    assert not set(deck(7, 500)) & set(deck(8, 500))


def received(port: int, size: int) -> bytes:
    data, deadline = b"", time.monotonic() + DEADLINE_S
    while len(data) < size and time.monotonic() < deadline:
        if select.select([port], [], [], 0.1)[0]:
            data += os.read(port, 4096)
    return data


def test_a_card_repeats_while_it_rests_and_is_heard_only_by_someone(tmp_path: Path) -> None:
    """Frames come about every 50 ms; a card that nobody could read is told as unheard."""
    reader = SerialReaderSimulator("rdm6300", tmp_path / "reader")
    reader.replug()
    assert not reader.present(CARD, rest_s=0)
    port = os.open(tmp_path / "reader", os.O_RDONLY | os.O_NOCTTY)
    assert reader.present(CARD, rest_s=0.2)
    frames = received(port, 4 * 14)
    assert frames.count(FRAMES["rdm6300"](CARD)) >= 3
    os.close(port)
    assert not reader.present(CARD, rest_s=0)
    reader.unplug()
    assert not reader.present(CARD, rest_s=0)


def test_a_device_keeps_its_name_over_a_replug(tmp_path: Path) -> None:
    """Unplugged, the name is gone and an open port has ended; replugged, the name leads to a new port."""
    link = tmp_path / "reader"
    reader = SerialReaderSimulator("rdm6300", link)
    reader.replug()
    port = os.open(link, os.O_RDONLY | os.O_NOCTTY)
    reader.unplug()
    assert not link.is_symlink()
    assert reader.device is None
    assert os.read(port, 1) == b""
    os.close(port)
    reader.replug()
    assert reader.device == str(link)
    assert Path(os.path.realpath(link)).is_char_device()
    reader.unplug()


CLAIM = """
import os, sys, termios
from fcntl import ioctl
ioctl(os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY), termios.TIOCEXCL)
print("claimed", flush=True)
sys.stdin.read()
"""
PRESENT = """
import os, subprocess, sys
from pathlib import Path
from simulators.serial_reader import SerialReaderSimulator
link = Path(sys.argv[1])
reader = SerialReaderSimulator("rdm6300", link)
reader.replug()
pipe = subprocess.PIPE
holder = subprocess.Popen([sys.executable, "-c", sys.argv[2], link], stdin=pipe, stdout=pipe)
holder.stdout.readline()
told = [reader.present("06008E6D5D", 0)]
holder.kill()
holder.wait()
told.append(reader.present("06008E6D5D", 0))
os.close(os.open(link, os.O_RDWR | os.O_NOCTTY))
print(told)
"""


def test_a_claim_of_a_killed_program_is_over_with_the_next_card(tmp_path: Path) -> None:
    """An edge that an ordinary user runs and kills can be started again; no claim stops root."""
    ordinary = ["setpriv", "--bounding-set=-sys_admin"] if os.geteuid() == 0 else []
    command = [*ordinary, sys.executable, "-c", PRESENT, str(tmp_path / "reader"), CLAIM]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert (done.stdout, done.stderr) == ("[True, False]\n", "")


class Program:
    """A simulator as its users start it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ready = self.line()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def ask(self, **order: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.line()

    def end(self) -> None:
        self.process.kill()
        with suppress(BrokenPipeError), self.process:
            pass


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A serial reader as a program."""
    started = Program("serial", "--link", str(tmp_path / "reader"), "--cards", "3", "--seed", "5")
    yield started
    started.end()


def test_the_program_obeys_its_lines(program: Program, tmp_path: Path) -> None:
    """It says where its device is, presents cards, and dumps all that it presented with their times."""
    assert program.ready == {"ready": True, "kind": "serial", "device": str(tmp_path / "reader")}
    port = os.open(tmp_path / "reader", os.O_RDONLY | os.O_NOCTTY)
    first = program.ask(do="present", card=CARD.lower(), rest_s=0)
    assert first["did"] == "present"
    assert (first["card"], first["heard"]) == (CARD, True)
    assert received(port, 14) == FRAMES["rdm6300"](CARD)
    cards = program.ask(do="cards")["cards"]
    assert cards == deck(5, 3)
    assert program.ask(do="present", rest_s=0)["card"] == cards[0]
    assert program.ask(do="garbage", bytes=10)["bytes"] == 10
    assert program.ask(do="unplug")["device"] is None
    assert program.ask(do="replug")["device"] == str(tmp_path / "reader")
    dump = program.ask(do="dump")["presented"]
    assert [row["card"] for row in dump] == [CARD, cards[0]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", row["at"]) for row in dump)
    os.close(port)


def test_the_program_answers_what_it_does_not_understand(program: Program) -> None:
    """A wrong line gets one line that says what is wrong, and the program goes on."""
    assert "no such command" in program.ask(do="dance")["error"]
    assert "ten hex digits" in program.ask(do="present", card="12")["error"]
    assert program.process.stdin is not None
    program.process.stdin.write("no json\n")
    assert "error" in program.ask(do="dump")
    assert program.line()["did"] == "dump"


@pytest.mark.parametrize("how", ["quit", "end of input", "signal"])
def test_the_program_ends_cleanly(program: Program, tmp_path: Path, how: str) -> None:
    """Asked to quit, at the end of its input or by SIGTERM it takes its device along and exits with 0."""
    assert program.process.stdin is not None
    if how == "quit":
        program.process.stdin.write('{"do": "quit"}\n')
        program.process.stdin.flush()
    elif how == "signal":
        program.process.send_signal(signal.SIGTERM)
    else:
        program.process.stdin.close()
    assert program.process.wait(DEADLINE_S) == 0
    assert not (tmp_path / "reader").is_symlink()


def test_the_program_presents_by_itself() -> None:
    """With --every it goes through its deck, card after card."""
    program = Program("serial", "--every", "0.01", "--cards", "4")
    deadline = time.monotonic() + DEADLINE_S
    while len(dump := program.ask(do="dump")["presented"]) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    program.end()
    assert [row["card"] for row in dump[:5]] == [*deck(1, 4), deck(1, 4)[0]]


def test_a_kernel_without_uinput_is_told_in_one_line() -> None:
    """Where no keyboard can be imitated the program says why and what helps, with an exit code of its own."""
    ended = subprocess.run(
        [*COMMAND, "keyboard", "--uinput", "/nowhere/uinput"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert ended.returncode == UNAVAILABLE
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "modprobe uinput" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["serial", "--every", "0"], "--every: '0' is not a number of seconds above 0"),
        (["serial", "--every", "nan"], "--every: 'nan' is not"),
        (["keyboard", "--cards", "0"], "--cards: 0 is none"),
        (["terminal", "--users", "-5"], "--users: '-5' is not a whole number"),
        (["terminal", "--port", "99999"], "--port: 99999 is no port"),
        (["push-terminal", "--batch", "many"], "--batch: 'many' is not a whole number"),
    ],
)
def test_a_number_that_makes_no_sense_is_told_with_its_option(arguments: list[str], told: str) -> None:
    """Exit code 2 and one line, before anything is imitated."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=DEADLINE_S
    )
    assert done.returncode == 2
    assert told in done.stderr
