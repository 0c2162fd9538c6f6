"""Owns the thread that keeps the workdays: takes what is marked, computes, stores, publishes what changed."""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection

from central.computing import Computer
from central.days.collecting import AT_ONCE, Collector, Wanted
from central.days.dating import Dating
from central.days.storing import Piece, compute
from central.ledger.database import Ledger, LedgerError
from central.ledger.people import People
from central.ledger.settings import Schedule
from central.ledger.workdays import doubts, marks, results, waiting
from central.ledger.workdays.results import Place, Stored
from central.post import Delivery, Landed, Publish
from central.rules.plan import Options
from central.workdays.contacts import Contacts, Reader
from central.workdays.interpretation import Sites
from central.workdays.span import DaySpan, day_of
from ground.journal import Journal
from wire.codec import WireError, decode
from wire.topics import TopicError, Topics
from wire.vitals import Heartbeat

TURN_S = 1.0
AWAY_S = 5.0

journal = Journal("days")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Days:
    """Keeps the workdays. Constructed without effects; `landed`, `take` and `connected` only take a note.

    It wants the messages below `edge/+/heartbeat`.

    Whatever it has in hand when it is killed is still marked in the ledger, or still to be sent.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        people: People,
        sites: Sites,
        options: Options,
        *,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._people = people
        self._sites = sites
        self._options = options
        self._clock = clock
        self._schedule = Schedule()
        self._contacts = Contacts()
        self._dating = Dating(ledger)
        self._collector: Collector | None = None
        self._computer: Computer | None = None
        self._beats: dict[str, bytes] = {}
        self._beats_lock = threading.Lock()
        self._sent: list[Place] = []
        self._loaded = self._unsent = False
        self._readers_moved = True
        self._swept: tuple[Computer | None, int] = (None, -1)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="days", daemon=True)
        self.progressed_at = time.monotonic()

    def landed(self, _landed: Landed) -> None:
        """Note that new punches are in the ledger."""
        self._wake.set()

    def take(self, delivery: Delivery) -> None:
        """Note a heartbeat of an edge."""
        with self._beats_lock:
            self._beats[delivery.levels[1]] = delivery.payload

    def connected(self) -> None:
        """Note that the broker is there: what could not be published goes out now."""
        self._unsent = True
        self._wake.set()

    def start(self) -> None:
        """Begin to compute."""
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Finish the piece at hand; the rest stays marked."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    @property
    def alive(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        self._unsent = True
        while not self._stopping.is_set():
            self._wake.clear()
            busy = False
            try:
                busy = self.turn()
            except LedgerError:
                self._stopping.wait(AWAY_S)
            except Exception as error:  # noqa: BLE001 - one odd workday must not end all others
                journal.error("days_fault", reason=repr(error))
                self._stopping.wait(AWAY_S)
            self.progressed_at = time.monotonic()
            if not busy:
                self._wake.wait(TURN_S)

    def turn(self) -> bool:
        """Do what is to be done now, up to a limit; tell whether there may be more."""
        now = int(self._clock().timestamp())
        self._note_contacts()
        self._send_unsent()
        with self._ledger.read() as connection:
            found = marks.next_marks(connection, AT_ONCE)
            computer, collector = self._equipped(connection)
            today = computer.today(now)
            sweep = self._swept != (computer, today)
            wanted = collector.collect(connection, found, now, readers_moved=self._readers_moved, sweep=sweep)
        if not (wanted.spans or wanted.mark_ids):
            self._swept = (computer, today)
            self._readers_moved = False
            self._flush()
            self._unsent = True
            return False
        self._work(computer, wanted, now)
        return True

    def _equipped(self, connection: Connection) -> tuple[Computer, Collector]:
        """What computes, by the newest directory and settings, neither older than the marks just read."""
        rosters = self._schedule.rosters(connection)
        directory = self._people.directory()
        computer, collector = self._computer, self._collector
        if (
            computer is None
            or collector is None
            or computer.directory is not directory
            or computer.rosters is not rosters
        ):
            computer = Computer(directory, rosters, self._sites, self._options)
            collector = Collector(computer)
            self._computer, self._collector = computer, collector
        return computer, collector

    def _work(self, computer: Computer, wanted: Wanted, now: int) -> None:
        """Compute, store and publish piece by piece. The marks end with the last piece, not before."""
        began = time.monotonic()
        news = days = 0
        pieces = deque(wanted.pieces())
        while not self._stopping.is_set():
            piece = Piece()
            if pieces:
                employee_ids, span = pieces.popleft()
                computed = self._computed(computer, employee_ids, span, now)
                if computed is None:
                    pieces.extendleft(([one], span) for one in reversed(employee_ids))
                    continue
                piece = computed
                if piece.further:
                    pieces.append((piece.further, (span[1] + 1, span[1] + 1)))
            with self._ledger.write() as connection:
                results.sent(connection, self._sent)
                piece.store(connection)
                if not pieces:
                    doubts.note(connection, wanted.doubted)
                    marks.drop(connection, wanted.mark_ids)
            self._sent = []
            self._send(piece.to_send)
            news += len(piece.to_send)
            days += piece.days
            if not pieces:
                break
        journal.debug(
            "days_computed", days=days, changed=news, took_ms=round((time.monotonic() - began) * 1000)
        )

    def _computed(self, computer: Computer, employee_ids: list[str], span: DaySpan, now: int) -> Piece | None:
        """A piece of work; None if it fails for several people, one of whom is to blame."""
        try:
            with self._ledger.read() as connection:
                return compute(connection, computer, self._contacts, employee_ids, span, now)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - one odd workday must not end all others
            if len(employee_ids) > 1:
                return None
            journal.error("day_failed", employee=employee_ids[0], first=day_of(span[0]), reason=repr(error))
            return Piece()

    def _note_contacts(self) -> None:
        """Learn from the heartbeats how far readers are read."""
        if not self._loaded:
            with self._ledger.read() as connection:
                self._contacts.upto.update(waiting.load_contacts(connection))
            self._loaded = True
        with self._beats_lock:
            beats, self._beats = self._beats, {}
        moved: set[Reader] = set()
        for edge, payload in beats.items():
            try:
                beat = decode(payload, Heartbeat)
            except WireError as error:
                journal.debug("heartbeat_unreadable", edge=edge, reason=error)
                continue
            moved |= self._contacts.heard(edge, beat)
            self._dating.heard(edge, beat, self._clock())
        if moved:
            upto = self._contacts.upto
            with self._ledger.write() as connection:
                waiting.keep_contacts(
                    connection, {reader: upto[reader] for reader in moved & upto.keys()}, moved - upto.keys()
                )
            self._readers_moved = True

    def _send_unsent(self) -> None:
        """Publish what an earlier life, a time without the broker, or a resync left behind."""
        if not self._unsent:
            return
        self._unsent = False
        self._flush()
        after: Place | None = None
        while not self._stopping.is_set():
            with self._ledger.read() as connection:
                rows = results.unsent(connection, AT_ONCE, after)
            if not rows or not self._send(rows):
                return
            after = rows[-1].place
            self._flush()

    def _send(self, rows: list[Stored]) -> bool:
        """Hand results to the broker while it is there; the ledger hears later (`results.sent`)."""
        for row in rows:
            try:
                topic = self._topics.day(row.employee_id, day_of(row.day).isoformat())
            except TopicError as error:
                journal.warning("day_unpublishable", reason=error)
                self._sent.append(row.place)
                continue
            if not self._publish(topic, row.result):
                return False
            self._sent.append(row.place)
        return True

    def _flush(self) -> None:
        if self._sent:
            with self._ledger.write() as connection:
                results.sent(connection, self._sent)
            self._sent = []
