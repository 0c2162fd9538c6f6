"""Imitates a card reader that types like a keyboard, through the kernel's uinput."""

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from simulators.card_frames import NUMBERS
from simulators.card_program import ABOUT, UNAVAILABLE, CardProgram, add_arguments

KEY_DOWN_S = 0.002
"""Readers hold a key for one or two milliseconds."""
_ENDS = {"enter": "KEY_ENTER", "tab": "KEY_TAB", "none": None}
_NAMES = {",": "KEY_COMMA"}


class NoKeyboards(Exception):
    """This machine cannot make keyboards; the text says why and what helps."""


class KeyboardReaderSimulator:
    """A reader that types one notation.

    It types only while a program has claimed the keyboard for itself, so that no number lands in a console.
    """

    def __init__(
        self,
        notation: str = "10D",
        end: str = "enter",
        name: str = "Punchwire simulated reader",
        vendor: int = 0xFFFF,
        product: int = 0x0035,
        uinput: str = "/dev/uinput",
    ) -> None:
        self._number = NUMBERS[notation]
        self._end = _ENDS[end]
        self._name = name
        self._vendor = vendor
        self._product = product
        self._uinput = uinput
        self._keyboard: Any = None

    @property
    def device(self) -> str | None:
        """The path of its event device, None while unplugged."""
        found = self._keyboard and self._keyboard.device
        return str(found.path) if found else None

    def replug(self) -> None:
        """Put the keyboard on the machine (also for the first time). Raises NoKeyboards."""
        if self._keyboard is not None:
            return
        try:
            from evdev import UInput, UInputError, ecodes  # noqa: PLC0415 - only where it can be used
        except ImportError:
            raise NoKeyboards("the Python package evdev is missing; install python3-evdev") from None
        keys = [
            code
            for name, code in ecodes.ecodes.items()
            if name.startswith("KEY_") and code <= ecodes.KEY_MICMUTE
        ]
        try:
            self._keyboard = UInput(
                {ecodes.EV_KEY: keys},
                name=self._name,
                vendor=self._vendor,
                product=self._product,
                devnode=self._uinput,
            )
        except (UInputError, OSError) as error:
            raise NoKeyboards(_refusal(Path(self._uinput), error)) from None

    def unplug(self) -> None:
        """Take it off."""
        if self._keyboard is not None:
            self._keyboard.close()
            self._keyboard = None

    def present(self, card: str, rest_s: float = 0.0) -> bool:
        """Type a card's number once, whatever `rest_s`; False if no program has claimed the keyboard."""
        del rest_s
        if not self._claimed():
            return False
        names = [_NAMES.get(char, f"KEY_{char.upper()}") for char in self._number(card)]
        for name in [*names, self._end] if self._end else names:
            self._press(name)
        return True

    def garbage(self, noise: bytes) -> None:
        """Press a key that is on no card for each byte."""
        for _ in noise if self._claimed() else b"":
            self._press("KEY_F1")

    def _press(self, name: str) -> None:
        from evdev import ecodes  # noqa: PLC0415 - see replug

        for value in (1, 0):
            self._keyboard.write(ecodes.EV_KEY, ecodes.ecodes[name], value)
            self._keyboard.syn()
            time.sleep(KEY_DOWN_S)

    def _claimed(self) -> bool:
        """Whether somebody holds the keyboard: then the kernel refuses to give it to us."""
        if self.device is None:
            return False
        from evdev import InputDevice  # noqa: PLC0415 - see replug

        with contextlib.closing(InputDevice(self.device)) as look:
            try:
                look.grab()
            except OSError:
                return True
            return False


def _refusal(uinput: Path, error: Exception) -> str:
    """Why nothing can type here, and what would help."""
    if not uinput.exists():
        return f"there is no {uinput}; try: sudo modprobe uinput"
    if not os.access(uinput, os.W_OK):
        return f"{uinput} may be written by root alone"
    return f"{uinput}: {error}"


def add(kinds: Any) -> None:
    """Add `keyboard` to the kinds of simulator that the command line offers."""
    parser = kinds.add_parser(
        "keyboard",
        help="a card reader that types",
        description="Imitates a card reader that types like a keyboard. It types only while claimed.",
        epilog=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--notation", choices=NUMBERS, default="10D", help="of its numbers (10D)")
    parser.add_argument("--end", choices=_ENDS, default="enter", help="the key behind a number (enter)")
    parser.add_argument("--name", default="Punchwire simulated reader", metavar="TEXT", help="of the device")
    parser.add_argument("--uinput", default="/dev/uinput", metavar="PATH", help=argparse.SUPPRESS)
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Be a keyboard reader until the input ends. Returns the exit code, 69 where the kernel has no uinput."""
    reader = KeyboardReaderSimulator(options.notation, options.end, options.name, uinput=options.uinput)
    try:
        reader.replug()
    except NoKeyboards as error:
        sys.stderr.write(f"no keyboard reader can be imitated here: {error}\n")
        return UNAVAILABLE
    try:
        return CardProgram(reader, options).run("keyboard")
    finally:
        reader.unplug()
