"""Owns whose turn it is to write to SQLite: the intake comes first, others when it is quiet, or overdue.

SQLite lets one writer in at a time and makes the others ask again and again, in no order. So whoever writes
asks here before.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

CALM_S = 0.02
"""So long after a transaction of the intake the next one may be expected, and others hold back."""


class Turns:
    """Gives one writer after the other its turn. Any thread may ask."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._overdue = 0
        self._first_at = float("-inf")

    @contextmanager
    def first(self) -> Iterator[None]:
        """The turn of the intake: it waits for the transaction at hand, and for others that are overdue."""
        with self._changed:
            while self._taken or self._overdue:
                self._changed.wait()
            self._taken = True
            self._first_at = float("inf")
        try:
            yield
        finally:
            with self._changed:
                self._first_at = time.monotonic()
                self._release()

    @contextmanager
    def other(self, patience_s: float) -> Iterator[None]:
        """The turn of anybody else: when the intake is quiet, or after `patience_s` the next one."""
        overdue_at = time.monotonic() + patience_s
        with self._changed:
            while (rest_s := min(self._first_at + CALM_S, overdue_at) - time.monotonic()) > 0:
                self._changed.wait(rest_s)
            self._overdue += 1
            try:
                while self._taken:
                    self._changed.wait()
            finally:
                self._overdue -= 1
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._release()

    def _release(self) -> None:
        self._taken = False
        self._changed.notify_all()
