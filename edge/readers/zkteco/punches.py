"""Turns what a terminal said into facts: punches with their ids and badges, and events for what is odd."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge.readers.identity import terminal_punch_id
from edge.readers.reader import Moment
from edge.readers.zkteco.reading import Accepted
from edge.readers.zkteco.records import Layout, Live, Record
from wire.facts import EdgeEvent
from wire.punch import Badge, How, Punch

LIVE_WITHIN = timedelta(minutes=2)
"""How far the time of a live event may lie from the terminal's clock."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the punches of one moment have in common.

    `users` maps slots to user ids, as far as the user table was read. `offset_s` is the terminal's wall
    clock minus UTC, so the branch's zone is part of it; None where it could not be measured. `before_s` is
    what it was when the log was read before.
    """

    reader: str
    serial: str
    layout: Layout
    moment: Moment
    offset_s: float | None = None
    users: Mapping[int, str] = field(default_factory=dict)
    before_s: float | None = None

    @property
    def by_slot(self) -> bool:
        """Whether the log names slots, not user ids."""
        return self.layout in ("8", "8-ma300")

    def shown(self) -> datetime:
        """The wall clock that the terminal shows at this moment (the Pi's UTC if it was not measured)."""
        return self.moment.utc.replace(tzinfo=None) + timedelta(seconds=self.offset_s or 0.0)

    def user_id(self, user: str) -> str:
        """The user id behind what the log says; the slot itself where its user is gone."""
        return self.users.get(int(user), user) if self.by_slot else user

    def of_record(self, record: Record, occurrence: int, raw: bytes, how: How) -> Punch:
        """The punch of a record. Its id is made from what the log says, so it outlives the user."""
        wall = record.wall
        return Punch(
            punch_id=terminal_punch_id(self.serial, record.user, wall, occurrence),
            reader=self.reader,
            kind="terminal",
            badge=Badge(raw=self.user_id(record.user), form="user-id"),
            read_at=self.moment.utc,
            clock=self.moment.clock(self.offset_s, self.before_s),
            how=how,
            device=self.serial,
            device_wall=wall,
            direction_code=record.punch,
            verify_code=record.status,
            raw=raw.hex(),
        )

    def of_event(self, live: Live, raw: bytes) -> Punch | None:
        """The punch of a live event, if it is plain which record the log will have for it."""
        user = self._in_the_log(live.user)
        if user is None or self.offset_s is None or abs(live.wall - self.shown()) > LIVE_WITHIN:
            return None
        return Punch(
            punch_id=terminal_punch_id(self.serial, user, live.wall),
            reader=self.reader,
            kind="terminal",
            badge=Badge(raw=self.user_id(user), form="user-id"),
            read_at=self.moment.utc,
            clock=self.moment.clock(self.offset_s),
            how="live",
            device=self.serial,
            device_wall=live.wall,
            direction_code=live.punch,
            verify_code=live.status,
            raw=raw.hex(),
        )

    def _in_the_log(self, user: str | int) -> str | None:
        """A live event's user in the form of the log; None where only the log itself can tell."""
        number = user if isinstance(user, int) else int(user) if _is_number(user) else None
        if self.by_slot:
            slots = {slot for slot, known in self.users.items() if _same(known, user)}
            if isinstance(user, int) and user in self.users:
                slots.add(user)
            return str(slots.pop()) if len(slots) == 1 else None
        if self.layout == "16":
            return None if number is None else str(number)
        if isinstance(user, str):
            return user
        ids = {known for known in self.users.values() if _same(known, user)}
        return ids.pop() if len(ids) == 1 else None

    def event(self, word: str, **fields: str | float | None) -> EdgeEvent:
        """Something that central must be able to show later."""
        told = {"serial": self.serial, **fields}
        return EdgeEvent(event=word, at=self.moment.utc, reader=self.reader, fields=told)

    def odd(self, read: Accepted, place: int, why: str) -> EdgeEvent:
        """A record that cannot be a punch, with its bytes."""
        return self.event("record_odd", place=place, why=why, layout=read.layout, hex=read.raw(place).hex())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _same(known: str, user: str | int) -> bool:
    return known == user or (isinstance(user, int) and _is_number(known) and int(known) == user)


def measured_offset(shown: datetime, before: datetime, after: datetime) -> float:
    """The terminal's wall clock minus UTC in seconds, from the Pi's time around the question.

    The terminal shows whole seconds, so half a second is added; the result is true to about half a
    second and half the time that the question took.
    """
    middle = before + (after - before) / 2
    return round((shown - middle.replace(tzinfo=None)).total_seconds() + 0.5, 1)
