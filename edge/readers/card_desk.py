"""What every card reader does at the desk: punches, repeats, unreadable cards, and orders answered."""

from typing import Self

from edge.readers.card import Seen, Sight, Unread
from edge.readers.debounce import Debounce
from edge.readers.reader import Desk
from edge.readers.rereads import from_outbox
from wire.facts import EdgeEvent, Fact
from wire.punch import Badge, DeviceKind, Punch

GARBAGE_IN_A_ROW = 5
"""One broken frame happens; five without a card between them are a wrong baud rate or profile."""


class CardDesk:
    """One session of a reader without memory, seen from its desk.

    `debounce` belongs to the reader, not to the session: a card that rests while the device is plugged in
    again is still the same punch. While the outbox refuses, cards go on being read, each at its own time; as
    a context it ends when the last of them is committed.
    """

    def __init__(self, desk: Desk, reader: str, kind: DeviceKind, debounce: Debounce) -> None:
        self._desk = desk
        self._reader = reader
        self._kind = kind
        self._debounce = debounce
        self._unread = 0
        self._held: list[Fact] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._held:
            self._desk.emit(self._held)

    def take(self, sight: Sight) -> None:
        """Turn a card into a punch, committed on return if the outbox takes it; count what is none."""
        if isinstance(sight, Seen):
            self._seen(sight)
        else:
            self._not_read(sight)

    def attend(self) -> None:
        """Do what is due between two cards: commit those that were refused, then answer orders.

        The answers come from the outbox: there is no other memory.
        """
        self._store()
        if not self._held:
            for order in self._desk.orders():
                from_outbox(self._desk, self._reader, order)

    def _keep(self, fact: Fact) -> None:
        self._held.append(fact)
        self._store()

    def _store(self) -> None:
        if self._held and self._desk.offer(self._held):
            self._held.clear()

    def _seen(self, card: Seen) -> None:
        if self._unread >= GARBAGE_IN_A_ROW:
            self._desk.doubt("", "")
        self._unread = 0
        self._desk.ok()
        moment = self._desk.moment()
        if self._debounce.rests(card.key, moment.uptime_s):
            self._desk.count("repeats_suppressed")
        else:
            punch = Punch(
                punch_id=self._desk.local_id(moment.utc),
                reader=self._reader,
                kind=self._kind,
                badge=Badge(raw=card.raw, form="card", canon=card.canon),
                read_at=moment.utc,
                clock=moment.clock(),
                how="live",
                raw=card.frame,
            )
            self._keep(punch)
        self._saw(card.key)

    def _not_read(self, unread: Unread) -> None:
        self._desk.count("frames_rejected")
        self._unread += 1
        if self._unread == GARBAGE_IN_A_ROW:
            self._desk.doubt(
                "garbage", f"{self._unread} readings in a row were no card; the last: {unread.why}"
            )
        if not unread.text:
            return
        moment, key = self._desk.moment(), f"unread {unread.text}"
        if not self._debounce.rests(key, moment.uptime_s):
            fields: dict[str, str | int | float | None] = {"text": unread.text, "why": unread.why}
            self._keep(EdgeEvent(event="card_unreadable", at=moment.utc, reader=self._reader, fields=fields))
        self._saw(key)

    def _saw(self, key: str) -> None:
        """Note a sight as of now: while its punch was committed the card rested, and what it said waits."""
        self._debounce.saw(key, self._desk.moment().uptime_s)
