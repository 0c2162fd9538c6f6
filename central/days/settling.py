"""Owns the computing of workdays to their end in one transaction, keeping what it replaces.

The keeper computes what is marked in its own time. Who must know what a change comes to, or wants to try it
and take it back, computes here what was marked since, inside his own transaction.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from central.computing import Computer
from central.days.collecting import Collector
from central.days.storing import Piece, compute
from central.ledger.database import LedgerError
from central.ledger.resyncs.changes import Change
from central.ledger.workdays import coverage, doubts, marks, results, waiting
from central.ledger.workdays.results import Place
from central.resync.undoing import Standing
from central.workdays.contacts import Contacts
from central.workdays.span import DaySpan
from ground.journal import Journal

journal = Journal("days")


@dataclass(slots=True)
class Settled:
    """What was changed on the way: workdays, and how people stood before and behind it."""

    changes: dict[Place, Change] = field(default_factory=dict)
    before: dict[str, Standing] = field(default_factory=dict)
    after: dict[str, Standing] = field(default_factory=dict)

    @property
    def standings(self) -> list[tuple[str, Standing, Standing]]:
        """Of everybody whose coverage or readers were changed: before and after."""
        return [(one, self.before[one], self.after[one]) for one in self.after]


class Settling:
    """Computes by one state of directory and settings. Not for more than one thread."""

    def __init__(self, computer: Computer, contacts: Contacts, now: int) -> None:
        self._computer = computer
        self._collector = Collector(computer)
        self._contacts = contacts
        self._now = now

    def settle(self, connection: Connection, after_mark: int) -> Settled:
        """Compute all that was marked behind a mark, and what that marks in turn. The marks stay."""
        settled = Settled()
        waiting_marks = marks.behind(connection, after_mark)
        while waiting_marks:
            newest = max(mark.mark_id for mark in waiting_marks)
            wanted = self._collector.of_marks(connection, waiting_marks, self._now)
            doubts.note(connection, wanted.doubted)
            pieces = deque(wanted.pieces())
            while pieces:
                employee_ids, span = pieces.popleft()
                further = self._piece(connection, employee_ids, span, settled)
                if further:
                    pieces.append((further, (span[1] + 1, span[1] + 1)))
            answered = set(wanted.mark_ids)
            waiting_marks = [mark for mark in waiting_marks if mark.mark_id not in answered]
            waiting_marks += marks.behind(connection, newest)
        return settled

    def _piece(
        self, connection: Connection, employee_ids: Sequence[str], span: DaySpan, settled: Settled
    ) -> list[str]:
        """Compute and store one piece; return the people whose days behind it may change, too."""
        piece = self._computed(connection, employee_ids, span)
        people = {row.employee_id for row in piece.rows} | piece.covered.keys()
        people |= {employee_id for employee_id, _, _ in piece.uses}
        for employee_id, standing in standings(connection, people - settled.before.keys()).items():
            settled.before[employee_id] = standing
        days = [row.day for row in piece.rows]
        held = results.held(connection, people, min(days), max(days)) if days else {}
        piece.store(connection)
        for row in piece.rows:
            known = settled.changes.get(row.place)
            settled.changes[row.place] = Change(known.before if known else held.get(row.place), row)
        for employee_id, standing in standings(connection, people).items():
            if standing != settled.before[employee_id] or employee_id in settled.after:
                settled.after[employee_id] = standing
        return piece.further

    def _computed(self, connection: Connection, employee_ids: Sequence[str], span: DaySpan) -> Piece:
        """A piece of work, without those whose days cannot be computed."""
        try:
            return compute(connection, self._computer, self._contacts, employee_ids, span, self._now)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - one odd workday must not end all others
            if len(employee_ids) == 1:
                journal.error("day_failed", employee=employee_ids[0], reason=repr(error))
                return Piece()
        whole = Piece()
        for employee_id in employee_ids:
            whole.add(self._computed(connection, [employee_id], span))
        return whole


def standings(connection: Connection, employee_ids: set[str]) -> dict[str, Standing]:
    """How people stand now, beside their results."""
    if not employee_ids:
        return {}
    covered = coverage.covered(connection, employee_ids)
    used = waiting.used(connection, employee_ids)
    return {
        one: Standing(
            covered.get(one),
            tuple(sorted((edge, reader, last) for (edge, reader), last in used.get(one, {}).items())),
        )
        for one in employee_ids
    }
