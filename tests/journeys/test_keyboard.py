"""A keyboard reader at a whole site: the edge's process sees a keyboard that umockdev makes.

Below umockdev a pseudo-terminal answers no modem questions, so the serial reader stays at home
here; the other journeys have it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.stage import KEYBOARD, SERIAL, TERMINAL
from tests.edge.readers.usb_rfid.mocked import Machine
from tests.edge.readers.usb_rfid.test_reader import CARD, ENTER, OTHER
from tests.journeys.site import Site
from tests.waiting import until

SECTION = f"""
[[reader]]
name = "{KEYBOARD}"
kind = "usb-rfid"
device = "/dev/input/by-id/Cheap_Reader"
notation = "10D"
"""


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    yield made
    made.stop()


def test_keyboard_and_terminal_reach_the_ledger(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each punch of both is in the ledger once, those of a keyboard that was plugged in again too."""
    keyboard = machine.plug()
    monkeypatch.setenv("UMOCKDEV_DIR", machine.bed.get_root_dir())
    site = Site(tmp_path, log=50)
    del site.devices[KEYBOARD], site.devices[SERIAL]
    site.add_reader(SECTION, under="/usr/bin/umockdev-wrapper")
    try:
        site.build()
        until(lambda: site.board().get(KEYBOARD, {}).get("reason") == "never-punched")
        site.punches(5, TERMINAL)
        keyboard.type([*CARD, ENTER])
        until(lambda: site.badges(KEYBOARD) == ["0009334109"])
        keyboard.unplug()
        until(lambda: site.board()[KEYBOARD].get("reason") in {"unplugged", "not-plugged"})
        back = machine.plug(7)
        until(lambda: site.board()[KEYBOARD].get("reason") not in {"unplugged", "not-plugged"})
        back.type([*OTHER, ENTER])
        until(lambda: site.badges(KEYBOARD) == ["0009334109", "0040856634"])
        until(lambda: len(site.badges(TERMINAL)) == 55)
        site.outbox_settles()
        keyboard.end()
        back.end()
    finally:
        site.clear()
