"""Keeps a daemon the only one in its folder: two that write one outbox would undo each other's work."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class NotAlone(Exception):
    """Another process works in the folder."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have a folder for this process while the block lasts, and made if it is missing. Raises NotAlone.

    The right ends with the process, however that ends. Where there can be no folder there is nothing to
    guard, and whoever opens a file in it next learns why.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotAlone(f"{folder}: another process works here") from None
        yield
    finally:
        os.close(opened)
