"""Owns what is told of a ledger that does not answer: once when that begins, once when it is over."""

import threading
import time

from ground.journal import Journal

journal = Journal("ledger")


class Outage:
    """What one process has told. Every thread of it may tell; repeats are for developers.

    `writes` tells the kind of transaction: a full disk can still be read, so reading does not end what
    writing began. Written is read as well.
    """

    def __init__(self) -> None:
        self._since: dict[bool, float] = {}
        self._lock = threading.Lock()

    def met(self, error: Exception, *, writes: bool) -> None:
        """Tell that a transaction failed with the database to blame."""
        with self._lock:
            tell = journal.debug if self._since else journal.error
            self._since.setdefault(writes, time.monotonic())
        tell("ledger_unavailable", reason=error)

    def over(self, *, writes: bool) -> None:
        """Note that a transaction was well."""
        if not self._since:
            return
        with self._lock:
            began = min(self._since.values(), default=None)
            self._since.pop(False, None)
            if writes:
                self._since.pop(True, None)
            if began is None or self._since:
                return
        journal.info("ledger_back", after_s=round(time.monotonic() - began, 1))
