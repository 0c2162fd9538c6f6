"""Owns the thread of one exporter: page by page behind its place, each again until the other side has it."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from central.exporters.exporter import Away, Batch, Exporter, ExportError, Refused, TooLarge, What
from central.ledger import exports, holds
from central.ledger.database import Ledger, LedgerError
from central.ledger.exports import Stand
from central.outflow.pages import Page, Pages
from ground.journal import Journal

TURN_S = 2.0
"""How often the ledger is looked at while there is nothing to send."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
REFUSED_PAUSE_S = 900.0

journal = Journal("export")


@dataclass(frozen=True, slots=True)
class Plan:
    """One exporter as configured: what it sends, in batches of at most `rows`, of which dates."""

    name: str
    exporter: Exporter
    what: tuple[What, ...] = ("days",)
    rows: int = 200
    since: date | None = None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Sender:
    """Sends to one exporter. Constructed without effects.

    The place moves only when the other side has the rows: killed in between, central sends them again, with
    the same batch id.
    """

    def __init__(
        self, plan: Plan, pages: Pages, ledger: Ledger, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self._plan = plan
        self._pages = pages
        self._ledger = ledger
        self._clock = clock
        self._pause_s = FIRST_PAUSE_S
        self._again_at: dict[What, float] = {}
        self._perhaps_freed: set[What] = set(plan.what)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"export {plan.name}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Finish the batch at hand if that is soon enough; it is sent again otherwise."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(within_s)
        self._plan.exporter.close()

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            busy = False
            for what in self._plan.what:
                try:
                    busy |= self.turn(what)
                except LedgerError:
                    continue  # the ledger has told, and is asked again
            if not busy:
                self._stopping.wait(TURN_S)

    def turn(self, what: What) -> bool:
        """Send the next page, if there is one and it is time; tell whether there may be more at once."""
        plan = self._plan
        with self._ledger.read() as connection:
            before = exports.stand(connection, plan.name, what)
        if before is not None and before.trouble and time.monotonic() < self._again_at.get(what, 0.0):
            return False
        page = self._next(what, None if before is None else before.place)
        if not page.moved:
            return False
        stand = before or Stand(plan.name, what, b"", 0, None, None, "")
        try:
            self._send(what, page)
        except ExportError as error:
            self._failed(before, stand, error)
            return False
        except Exception as error:  # noqa: BLE001 - an exporter of somebody else's may raise anything
            self._failed(before, stand, Refused(f"the exporter is broken: {error!r}"))
            return False
        self._pause_s = FIRST_PAUSE_S
        now = self._clock()
        if stand.trouble:
            journal.info("export_back", exporter=plan.name, what=what)
        arrived = replace(stand, place=page.place, tried_at=now, trouble="")
        if page.rows:
            arrived = replace(arrived, sent=stand.sent + len(page.rows), sent_at=now)
        self._keep(before, arrived, page)
        return True

    def _next(self, what: What, place: bytes | None) -> Page:
        """What was passed over as long as it was of a pilot, once after the start; then what is behind."""
        if what in self._perhaps_freed:
            page = self._pages.freed(self._plan.name, what, place or b"", self._plan.rows)
            if page.moved:
                return page
            self._perhaps_freed.discard(what)
        return self._pages.behind(what, place, self._plan.rows, self._plan.since)

    def _send(self, what: What, page: Page) -> None:
        """Send the rows of a page, in halves where they are too many for the other side."""
        waiting = [page.rows] if page.rows else []
        while waiting:
            rows = waiting.pop()
            try:
                self._plan.exporter.send(Batch(self._plan.name, what, batch_id(what, rows), rows))
            except TooLarge as error:
                if len(rows) == 1:
                    raise Refused(f"a single row is too large: {error}") from None
                half = len(rows) // 2
                waiting += [rows[half:], rows[:half]]

    def _failed(self, before: Stand | None, stand: Stand, error: ExportError) -> None:
        what = stand.what
        asked = error.after_s if isinstance(error, Away) else None
        pause_s = REFUSED_PAUSE_S if isinstance(error, Refused) else (asked or self._pause_s)
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        self._again_at[what] = time.monotonic() + min(pause_s, REFUSED_PAUSE_S)
        if stand.trouble != str(error):
            tell = journal.error if isinstance(error, Refused) else journal.warning
            tell("export_failed", exporter=self._plan.name, what=what, reason=error, again_s=round(pause_s))
        self._keep(before, replace(stand, tried_at=self._clock(), trouble=str(error)))

    def _keep(self, before: Stand | None, stand: Stand, page: Page | None = None) -> None:
        """Store where it stands, unless a person has moved it in the meantime, and what it passed over."""
        with self._ledger.write() as connection:
            if page is not None:
                holds.hold(connection, stand.exporter, stand.what, page.held)
                holds.let_go(connection, stand.exporter, stand.what, page.freed)
            held = exports.stand(connection, stand.exporter, stand.what)
            if before is None or held is None or held.place == before.place:
                exports.keep(connection, stand)


def batch_id(what: What, rows: tuple[bytes, ...]) -> str:
    """The same for the same rows, whenever they are sent."""
    digest = hashlib.blake2b(digest_size=16)
    for row in rows:
        digest.update(len(row).to_bytes(8, "big") + row)
    return f"{what}-{digest.hexdigest()}"
