"""Owns what is to be computed next: marks, time that passed, readers that are back, people not covered."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from central.computing import Computer
from central.ledger.punches import badge_key
from central.ledger.workdays import coverage, raw, results, waiting
from central.ledger.workdays.marks import Mark
from central.timing.verdict import impossible, timed
from central.workdays.interpretation import Raw, instant
from central.workdays.span import DaySpan, merged

AT_ONCE = 500
"""Marks looked at in one turn, at the most."""
PIECE_DAYS = 62
PIECE_PEOPLE = 10
"""One transaction stores at most so many workdays of so many people, so that the intake never waits long."""
MANY_DAYS = 1000
"""Workdays of all people together after which a turn takes on no more work."""
_FIRST_DAY = 10_958
"""2000-01-02: no punch before it counts, so no workday does."""


@dataclass(slots=True)
class Wanted:
    """The workdays to compute, by employee, and what ends with them.

    `mark_ids` are the marks that this work answers, `doubted` the punches found on the way whose time
    cannot be right: id and reason.
    """

    spans: dict[str, list[DaySpan]] = field(default_factory=dict)
    mark_ids: list[int] = field(default_factory=list)
    doubted: list[tuple[bytes, str]] = field(default_factory=list)

    def add(self, employee_id: str, *days: DaySpan) -> None:
        """Want some more workdays."""
        if spans := merged([*self.spans.get(employee_id, ()), *days]):
            self.spans[employee_id] = spans

    @property
    def days(self) -> int:
        """How many workdays it is in all."""
        return sum(last - first + 1 for spans in self.spans.values() for first, last in spans)

    def pieces(self) -> Iterator[tuple[list[str], DaySpan]]:
        """The work in pieces of equal workdays and not too many people, in order of time for each person."""
        groups: dict[DaySpan, list[str]] = {}
        for employee_id, spans in self.spans.items():
            for first, last in spans:
                for begin in range(first, last + 1, PIECE_DAYS):
                    groups.setdefault((begin, min(begin + PIECE_DAYS - 1, last)), []).append(employee_id)
        for days in sorted(groups):
            width = days[1] - days[0] + 1
            each = max(1, min(AT_ONCE, PIECE_PEOPLE * PIECE_DAYS // width))
            for start in range(0, len(groups[days]), each):
                yield groups[days][start : start + each], days


class Collector:
    """Collects work by one state of directory and settings. Not for more than one thread."""

    def __init__(self, computer: Computer) -> None:
        self._computer = computer
        self._first_days: dict[str, int] | None = None

    def collect(
        self, connection: Connection, found: Sequence[Mark], now: int, *, readers_moved: bool, sweep: bool
    ) -> Wanted:
        """Turn marks, in their turn, into work, and add what time asks for while it is not too much.

        `readers_moved` says to look for waits that are over, `sweep` for people not covered up to today.
        """
        wanted = Wanted()
        today = self._computer.today(now)
        self._add_badges(connection, found, today, wanted)
        for employee_id, day in results.due(connection, now, AT_ONCE):
            wanted.add(employee_id, (day, day))
        if readers_moved:
            for employee_id, day in waiting.over(connection, AT_ONCE):
                wanted.add(employee_id, (day, day))
        self._add_people(connection, found, today, wanted)
        if sweep and wanted.days < MANY_DAYS:
            for employee_id, last in coverage.behind(connection, today, AT_ONCE):
                wanted.add(employee_id, (today if last is None else last + 1, today))
        return wanted

    def of_marks(self, connection: Connection, found: Sequence[Mark], now: int) -> Wanted:
        """Turn some marks into work, and nothing else; those of people in part, if it would be too much."""
        wanted = Wanted()
        self._add_badges(connection, found, self._computer.today(now), wanted)
        self._add_people(connection, found, self._computer.today(now), wanted)
        return wanted

    def _add_people(self, connection: Connection, found: Iterable[Mark], today: int, wanted: Wanted) -> None:
        """Want the workdays of marked people while it is not too much."""
        for mark in found:
            if mark.employee_id is None:
                continue
            if wanted.days >= MANY_DAYS:
                break
            self._add_person(connection, mark, mark.employee_id, today, wanted)

    def _add_badges(self, connection: Connection, found: Iterable[Mark], today: int, wanted: Wanted) -> None:
        """Want the workdays that the punches of marked badges may change."""
        days_of: dict[tuple[str, str], set[int]] = {}
        for mark in found:
            if mark.badge_keys:
                wanted.mark_ids.append(mark.mark_id)
            for key in mark.badge_keys:
                days_of.setdefault((key, mark.edge or ""), set()).add(mark.first_day or 0)
        alike: dict[frozenset[int], set[tuple[str, str]]] = {}
        for badge, days in days_of.items():
            alike.setdefault(frozenset(days), set()).add(badge)
        touched: dict[str, set[DaySpan]] = {}
        for same_days, badges in alike.items():
            for punch in raw.each_of_badges(connection, same_days, {key for key, _ in badges}):
                if (_key(punch), punch.edge) in badges:
                    self._add_punch(punch, today, wanted, touched)
        for employee_id, spans in touched.items():
            wanted.add(employee_id, *spans)

    def _add_punch(self, punch: Raw, today: int, wanted: Wanted, touched: dict[str, set[DaySpan]]) -> None:
        owner = self._computer.owner(punch)
        time = timed(punch, self._computer.sites)
        if time.doubt is not None:
            wanted.doubted.append((punch.punch_id, time.doubt))
        elif owner is not None:
            for at in {time.at, *self._told(punch)}:
                first, last = self._computer.touched(owner, punch, at)
                span = first, min(last, max(today, first + 1))
                touched.setdefault(owner.employee_id, set()).add(span)

    def _told(self, punch: Raw) -> Iterator[int]:
        """Where a punch may have counted before its time was corrected: where it says itself."""
        if punch.repaired_us is not None or punch.accepted_us is not None:
            at = instant(punch, self._computer.sites)
            if impossible(at, punch) is None:
                yield at

    def _add_person(
        self, connection: Connection, mark: Mark, employee_id: str, today: int, wanted: Wanted
    ) -> None:
        wanted.mark_ids.append(mark.mark_id)
        if mark.first_day is not None and mark.last_day is not None:
            wanted.add(employee_id, (mark.first_day, min(mark.last_day, today)))
            return
        known = coverage.covered(connection, [employee_id]).get(employee_id)
        earliest = self._earliest(connection, employee_id)
        begins = [day for day in (known and known[0], earliest) if day is not None]
        if begins:
            wanted.add(employee_id, (max(min(begins), _FIRST_DAY), today))

    def _earliest(self, connection: Connection, employee_id: str) -> int | None:
        """A day before the first punch that may be of an employee, among those older than the directory."""
        if self._first_days is None:
            self._first_days = raw.first_days(connection)
        keys = {badge_key(badge) for badge in self._computer.directory.badges(employee_id)}
        days = [day for key in keys if (day := self._first_days.get(key)) is not None]
        return min(days) - 1 if days else None


def _key(punch: Raw) -> str:
    return punch.badge_raw if punch.badge_canon is None else badge_key(punch.badge_canon)
