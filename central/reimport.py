"""Owns the thread that imports the people again by schedule, from where central.toml says they are listed."""

import threading
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, tzinfo

from central.importer import apply, told
from central.ledger.database import Ledger, LedgerError
from central.sources.listing import PeopleOptions, read_listed
from central.sources.table import SourceError
from ground.journal import Journal

FIRST_S = 60.0
"""After a start central has other things to do first."""
AGAIN_S = 900.0
"""After a failure it is tried again this soon, or at the next turn if that is sooner."""
_SHOWN = 5

journal = Journal("people")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Reimport:
    """Imports people by schedule. Constructed without effects. Changes hold from the day of the import on."""

    def __init__(
        self,
        options: PeopleOptions,
        ledger: Ledger,
        edges: Collection[str],
        zone: tzinfo,
        *,
        first_s: float = FIRST_S,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._options = options
        self._ledger = ledger
        self._edges = edges
        self._zone = zone
        self._clock = clock
        self._due_at = time.monotonic() + first_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Finish the import at hand if that is soon enough; nothing of it is written otherwise."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.wait(max(0.0, self._due_at - time.monotonic())):
            every_s = self._options.every_h * 3600
            self._due_at = time.monotonic() + (every_s if self.turn() else min(every_s, AGAIN_S))

    def turn(self) -> bool:
        """Import once; False if nothing could be written."""
        now = self._clock()
        since = now.astimezone(self._zone).date()
        try:
            table = read_listed(self._options)
            found = apply(self._ledger, table, self._edges, since, now, most=self._options.most_changes)
        except (SourceError, LedgerError) as error:
            journal.warning("import_failed", reason=error)
            return False
        changed = found.changes
        for refusal in changed.refused[:_SHOWN]:
            journal.warning("import_refused", row=told(table.name, refusal))
        journal.info(
            "imported", new=len(changed.new), changed=len(changed.changed), refused=len(changed.refused)
        )
        return True
