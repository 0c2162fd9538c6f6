"""Owns what an exporter is sent next: a page of rows behind its place, as JSON, and the place behind them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from central.exporters.exporter import What
from central.ledger import exports
from central.ledger.database import Ledger
from central.ledger.exports import BEFORE_DAYS, BEFORE_PUNCHES, DayPlace, PunchPlace
from central.ledger.people import People
from central.outflow.rows import PUNCH_COLUMNS, punch_cells
from central.workdays.span import number
from central.zones import Zones


class _Seen(msgspec.Struct):
    """As much of a stored result as tells whether anything has happened on that day yet."""

    status: str
    clockings: tuple[msgspec.Raw, ...] = ()


_seen = msgspec.json.Decoder(_Seen)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and the place behind the last of them. `moved` is False at the end, where nothing is behind."""

    rows: tuple[bytes, ...]
    place: bytes
    moved: bool


class Pages:
    """Reads the pages of one ledger. Any thread may use it."""

    def __init__(self, ledger: Ledger, people: People, zones: Zones) -> None:
        self._ledger = ledger
        self._people = people
        self._zones = zones

    def behind(self, what: What, place: bytes | None, limit: int, since: date | None) -> Page:
        """What comes behind a place, None being the beginning; nothing from before the date `since`.

        Raises LedgerError.
        """
        if what == "days":
            return self._days(exports.place_of(DayPlace, place) if place else BEFORE_DAYS, limit, since)
        return self._punches(exports.place_of(PunchPlace, place) if place else BEFORE_PUNCHES, limit, since)

    def _days(self, after: DayPlace, limit: int, since: date | None) -> Page:
        with self._ledger.read() as connection:
            exports.settled(connection, "days")
            found = exports.changed_days(connection, after, limit)
        first = number(since) if since else -1
        rows = tuple(one.result for one in found if one.place[2] >= first and _has_news(one.result))
        return Page(rows, msgspec.json.encode(found[-1].place if found else after), bool(found))

    def _punches(self, after: PunchPlace, limit: int, since: date | None) -> Page:
        directory = self._people.directory()
        with self._ledger.read() as connection:
            exports.settled(connection, "punches")
            found, seen = exports.arrived_punches(connection, self._zones, after, limit)
        rows: list[bytes] = []
        for _, held in found:
            if since is None or held.wall.date() >= since:
                owner = directory.who(
                    held.edge, held.badge_form, held.badge_raw, held.badge_canon, held.wall.date()
                )
                row: dict[str, Any] = dict(zip(PUNCH_COLUMNS, punch_cells(held, owner), strict=True))
                rows.append(msgspec.json.encode(row))
        return Page(tuple(rows), msgspec.json.encode(seen), seen != after)


def _has_news(result: bytes) -> bool:
    """That a day has begun and nobody came yet is no news to anybody."""
    seen = _seen.decode(result)
    return seen.status != "open" or bool(seen.clockings)
