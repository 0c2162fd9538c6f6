"""Owns the daily resyncs: begun when it is a branch's turn, once each, and forgotten after a while."""

from collections.abc import Callable
from datetime import datetime, timedelta

from central.access.scope import EVERYBODY, Sight
from central.ledger.database import Ledger, LedgerError
from central.ledger.people import People
from central.ledger.resyncs import jobs, pruning
from central.ledger.resyncs.jobs import Job
from central.post import Readers
from central.requests.asking import Refusal
from central.requests.resyncs.ordering import CENTRAL
from central.requests.resyncs.serving import Serving
from central.resync.daily import FRESH, DailyOptions, Turn, turn
from central.zones import Zones
from ground.journal import Journal
from wire.resync import ResyncRequest

KEPT = timedelta(days=35)
"""A daily resync that added nothing is looked at no longer than this; the audit keeps its figures."""

journal = Journal("resync")


class Scheduling:
    """Begins what is due. Not for more than one thread."""

    def __init__(
        self,
        ledger: Ledger,
        people: People,
        zones: Zones,
        readers: Readers,
        serving: Serving,
        options: DailyOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._zones = zones
        self._readers = readers
        self._serving = serving
        self._options = options
        self._clock = clock
        self._seen: dict[str, str] = {}

    def begin_due(self) -> list[Job]:
        """Begin the resyncs whose turn has come. An odd branch holds up no other."""
        now = self._clock()
        begun: list[Job] = []
        for edge, names in sorted(self._readers().items()):
            try:
                due = turn(self._options, edge, self._zones.of(edge), now)
                if not names or due is None or self._seen.get(edge) == due.name:
                    continue
                if self._wanted(edge, due, now) and (job := self._begin(edge, due, now)) is not None:
                    begun.append(job)
                self._seen[edge] = due.name
            except LedgerError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the other branches have their turn
                journal.error("daily_resync_fault", edge=edge, error=repr(error))
        return begun

    def _wanted(self, edge: str, due: Turn, now: datetime) -> bool:
        """Whether this turn is still to be taken: a young one, or one that was missed in a row of them."""
        with self._ledger.read() as connection:
            if jobs.find(connection, CENTRAL, due.name) is not None:
                return False
            return now - due.at < FRESH or jobs.any_named(connection, CENTRAL, f"daily-{edge}-")

    def _begin(self, edge: str, due: Turn, now: datetime) -> Job | None:
        request = ResyncRequest(
            request_id=due.name,
            span=due.span,
            readers=tuple(f"{edge}/{name}" for name in self._readers()[edge]),
            reason="daily",
            expires_in_s=max(int((due.next_at - now).total_seconds()), 1),
        )
        try:
            job = self._serving.begin(CENTRAL, request, Sight(EVERYBODY, self._people.directory()))
        except Refusal as refusal:
            journal.info("daily_resync_refused", edge=edge, reason=refusal)
            return None
        with self._ledger.write() as connection:
            pruning.forget(connection, CENTRAL, now - KEPT)
        return job
