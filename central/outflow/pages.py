"""Owns what an exporter is sent next: a page of rows behind its place, as JSON, and the place behind them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection

from central.directory.directory import Directory
from central.directory.employee import Employee
from central.exporters.exporter import What
from central.ledger import exports, holds
from central.ledger.database import Ledger
from central.ledger.exports import BEFORE_DAYS, BEFORE_PUNCHES, DayPlace, PunchPlace
from central.ledger.holds import day_row
from central.ledger.people import People
from central.ledger.queries import Held
from central.outflow.pilots import Pilots
from central.outflow.rows import PUNCH_COLUMNS, punch_cells
from central.workdays.span import day_of, number
from central.zones import Zones

_Free = Callable[[Connection, Sequence[str]], Iterator[tuple[str, bytes]]]
"""Of rows that were passed over those that need not be any more, as they are told."""


class _Seen(msgspec.Struct):
    """As much of a stored result as tells whether anything has happened on that day yet."""

    status: str
    clockings: tuple[msgspec.Raw, ...] = ()


_seen = msgspec.json.Decoder(_Seen)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and the place behind the last of them. `moved` is False at the end, where nothing is behind.

    `held` are rows that are passed over for now, being of a pilot, and `freed` those among the rows that were
    passed over once.
    """

    rows: tuple[bytes, ...]
    place: bytes
    moved: bool
    held: tuple[str, ...] = ()
    freed: tuple[str, ...] = ()


class Pages:
    """Reads the pages of one ledger. Any thread may use it."""

    def __init__(self, ledger: Ledger, people: People, zones: Zones, pilots: Pilots | None = None) -> None:
        self._ledger = ledger
        self._people = people
        self._zones = zones
        self._pilots = pilots or Pilots()

    def behind(self, what: What, place: bytes | None, limit: int, since: date | None) -> Page:
        """What comes behind a place, None being the beginning; nothing from before the date `since`.

        Raises LedgerError.
        """
        if what == "days":
            return self._days(exports.place_of(DayPlace, place) if place else BEFORE_DAYS, limit, since)
        return self._punches(exports.place_of(PunchPlace, place) if place else BEFORE_PUNCHES, limit, since)

    def freed(self, exporter: str, what: What, place: bytes, limit: int) -> Page:
        """What an exporter once passed over and need not any more; the place stays. Raises LedgerError."""
        found: dict[str, bytes] = {}
        after = ""
        free = self._free_days() if what == "days" else self._free_punches()
        with self._ledger.read() as connection:
            while len(found) < limit and (some := holds.behind(connection, exporter, what, after, limit)):
                after = some[-1]
                found |= islice(free(connection, some), limit - len(found))
        return Page(tuple(found.values()), place, bool(found), freed=tuple(found))

    def _free_days(self) -> _Free:
        everybody = self._everybody()

        def free(connection: Connection, rows: Sequence[str]) -> Iterator[tuple[str, bytes]]:
            for row, one in holds.days(connection, rows):
                if not self._piloted(everybody, one.place):
                    yield row, one.result

        return free

    def _free_punches(self) -> _Free:
        directory = self._people.directory()

        def free(connection: Connection, rows: Sequence[str]) -> Iterator[tuple[str, bytes]]:
            for one in holds.punches_of(connection, self._zones, rows):
                if one.edge not in self._pilots.edges:
                    yield one.punch_id, _told(directory, one)

        return free

    def _days(self, after: DayPlace, limit: int, since: date | None) -> Page:
        with self._ledger.read() as connection:
            exports.settled(connection, "days")
            found = exports.changed_days(connection, after, limit)
        first = number(since) if since else -1
        everybody = self._everybody()
        rows: list[bytes] = []
        held: list[str] = []
        for one in found:
            if one.place[2] < first or not _has_news(one.result):
                continue
            if self._piloted(everybody, one.place):
                held.append(day_row(*one.place[1:]))
            else:
                rows.append(one.result)
        place = msgspec.json.encode(found[-1].place if found else after)
        return Page(tuple(rows), place, bool(found), tuple(held))

    def _everybody(self) -> Mapping[str, Employee]:
        """All people, where it matters whose branch is a pilot."""
        return self._people.directory().employees if self._pilots.names else {}

    def _piloted(self, everybody: Mapping[str, Employee], place: DayPlace) -> bool:
        _, employee_id, day = place
        return self._pilots.have(everybody.get(employee_id), day_of(day))

    def _punches(self, after: PunchPlace, limit: int, since: date | None) -> Page:
        with self._ledger.read() as connection:
            exports.settled(connection, "punches")
            found, seen = exports.arrived_punches(connection, self._zones, after, limit)
        directory = self._people.directory()
        wanted = [one for _, one in found if since is None or one.wall.date() >= since]
        rows = tuple(_told(directory, one) for one in wanted if one.edge not in self._pilots.edges)
        held = tuple(one.punch_id for one in wanted if one.edge in self._pilots.edges)
        return Page(rows, msgspec.json.encode(seen), seen != after, held)


def _told(directory: Directory, held: Held) -> bytes:
    owner = directory.who(held.edge, held.badge_form, held.badge_raw, held.badge_canon, held.wall.date())
    row: dict[str, Any] = dict(zip(PUNCH_COLUMNS, punch_cells(held, owner), strict=True))
    return msgspec.json.encode(row)


def _has_news(result: bytes) -> bool:
    """That a day has begun and nobody came yet is no news to anybody."""
    seen = _seen.decode(result)
    return seen.status != "open" or bool(seen.clockings)
