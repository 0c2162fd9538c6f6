"""Owns how much goes into one transaction of a resync: as many workdays as may have to be computed for it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

DAYS = 2000
"""Workdays in one piece, of one person alone more if need be; others wait that long to write."""
_BEFORE, _BEHIND = 1, 2
"""A punch may change its own workday, the one before, and two behind."""

Covered = Mapping[str, tuple[int, int]]
"""The first and the last day that is covered of people."""


class Missing(Protocol):
    """A punch that is to be landed: whose, and on which day."""

    @property
    def employee_id(self) -> str:
        """Whose it is, "" for nobody."""

    @property
    def day(self) -> int:
        """In days since 1970."""


T = TypeVar("T", bound=Missing)


class Measure:
    """Counts the workdays that some work may compute. Punches behind each other cost no day twice."""

    def __init__(self, covered: Covered) -> None:
        self._first = {who: first for who, (first, _) in covered.items()}
        self._seen: set[tuple[str, int]] = set()
        self.days = 0

    def land(self, punch: Missing) -> int:
        """Count what a punch may bring, with the days between it and those covered so far; the sum then."""
        who, day = punch.employee_id, punch.day
        if who:
            known = len(self._seen)
            self._seen.update((who, near) for near in range(day - _BEFORE, day + _BEHIND + 1))
            self.days += len(self._seen) - known + self._reach(who, day)
        return self.days

    def compute(self, who: str, first: int, last: int) -> int:
        """Count the days of somebody that are to be computed, with those up to the covered ones; the sum."""
        self.days += last - first + 1 + max(self._reach(who, first) - (last - first + 1), 0)
        return self.days

    def _reach(self, who: str, day: int) -> int:
        """By how much a day lies before the covered ones, which then begin there."""
        covered = self._first.get(who, day)
        self._first[who] = min(covered, day)
        return covered - self._first[who]


def punches(waiting: Sequence[T], covered: Covered) -> Sequence[T]:
    """As many of the punches that wait as one piece may land, one at least."""
    measure = Measure(covered)
    for place, one in enumerate(waiting):
        if measure.land(one) > DAYS and place:
            return waiting[:place]
    return waiting


def people(theirs: Iterable[tuple[str, Sequence[T]]], covered: Covered) -> list[tuple[str, Sequence[T]]]:
    """As many people with all of their punches as one piece may land, one at least; asks for no more."""
    measure, found = Measure(covered), list[tuple[str, Sequence[T]]]()
    for who, missing in theirs:
        if max(map(measure.land, missing), default=0) > DAYS and found:
            break
        found.append((who, missing))
        if measure.days > DAYS:
            break
    return found


def spans(waiting: Sequence[str], first: int, last: int, covered: Covered) -> Sequence[str]:
    """As many of the people that wait as one piece may compute a span of days of, one at least."""
    measure = Measure(covered)
    for place, who in enumerate(waiting):
        if measure.compute(who, first, last) > DAYS and place:
            return waiting[:place]
    return waiting
