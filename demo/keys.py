"""Takes single keys from the terminal while the board is on the screen."""

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def single_keys() -> Iterator[None]:
    """Give each key at once and unseen; the terminal is put back at the end. Does nothing without one."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def pressed(within_s: float) -> str:
    """Wait for a key for that long; "" if none is pressed, or there is no terminal."""
    if not sys.stdin.isatty():
        time.sleep(within_s)
        return ""
    ready, _, _ = select.select([sys.stdin], [], [], within_s)
    return os.read(sys.stdin.fileno(), 1).decode(errors="replace") if ready else ""
