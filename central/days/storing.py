"""Owns one piece of work: people's workdays computed, compared with what is stored, and what differs kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from central.computing import Computer, PersonDays
from central.ledger.workdays import coverage, marks, results, waiting
from central.ledger.workdays.results import Place, Stored
from central.rules.day import DayResult as Evaluated
from central.timing.flags import flagged, unsure_dates
from central.workdays.contacts import Contacts, Reader
from central.workdays.published import SETTLE_S, is_over, published, unless_employed, unread_for, waiting_for
from central.workdays.span import DaySpan, number
from wire.codec import decode, encode
from wire.days import DayResult


@dataclass(slots=True)
class Piece:
    """What a piece of work brings into the ledger. `further` are workdays that its changes may reach."""

    rows: list[Stored] = field(default_factory=list)
    waits: dict[Place, tuple[int, Collection[Reader]]] = field(default_factory=dict)
    uses: list[tuple[str, Reader, int]] = field(default_factory=list)
    covered: dict[str, DaySpan] = field(default_factory=dict)
    gaps: list[tuple[str, int, int]] = field(default_factory=list)
    further: list[str] = field(default_factory=list)
    days: int = 0

    @property
    def to_send(self) -> list[Stored]:
        """The results that somebody may want to hear of."""
        return [row for row in self.rows if row.unsent]

    def add(self, other: "Piece") -> None:
        """Take in another piece of the same workdays, of other people."""
        self.rows += other.rows
        self.waits |= other.waits
        self.uses += other.uses
        self.covered |= other.covered
        self.gaps += other.gaps
        self.further += other.further
        self.days += other.days

    def store(self, connection: Connection) -> None:
        """Write everything, inside the caller's transaction."""
        results.put(connection, self.rows)
        waiting.wait(connection, self.waits)
        waiting.use(connection, self.uses)
        coverage.cover(connection, self.covered)
        marks.mark_spans(connection, self.gaps)


def compute(
    connection: Connection,
    computer: Computer,
    contacts: Contacts,
    employee_ids: Collection[str],
    days: DaySpan,
    now: int,
) -> Piece:
    """Compute the same workdays of some people and find out what differs from what is stored."""
    found = computer.compute(connection, employee_ids, days, now)
    known = [person.employee.employee_id for person in found]
    held = results.held(connection, known, *days)
    covered = coverage.covered(connection, known)
    used = waiting.used(connection, known)
    piece = Piece()
    for person in found:
        employee_id = person.employee.employee_id
        _Comparison(computer, contacts, person, piece, now).run(
            held, covered.get(employee_id), used.get(employee_id, {}), days
        )
    return piece


class _Comparison:
    """The workdays of one person against what is stored of them."""

    def __init__(
        self, computer: Computer, contacts: Contacts, person: PersonDays, piece: Piece, now: int
    ) -> None:
        self._computer = computer
        self._contacts = contacts
        self._person = person
        self._piece = piece
        self._now = now
        self._today = computer.today(now)
        self._id = person.employee.employee_id
        self._readers = {punch: f"{edge}/{reader}" for punch, (edge, reader) in person.readers.items()}
        self._unsure = unsure_dates(person.results, person.times)

    def run(
        self, held: Mapping[Place, Stored], before: DaySpan | None, used: Mapping[Reader, int], days: DaySpan
    ) -> None:
        piece = self._piece
        real = [number(day.workday.date) for day in self._person.results if day.event_ids]
        after = self._reach(before, real, days)
        used = self._use(used)
        changed = False
        for evaluated in self._person.results:
            day = number(evaluated.workday.date)
            old = held.get((self._id, day))
            within = after is not None and after[0] <= day <= after[1]
            if old is None and not _worth_a_row(evaluated, within=within):
                continue
            changed = self._compare(evaluated, day, old, used)
            piece.days += 1
        if changed and not self._person.settled_behind and days[1] < self._today:
            piece.further.append(self._id)

    def _reach(self, before: DaySpan | None, real: list[int], days: DaySpan) -> DaySpan | None:
        """Widen the coverage: back to real punches, and on to the end of this work where it adjoins."""
        counted = self._person.employee.status.lower() in coverage.COUNTED
        past = [day for day in real if day <= self._today]
        after = before
        if past:
            after = (min(past), max(past)) if before is None else (min(before[0], *past), before[1])
        elif before is None and counted and days[1] >= self._today:
            after = (self._today, self._today)
        if after is not None and counted and days[0] <= after[1] + 1:
            after = (after[0], max(after[1], min(days[1], self._today)))
        if after is not None and after != before:
            self._piece.covered[self._id] = after
            if before is not None and days[1] + 1 < before[0]:
                self._piece.gaps.append((self._id, days[1] + 1, before[0] - 1))
        return after

    def _use(self, used: Mapping[Reader, int]) -> dict[Reader, int]:
        """Learn from the real punches which readers the person uses."""
        now_used = dict(used)
        for evaluated in self._person.results:
            day = number(evaluated.workday.date)
            for punch_id in evaluated.event_ids:
                reader = self._person.readers[punch_id]
                now_used[reader] = max(day, now_used.get(reader, day))
        self._piece.uses += [
            (self._id, reader, day) for reader, day in now_used.items() if used.get(reader) != day
        ]
        return now_used

    def _compare(
        self, evaluated: Evaluated, day: int, old: Stored | None, used: Mapping[Reader, int]
    ) -> bool:
        """Keep a workday if it is news, or if time has another date with it; tell whether it is news."""
        workday, over = evaluated.workday, is_over(evaluated, self._now)
        entry = self._person.assigned.on(workday.date)
        result = published(self._id, evaluated, entry, self._readers, self._computer.zone, self._now)
        edges = self._computer.sites.edges_of(self._person.employee.branch)
        unread = unread_for(evaluated, self._contacts, self._contacts.used(edges, used, day), self._now)
        if workday.date in self._unsure:
            result = flagged(result)
        result = unless_employed(waiting_for(result, unread), self._person.employee)
        encoded = encode(result)
        news = old is None or old.result != encoded
        due_s = None if over else workday.ends + SETTLE_S
        if unread or (news and old is not None and decode(old.result, DayResult).awaiting):
            self._piece.waits[self._id, day] = (workday.ends, unread)
        if not news and old is not None and old.due_s == due_s:
            return False
        # That a day has begun and nobody came yet is no news to anybody.
        unsent = news and not (old is None and result.status == "open" and not result.clockings)
        keep_unsent = unsent or (old is not None and old.unsent)
        self._piece.rows.append(Stored(self._id, day, result.status, due_s, keep_unsent, encoded))
        return news


def _worth_a_row(evaluated: Evaluated, *, within: bool) -> bool:
    """A workday is kept if there are punches, or if it is covered and something was expected or not."""
    return bool(evaluated.sequence or evaluated.duplicates) or (within and evaluated.shift is not None)
