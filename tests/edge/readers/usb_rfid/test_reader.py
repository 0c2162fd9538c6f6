"""Promises of the keyboard reader, kept with the real evdev over keyboards that umockdev makes."""

import errno
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.errors import Misconfigured
from edge.readers.usb_rfid.reader import KeyboardOptions, KeyboardReader
from ground.settings import build
from tests.edge.readers.desk import MemoryDesk, Session
from tests.edge.readers.usb_rfid.mocked import GRAB, SET_CLOCK, Keyboard, Machine, ReaderAtWork

ENTER, TAB = 28, 15
CARD, CANON = [11, 11, 11, 10, 4, 4, 5, 2, 11, 10], "32:008E6D5D"
"""The keys of 0009334109."""
OTHER, OTHER_CANON = [11, 11, 5, 11, 9, 6, 7, 7, 4, 5], "32:026F6C3A"
"""The keys of 0040856634."""


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine without keyboards."""
    machine = Machine()
    yield machine
    machine.stop()


@pytest.fixture
def keyboard(machine: Machine) -> Keyboard:
    """A reader that types, plugged in."""
    return machine.plug()


def at_work(machine: Machine, **options: Any) -> ReaderAtWork:
    return ReaderAtWork(
        machine, **{"device": "/dev/input/event5", "notation": "10D", "debounce_s": 60, **options}
    )


def opened(seen: dict[str, Any]) -> bool:
    return bool(seen["oks"])


@pytest.mark.parametrize(("terminator", "end"), [("enter", [ENTER]), ("tab", [TAB]), ("none", [])])
def test_a_card_is_a_punch(machine: Machine, keyboard: Keyboard, terminator: str, end: list[int]) -> None:
    """A typed number with Enter, Tab or nothing behind it is one punch of the card."""
    with at_work(machine, terminator=terminator) as reader:
        reader.until(opened)
        keyboard.type(CARD + end)
        seen = reader.until(lambda seen: seen["cards"])
        assert reader.ask("stop")["ended"] == "stopped"
    assert seen["cards"] == [CANON]
    (punch,) = seen["facts"]
    assert punch["badge"] == {"raw": "0009334109", "form": "card", "canon": CANON}
    assert (punch["kind"], punch["reader"], punch["how"]) == ("wedge", "door", "live")


def test_the_keyboard_is_claimed_and_stamped_by_a_steady_clock(machine: Machine, keyboard: Keyboard) -> None:
    """No other program sees the numbers, and a step of the machine's clock does not part a scan."""
    with at_work(machine) as reader:
        reader.until(opened)
    assert keyboard.asked.count(GRAB) == 1
    assert keyboard.asked.count(SET_CLOCK) == 1


def test_a_keyboard_may_stay_shared(machine: Machine, keyboard: Keyboard) -> None:
    """Only where the configuration says so does the reader not claim its keyboard."""
    with at_work(machine, exclusive=False) as reader:
        reader.until(opened)
    assert GRAB not in keyboard.asked


def test_a_kernel_without_the_steady_clock_will_do(machine: Machine, keyboard: Keyboard) -> None:
    """Where events carry the machine's time, scans are read all the same, also without a terminator."""
    keyboard.clock_errno = errno.EINVAL
    with at_work(machine, terminator="none") as reader:
        reader.until(opened)
        keyboard.type(CARD, clock=time.time)
        assert reader.until(lambda seen: seen["cards"])["cards"] == [CANON]


def test_a_keyboard_claimed_by_another_is_grabbed(machine: Machine, keyboard: Keyboard) -> None:
    """While another program holds the keyboard the reader says so, and takes it when it is free."""
    keyboard.grab_errno = errno.EBUSY
    with at_work(machine) as reader:
        assert reader.until(lambda seen: seen["ended"])["ended"].startswith("Unreachable grabbed")
        keyboard.grab_errno = 0
        reader.ask("again")
        reader.until(opened)


def test_an_unplugged_keyboard_is_lost_and_claimed_again(machine: Machine, keyboard: Keyboard) -> None:
    """A pulled plug ends the session as lost, then it is not plugged; put back it is claimed again."""
    with at_work(machine, device="/dev/input/by-id/Cheap_Reader") as reader:
        reader.until(opened)
        keyboard.type([*CARD, ENTER])
        reader.until(lambda seen: seen["cards"])
        keyboard.unplug()
        assert (
            reader.until(lambda seen: seen["ended"])["ended"]
            == "Lost unplugged: Cheap_Reader: No such device"
        )
        reader.ask("again")
        ended = reader.until(lambda seen: seen["ended"].startswith("Unreachable"))["ended"]
        assert ended.startswith("Unreachable not-plugged: /dev/input/by-id/Cheap_Reader")
        back = machine.plug(7)
        before = len(reader.seen["oks"])
        reader.ask("again")
        reader.until(lambda seen: len(seen["oks"]) > before)
        back.type([*OTHER, ENTER])
        assert reader.until(lambda seen: len(seen["cards"]) == 2)["cards"] == [CANON, OTHER_CANON]
    assert back.asked.count(GRAB) == 1


def test_a_device_that_ends_is_lost(machine: Machine, keyboard: Keyboard) -> None:
    """A device that reads as ended is not read for ever at full speed."""
    with at_work(machine) as reader:
        reader.until(opened)
        keyboard.end()
        assert reader.until(lambda seen: seen["ended"])["ended"].startswith("Lost unplugged")


def test_repeats_are_one_punch(machine: Machine, keyboard: Keyboard) -> None:
    """A reader that types a resting card again and again gives one punch, and the repeats are counted."""
    with at_work(machine) as reader:
        reader.until(opened)
        keyboard.type([*CARD, ENTER])
        reader.until(lambda seen: seen["cards"])
        keyboard.type([*CARD, ENTER])
        keyboard.type([*CARD, ENTER])
        reader.until(lambda seen: seen["counts"].get("repeats_suppressed") == 2)
        keyboard.type([*OTHER, ENTER])
        seen = reader.until(lambda seen: len(seen["cards"]) == 2)
    assert seen["cards"] == [CANON, OTHER_CANON]
    assert seen["counts"]["repeats_suppressed"] == 2


def test_typing_is_no_card_and_is_not_kept(machine: Machine, keyboard: Keyboard) -> None:
    """What a person types at the keyboard is counted, and appears in no fact and no evidence."""
    with at_work(machine) as reader:
        reader.until(opened)
        keyboard.type([*CARD, ENTER], pace_s=0.3)
        keyboard.type([*OTHER, ENTER])
        seen = reader.until(lambda seen: seen["cards"])
    assert seen["cards"] == [OTHER_CANON]
    assert seen["counts"]["frames_rejected"] == len(CARD)
    assert seen["doubts"][0][0] == "garbage"
    assert seen["doubts"][-1] == ["", ""]
    assert "000933" not in str(seen)
    assert "8E6D5D" not in str(seen)


def test_dropped_events_give_no_wrong_card(machine: Machine, keyboard: Keyboard) -> None:
    """When the kernel says that it lost events, the digits before are not joined with those behind."""
    with at_work(machine) as reader:
        reader.until(opened)
        keyboard.type(CARD[:5])
        keyboard.send([(0, 3, 0, time.monotonic())])
        keyboard.type([*CARD[5:], ENTER])
        keyboard.type([*OTHER, ENTER])
        assert reader.until(lambda seen: seen["cards"])["cards"] == [OTHER_CANON]


def test_a_keyboard_is_found_by_name_and_no_other_is_opened(machine: Machine, keyboard: Keyboard) -> None:
    """A reader that is described, not named by a path, opens the one that fits and leaves others alone."""
    person = machine.plug(6, "Somebody's Keyboard", "1-2")
    with at_work(machine, device=None, device_name="Cheap Reader", vendor=0xFFFF) as reader:
        reader.until(opened)
        assert reader.seen["oks"][0] == {"device": "1-1"}
        keyboard.type([*CARD, ENTER])
        assert reader.until(lambda seen: seen["cards"])["cards"] == [CANON]
    assert person.asked == []


def test_twins_are_refused_with_their_ports(machine: Machine, keyboard: Keyboard) -> None:
    """Of two readers that look the same none is guessed: both ports are named."""
    twin = machine.plug(6, "Cheap Reader", "1-2")
    with at_work(machine, device=None, device_name="Cheap Reader") as reader:
        ended = reader.until(lambda seen: seen["ended"])["ended"]
    assert ended.startswith("Misconfigured misconfigured: several keyboards have device_name Cheap Reader")
    assert "event5 at 1-1" in ended
    assert "event6 at 1-2" in ended
    assert keyboard.asked == twin.asked == []


def test_no_keyboard_fits(machine: Machine, keyboard: Keyboard) -> None:
    """A described reader that is not there is not plugged in."""
    with at_work(machine, device=None, vendor=0x1234) as reader:
        ended = reader.until(lambda seen: seen["ended"])["ended"]
    assert ended == "Unreachable not-plugged: no keyboard has vendor 0x1234"
    assert keyboard.asked == []


def test_a_path_that_is_no_keyboard_needs_a_person(tmp_path: Path) -> None:
    """A device of another kind, a file or a folder is refused for good, with its path."""
    (tmp_path / "file").write_text("no device")
    for path in (Path("/dev/null"), tmp_path / "file", tmp_path):
        options = KeyboardOptions(device=str(path), notation="10D")
        with Session(KeyboardReader("door", options), MemoryDesk()) as session:
            fault = session.fault()
        assert isinstance(fault, Misconfigured)
        assert fault.evidence.startswith(f"{path} is no input device")


def test_a_stop_is_prompt_and_the_reader_comes_by_often(machine: Machine, keyboard: Keyboard) -> None:
    """A quiet reader keeps coming by, and ends well within the two seconds of a stop."""
    with at_work(machine) as reader:
        before = reader.until(opened)["waits"]
        reader.until(lambda seen: seen["waits"] > before + 1)
        stopped = reader.ask("stop")
    assert stopped["ended"] == "stopped"
    assert stopped["took_s"] < 1.5
    assert keyboard.asked


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"notation": "10D"}, "give either device"),
        ({"notation": "10D", "device": "/dev/x", "device_name": "y"}, "give either device"),
        ({"notation": "10D", "device": "event5"}, "no absolute path"),
        ({"device": "/dev/x"}, "reader[1].notation: missing"),
        ({"notation": "10D", "vendor": 0x10000}, "reader[1].vendor"),
        ({"notation": "10D", "device": "/dev/x", "terminator": "return"}, "reader[1].terminator"),
    ],
)
def test_a_wrong_section_is_told(section: dict[str, object], told: str) -> None:
    """Each mistake in a reader's section is one line with its place."""
    mistakes: list[str] = []
    assert build(KeyboardOptions, section, "reader[1]", mistakes) is None
    assert len(mistakes) == 1
    assert told in mistakes[0]
