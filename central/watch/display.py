"""Owns the board topics: a line when it changes, its figures now and then, nothing of what is gone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.colors import Limits, Shown, settle
from central.post import Publish
from central.watch.sightings import Key, Line
from ground.journal import Journal
from wire.board import BoardEntry
from wire.codec import WireError, decode, encode
from wire.topics import Topics

REFRESH_S = 10.0
"""The running figures of a line that is otherwise unchanged are published this often at the most."""
SETTLING_S = 10.0
"""How long after connecting a line of an earlier life may wait for its reader to be described again."""

journal = Journal("watch")


@dataclass(slots=True)
class _Place:
    """One topic: what it shows, the entry that the broker has, and since when."""

    shown: Shown
    published: BoardEntry | None = None
    published_at: datetime | None = None


class Display:
    """The board as it stands on the broker. Only one thread may call."""

    def __init__(
        self, topics: Topics, publish: Publish, limits: Limits, pilots: Collection[str] = ()
    ) -> None:
        self._pilots = pilots
        self._topics = topics
        self._publish = publish
        self._limits = limits
        self._places: dict[Key, _Place] = {}
        self._stood: dict[Key, BoardEntry | None] = {}
        self._connected_at: datetime | None = None

    def connected(self, now: datetime) -> None:
        """Publish everything again: the broker may have lost it."""
        self._connected_at = now
        for place in self._places.values():
            place.published = None

    def stood(self, key: Key, payload: bytes) -> None:
        """Note a retained entry: its `since` stays with its colour; if nobody claims it, it goes."""
        try:
            self._stood[key] = decode(payload, BoardEntry) if payload else None
        except WireError:
            self._stood[key] = None

    def show(self, lines: Iterable[Line], now: datetime) -> None:
        """Bring the topics in line. What cannot be published now is published next time."""
        wanted = {line.key: line for line in lines}
        for key, line in wanted.items():
            self._show(key, line, now)
        for key in self._places.keys() - wanted.keys():
            if self._publish(self._topics.board(*key), b"", retain=True):
                del self._places[key]
                self._stood.pop(key, None)
                journal.info("line_cleared", edge=key[0], reader=key[1] or "")
        self._clear_old(wanted.keys(), now)

    def _show(self, key: Key, line: Line, now: datetime) -> None:
        place = self._places.get(key)
        before = place.shown if place else None
        shown = settle(before, line.verdict, now, self._limits)
        if place is None:
            old = self._stood.get(key)
            since = old.since if old is not None and old.color == shown.verdict.color else now
            shown = Shown(shown.verdict, since)
            place = self._places[key] = _Place(shown)
        place.shown = shown
        if before is None or before.verdict.color != shown.verdict.color:
            journal.info(
                "color_changed",
                edge=line.edge,
                reader=line.reader or "",
                color=shown.verdict.color,
                reason=shown.verdict.reason,
            )
        entry = _entry(line, shown, pilot=line.edge in self._pilots)
        if _due(place, entry, now) and self._publish(self._topics.board(*key), encode(entry), retain=True):
            place.published, place.published_at = entry, now

    def _clear_old(self, wanted: Iterable[Key], now: datetime) -> None:
        """Take down what an earlier life of central left behind and nobody claims any more."""
        if self._connected_at is None or now - self._connected_at < timedelta(seconds=SETTLING_S):
            return
        for key in self._stood.keys() - set(wanted):
            if not self._publish(self._topics.board(*key), b"", retain=True):
                return
            del self._stood[key]
            journal.info("line_cleared", edge=key[0], reader=key[1] or "")


def _due(place: _Place, entry: BoardEntry, now: datetime) -> bool:
    """News is due at once, a new figure when the last entry is `REFRESH_S` old."""
    known, at = place.published, place.published_at
    if known is None or at is None or _news(known) != _news(entry):
        return True
    return known != entry and abs(now - at) >= timedelta(seconds=REFRESH_S)


def _news(entry: BoardEntry) -> tuple[object, ...]:
    return entry.color, entry.reason, entry.online, entry.since


def _entry(line: Line, shown: Shown, *, pilot: bool) -> BoardEntry:
    verdict = shown.verdict
    return BoardEntry(
        edge=line.edge,
        reader=line.reader,
        color=verdict.color,
        since=shown.since,
        online=verdict.online,
        reason=verdict.reason,
        evidence=verdict.evidence,
        next_step=verdict.next_step,
        last_punch=line.last_punch,
        last_contact=line.last_contact,
        backlog=line.backlog,
        oldest_unsettled=line.oldest_unsettled,
        pilot=pilot,
    )
