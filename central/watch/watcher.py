"""Owns the thread that keeps the board: takes notes of what arrives, and ticks, since absence is an event."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue

import msgspec

from central.colors import Limits
from central.ledger import lives, quarantine, queries
from central.ledger.database import Ledger, LedgerError
from central.post import Delivery, Landed, Publish
from central.watch.display import Display
from central.watch.lives import Lives
from central.watch.sightings import Sightings
from ground.journal import Journal
from wire.codec import WireError, decode
from wire.punch import EdgeId
from wire.topics import Topics
from wire.vitals import Birth, Heartbeat, Status

TICK_S = 1.0
MOMENT_S = 0.5
"""What a broker has retained arrives within this time; before that, the board would be half the truth."""
BREATH_S = 0.1
"""News that comes close together is shown together; a board of 5,000 readers takes half of that to judge."""
LOOK_AGAIN_S = 2.0
"""The ledger is asked so often for new punches of which no news came: other centrals take in, too."""
_OVERLAP = timedelta(seconds=60)
"""A commit may come so much later than the time that its punches bear."""

journal = Journal("watch")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A delivery with its time of arrival by central's clock."""

    delivery: Delivery
    at: datetime


@dataclass(frozen=True, slots=True)
class _Differing:
    """The readers whose accounts differ now, each with the evidence."""

    readers: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class _Connected:
    """The bus is connected, for the first time or again."""

    at: datetime


class Watch:
    """Keeps the board. `take`, `landed`, `differing` and `connected` only take a note, on any thread.

    It wants the messages below `edge/+/status`, `edge/+/birth`, `edge/+/heartbeat` and, retained, below
    `board/`. `edges` are those that central was told of; others join when they are heard, and those that
    ever punched are known from the ledger. `pilots` are those whose lines say so. `returned` is called, on
    this thread, whenever an edge says that it is there.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        *,
        returned: Callable[[str], None],
        edges: Collection[str] = (),
        pilots: Collection[str] = (),
        limits: Limits | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._ledger = ledger
        self._returned = returned
        self._limits = limits or Limits()
        self._clock = clock
        self._notes: SimpleQueue[_Arrived | Landed | _Differing | _Connected | None] = SimpleQueue()
        self._sightings = Sightings(clock(), edges)
        self._display = Display(topics, publish, self._limits, pilots)
        self._loaded = False
        self._looked_at = float("-inf")
        self._newest: datetime | None = None
        self._connected_at: datetime | None = None
        self._readers: Mapping[str, tuple[str, ...]] = {}
        self._heartbeats: Mapping[str, Heartbeat] = {}
        self._lives = Lives()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def take(self, delivery: Delivery) -> None:
        """Note a message of an edge, or a retained entry of the board."""
        self._notes.put(_Arrived(delivery, self._clock()))

    def landed(self, landed: Landed) -> None:
        """Note that new punches are in the ledger."""
        self._notes.put(landed)

    def differing(self, readers: Mapping[tuple[str, str], str]) -> None:
        """Note the readers whose accounts differ, each with the evidence; the others' do not."""
        self._notes.put(_Differing(readers))

    def connected(self) -> None:
        """Note that the bus is connected."""
        self._notes.put(_Connected(self._clock()))

    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """The readers of every edge that is known. Any thread may ask."""
        return self._readers

    def heartbeats(self) -> Mapping[str, Heartbeat]:
        """The last heartbeat of every edge that sent one. Any thread may ask."""
        return self._heartbeats

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread; the board stays as it is."""
        self._stop.set()
        self._notes.put(None)
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread still does its work."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            if time.monotonic() - self._looked_at >= LOOK_AGAIN_S:
                self._look()
            self._take_notes()
            self._write_lives()
            self._readers = self._sightings.readers()
            self._heartbeats = self._sightings.heartbeats()
            now = self._clock()
            if self._loaded and self._has_settled(now):
                self._display.show(self._sightings.lines(now, self._limits), now)

    def _has_settled(self, now: datetime) -> bool:
        """Whether the broker had time to send what it has retained; a clock set back stops nothing."""
        return self._connected_at is not None and abs(now - self._connected_at) >= timedelta(seconds=MOMENT_S)

    def _take_notes(self) -> None:
        """Wait up to a tick for a note, then take it and what follows it within a breath."""
        settled = self._connected_at is None or self._has_settled(self._clock())
        until = time.monotonic() + (TICK_S if settled else MOMENT_S)
        first = True
        while not self._stop.is_set():
            try:
                note = self._notes.get(timeout=max(until - time.monotonic(), 0.0))
            except Empty:
                return
            until, first = (time.monotonic() + BREATH_S if first else until), False
            match note:
                case _Arrived(delivery, at):
                    self._arrived(delivery, at)
                case Landed(at=at, readers=readers):
                    for reader in readers:
                        self._sightings.punched(reader, at)
                        self._sightings.contact(reader[0], at)
                case _Differing(readers=differing):
                    self._sightings.differing = differing
                case _Connected(at):
                    self._sightings.listen_anew(at, first=self._connected_at is None)
                    self._connected_at = at
                    self._display.connected(at)

    def _look(self) -> None:
        """Learn from the ledger the last punches and what was unreadable; without it the board waits."""
        since = None if self._newest is None else self._newest - _OVERLAP
        try:
            with self._ledger.read() as connection:
                known = queries.last_new(connection, since)
                self._sightings.unread = quarantine.by_edge(connection)
        except LedgerError:
            return
        for reader, at in known.items():
            self._sightings.punched(reader, at)
            self._newest = max(at, self._newest or at)
        self._looked_at = time.monotonic()
        self._loaded = True

    def _write_lives(self) -> None:
        """Write down when edges were up; what cannot be written now waits for the next turn."""
        now_s = time.monotonic()
        if not (told := self._lives.due(now_s)):
            return
        with suppress(LedgerError):
            with self._ledger.write() as connection:
                lives.keep(connection, told)
            self._lives.written(now_s)

    def _arrived(self, delivery: Delivery, at: datetime) -> None:
        levels, payload, live = delivery.levels, delivery.payload, not delivery.retained
        try:
            match levels:
                case ("board", edge) if not live:
                    self._display.stood((edge, None), payload)
                case ("board", edge, reader) if not live:
                    self._display.stood((edge, reader), payload)
                case ("edge", edge, kind) if payload:
                    self._from_edge(_edge_id(edge), kind, payload, at, live=live)
                case _:
                    pass
        except WireError as error:
            journal.warning("message_unreadable", topic="/".join(levels), error=error)

    def _from_edge(self, edge: str, kind: str, payload: bytes, at: datetime, *, live: bool) -> None:
        """Note what an edge says; a retained message says nothing of when, so it is no sign of life."""
        match kind:
            case "status":
                status = decode(payload, Status)
                heard = self._sightings.status(edge, status, at)
                if heard == "late":
                    journal.debug("late_will_ignored", edge=edge, session=status.session)
                    return
                if heard == "news" and not status.online:
                    journal.info("edge_offline", edge=edge, reason=status.reason)
                elif heard == "news":
                    journal.info("edge_online", edge=edge)
                if status.online:
                    self._returned(edge)
                live = live and status.online
            case "birth":
                self._sightings.birth(edge, decode(payload, Birth))
            case "heartbeat":
                beat = decode(payload, Heartbeat)
                self._lives.heard(edge, beat, at if live else None)
                if self._sightings.heartbeat(edge, beat, at if live else None):
                    journal.info("edge_online", edge=edge)
                    self._returned(edge)
            case _:
                return
        if live:
            self._sightings.contact(edge, at)


def _edge_id(level: str) -> str:
    try:
        return msgspec.convert(level, EdgeId)
    except msgspec.ValidationError as error:
        raise WireError(f"the name of the edge: {error}") from None
