"""Owns the thread that forgets diagnostics when their days are over, where central.toml says so; audited."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from central.ledger import audit, retention
from central.ledger.database import Ledger, LedgerError
from ground.journal import Journal

EVERY_S = 6 * 3600.0
FIRST_S = 300.0
"""After a start central has other things to do first."""
_BREATH_S = 0.2
"""Between two pieces others write."""

journal = Journal("retention")


class RetentionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[retention]` section: for how many days diagnostics are kept that are over; None is for ever.

    The last five weeks are looked at again and again, so forty days are the least.
    """

    diagnostics_days: Annotated[int, msgspec.Meta(ge=40, le=36500)] | None = None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Forgetting:
    """Forgets what is older than `days`. Constructed without effects."""

    def __init__(
        self,
        ledger: Ledger,
        days: int,
        *,
        first_s: float = FIRST_S,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._ledger = ledger
        self._keep = timedelta(days=days)
        self._first_s = first_s
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread; the rest is forgotten another time."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        pause_s = self._first_s
        while not self._stopping.wait(pause_s):
            pause_s = EVERY_S
            try:
                with suppress(LedgerError):
                    pause_s = _BREATH_S if self.turn() else EVERY_S
            except Exception as error:  # noqa: BLE001 - what is not forgotten does no harm to anything else
                journal.error("retention_fault", reason=repr(error))

    def turn(self) -> bool:
        """Forget a piece, and audit it; False if nothing was left. Raises LedgerError."""
        now = self._clock()
        before = now - self._keep
        with self._ledger.write() as connection:
            gone = retention.forget(connection, before)
            if gone:
                detail = {**gone, "before": before.isoformat(timespec="seconds"), "outcome": "done"}
                audit.record(connection, now, "central", "retention", "diagnostics", detail)
        if gone:
            journal.info("forgotten", before=before.date(), **gone)
        return bool(gone)
