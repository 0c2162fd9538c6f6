"""Promises of the probe: cards with known numbers give the section that reads them, or the reason why not."""

import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge import probing
from edge.cli import main
from edge.readers.presented import Presented, Reading, Settled, settle
from edge.readers.probe import Undecided
from edge.readers.registry import reader_class
from edge.readers.serial_rfid.presenting import understood
from ground.settings import build
from simulators.card_frames import FRAMES
from simulators.serial_reader import SerialReaderSimulator
from tests.edge.readers.usb_rfid.mocked import Machine
from tests.waiting import until

CARD, OTHER = "06008E6D5D", "01026F6C3A"
PRINTED, ALSO = "0009334109/142,27997", "0040856634/111,27706"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def device(tmp_path: Path) -> Iterator[SerialReaderSimulator]:
    simulator = SerialReaderSimulator("rdm6300", tmp_path / "card-reader")
    simulator.replug()
    yield simulator
    simulator.unplug()


@contextmanager
def resting(device: SerialReaderSimulator, frame: bytes) -> Iterator[None]:
    """Hold a card to the reader again and again, as what comes while the port is being opened is lost."""
    over = threading.Event()

    def present() -> None:
        while not over.wait(0.4):
            device.garbage(frame if device.heard else b"")

    thread = threading.Thread(target=present)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def probed(device: SerialReaderSimulator, *more: str) -> int:
    return main(["probe", "--device", str(device.device), "--wait", "20", *more])


def built(text: str) -> Any:
    """The reader's options that the printed section makes."""
    (section,) = tomllib.loads(text)["reader"]
    kind, mistakes = reader_class(section.pop("kind")), list[str]()
    assert section.pop("name") == "card-reader"
    options = build(kind.Options, section, "reader", mistakes)
    assert mistakes == []
    return options


@pytest.mark.parametrize("form", FRAMES)
def test_every_format_is_found_by_one_card(
    form: str, device: SerialReaderSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """The format and the notation are found out, and the section can be pasted as it is."""
    with resting(device, FRAMES[form](CARD)):
        assert probed(device, "--card", PRINTED) == 0
    options = built(capsys.readouterr().out)
    assert (options.format, options.device) == (form, str(device.device))
    assert options.notation == {"ascii-line": "10D", "idteck": "10D"}.get(form)


def test_a_reader_that_sends_the_last_byte_first_is_found(
    device: SerialReaderSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """A card whose bytes come in the other order settles that, too."""
    with resting(device, FRAMES["rdm6300"](bytes.fromhex(CARD)[::-1].hex().upper())):
        assert probed(device, "--card", PRINTED, "--baud", "19200") == 0
    options = built(capsys.readouterr().out)
    assert (options.format, options.byte_reversed, options.baud) == ("rdm6300", True, 19200)


def test_one_number_that_may_mean_several_things_is_not_guessed(
    device: SerialReaderSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where profiles are left over they are named, no section is printed, and the exit code says so."""
    with resting(device, b"0009334109\r\n"):
        assert probed(device, "--card", "0009334109") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "The cards fit 3 profiles (10H, 10D, 5+5)" in err


def test_noise_and_silence_are_told(
    device: SerialReaderSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes that are no card point to the baud rate; nothing at all to the plug."""
    with resting(device, b"\xf0\x0f\xf0"):
        assert probed(device, "--card", PRINTED) == 1
    assert "no card in any format (f0 0f f0)" in capsys.readouterr().err
    assert probed(device, "--card", PRINTED, "--wait", "0.1") == 1
    assert "No card came in time" in capsys.readouterr().err


def test_a_reader_that_cannot_be_opened_is_told_with_the_next_step(
    device: SerialReaderSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong path is one line with the remedy, and no card is asked for in vain."""
    assert main(["probe", "--device", "/dev/no-such-port", "--card", PRINTED]) == 69
    told = capsys.readouterr().err
    assert told.startswith("/dev/no-such-port: No such file or directory. Plug the reader in")
    assert device.device is not None


def test_numbers_are_asked_for_until_an_empty_line(device: SerialReaderSimulator) -> None:
    """Without numbers on the command line the installer is asked, card after card."""
    command = [sys.executable, "-m", "edge.cli", "probe", "--device", str(device.device), "--wait", "20"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stderr is not None
        for printed, card in ((PRINTED, CARD), (ALSO, OTHER)):
            program.stdin.write(printed + "\n")
            program.stdin.flush()
            while not program.stderr.readline().startswith("Present"):
                pass
            with resting(device, FRAMES["ascii-line"](card)):
                assert program.stderr.readline().startswith("  came: ")
        out, _ = program.communicate("\n", timeout=60)
    assert (program.returncode, built(out).notation) == (0, "10D")


@pytest.mark.parametrize(("end", "terminator"), [([28], "enter"), ([15], "tab"), ([], "none")])
def test_a_reader_that_types_is_found(end: list[int], terminator: str) -> None:
    """A keyboard reader's notation and the key behind its numbers are found out."""
    machine = Machine()
    keyboard = machine.plug()
    device = "/dev/input/by-id/Cheap_Reader"
    codes = [11, 11, 11, 10, 4, 4, 5, 2, 11, 10, *end]
    probe = [sys.executable, "-m", "edge.cli", "probe", "--device", device, "--card", PRINTED]
    with subprocess.Popen(
        ["umockdev-wrapper", *probe, "--wait", "20"],
        cwd=ROOT,
        env={**os.environ, "UMOCKDEV_DIR": machine.bed.get_root_dir()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        until(lambda: 0x40044590 in keyboard.asked)
        keyboard.type(codes)
        out, err = program.communicate(timeout=60)
    machine.stop()
    assert program.returncode == 0, err
    options = built(out)
    assert (options.device, options.notation, options.terminator) == (device, "10D", terminator)


def test_the_only_reader_needs_no_name(
    device: SerialReaderSimulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one reader that is plugged in nothing is asked; of several, all are named."""
    folder = Path(str(device.device)).parent
    monkeypatch.setattr(probing, "_NAMES", (folder / "by-id",))
    monkeypatch.setattr(probing, "keyboards", list)
    assert main(["probe", "--card", PRINTED]) == 69
    assert capsys.readouterr().err == "No reader is plugged in.\n"
    (folder / "by-id").mkdir()
    (folder / "by-id" / "usb-reader").symlink_to(str(device.device))
    with resting(device, FRAMES["rdm6300"](CARD)):
        assert main(["probe", "--card", PRINTED]) == 0
    assert built(capsys.readouterr().out).device == str(folder / "by-id" / "usb-reader")
    (folder / "by-id" / "usb-another").symlink_to("/dev/null")
    assert main(["probe", "--card", PRINTED]) == 69
    assert "usb-another" in capsys.readouterr().err


def test_cards_of_different_formats_settle_nothing() -> None:
    """Two readers, or two kinds of card, are told apart from an ambiguous number."""
    cards = [(understood(FRAMES["rdm6300"](CARD)), (PRINTED,)), (understood(b"0009334109\r\n"), (PRINTED,))]
    verdict = settle(cards)
    assert isinstance(verdict, Undecided)
    assert "different formats" in verdict.why
    assert isinstance(settle([]), Undecided)


def test_a_likelier_format_wins_over_mere_text() -> None:
    """A line whose check is right is that format, though any line could be plain text."""
    first, *_, last = understood(FRAMES["elatec-hid"](CARD)).readings
    assert first.key == ("format", "elatec-hid")
    assert last.key == ("format", "ascii-line")


def test_a_reader_without_zeros_is_settled_with_that_key() -> None:
    """The section says so where numbers come without their leading zeros."""
    short = Presented((Reading(("terminator", "enter"), "9334109", ("10D",)),), "7 keys")
    settled = settle([(short, ("10D:0009334109",))])
    assert settled == Settled((("terminator", "enter"), ("notation", "10D"), ("padded", False)))
