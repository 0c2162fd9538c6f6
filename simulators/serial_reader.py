"""Imitates a serial card reader on a pseudo-terminal: frames while a card rests, noise, a pulled plug."""

import argparse
import contextlib
import errno
import os
import pty
import select
import sys
import time
import tty
from pathlib import Path
from typing import Any

from simulators.card_frames import FRAMES
from simulators.card_program import ABOUT, REST_S, CardProgram, add_arguments

FRAME_EVERY_S = 0.05
"""Readers repeat the frame about every 50 ms while a card rests on them."""


class SerialReaderSimulator:
    """A reader that sends one format. `link` is a stable name for its device, kept over a replug."""

    def __init__(self, form: str = "rdm6300", link: Path | None = None) -> None:
        self._frame = FRAMES[form]
        self._link = link
        self._path: str | None = None
        self._wire = -1

    @property
    def device(self) -> str | None:
        """The path to open: the link if there is one; None while unplugged."""
        return str(self._link) if self._path and self._link else self._path

    @property
    def heard(self) -> bool:
        """Whether some program holds the device open now."""
        if self._path is None:
            return False
        look = select.poll()
        look.register(self._wire, 0)
        return not any(event & select.POLLHUP for _, event in look.poll(0))

    def replug(self) -> None:
        """Put the device on the machine (also for the first time)."""
        if self._path is not None:
            return
        self._wire, end = pty.openpty()
        tty.setraw(end)
        self._path = os.ttyname(end)
        os.close(end)
        os.set_blocking(self._wire, False)
        if self._link is not None:
            fresh = self._link.with_name(f"{self._link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self._path)
            fresh.replace(self._link)

    def unplug(self) -> None:
        """Take it off: whoever holds it open reads its end."""
        if self._path is None:
            return
        self._path = None
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        os.close(self._wire)

    def present(self, card: str, rest_s: float = REST_S) -> bool:
        """Send a card's frame at once and again until `rest_s` is over; tell whether anything listened."""
        self._take_back()
        until, heard = time.monotonic() + rest_s, False
        while self._path is not None:
            heard |= self.heard
            self.garbage(self._frame(card))
            left = until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, FRAME_EVERY_S))
        return heard

    def _take_back(self) -> None:
        """Be plugged in anew if a program that was killed left its claim, as on a real port it could not.

        A pseudo-terminal keeps the claim as long as this end is open, and refuses everybody but root.
        """
        if self._path is not None and _claimed(self._path) and not self.heard:
            self.unplug()
            self.replug()

    def garbage(self, noise: bytes) -> None:
        """Send any bytes; as on a real line, they are gone if nobody takes them."""
        if self._path is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._wire, noise)


def _claimed(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def add(kinds: Any) -> None:
    """Add `serial` to the kinds of simulator that the command line offers."""
    parser = kinds.add_parser(
        "serial",
        help="a card reader on a serial port",
        description="Imitates a card reader on a pseudo-terminal.",
        epilog=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--format", choices=FRAMES, default="rdm6300", help="of its frames (rdm6300)")
    parser.add_argument("--link", type=Path, metavar="PATH", help="a stable name for the device")
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Be a serial reader until the input ends. Returns the exit code."""
    reader = SerialReaderSimulator(options.format, options.link)
    try:
        reader.replug()
    except OSError as error:
        sys.stderr.write(f"{options.link or 'a pseudo-terminal'}: {error.strerror}; choose another --link\n")
        return 1
    try:
        return CardProgram(reader, options).run("serial")
    finally:
        reader.unplug()
