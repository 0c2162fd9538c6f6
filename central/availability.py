"""Owns how much of a time an edge was up: what the lives of its daemon cover, and the gaps between them.

A life is what central heard of one start of the daemon. Nobody can say of a gap that the edge was down in it,
only that nothing shows that it was up: so a gap is the most that can have been lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

STILL = timedelta(minutes=3)
"""A life whose last sign is no older goes on: heartbeats come every 30 s and are written down each minute."""
Gap = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Life:
    """One start of the daemon: when it began, and its last sign."""

    began: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Uptime:
    """What is known of the time from `since` to `until`: it was up, but for the gaps."""

    since: datetime
    until: datetime
    gaps: tuple[Gap, ...]

    @property
    def down(self) -> timedelta:
        """All gaps together."""
        return sum((end - begin for begin, end in self.gaps), timedelta(0))

    @property
    def percent(self) -> float:
        """How much of the time it was up at least, in hundredths that are cut: 100 means without a gap."""
        whole = self.until - self.since
        return (whole - self.down) * 10_000 // whole / 100


def uptime(lives: Iterable[Life], since: datetime, until: datetime, now: datetime) -> Uptime | None:
    """The lives of one edge against a time, which ends now at the latest; None if nothing of it is left.

    It begins when the edge was first heard of, if that is later: before, there was nothing to be up.
    """
    known = sorted(lives, key=lambda life: life.began)
    if not known:
        return None
    since, until = max(since, known[0].began), min(until, now)
    if since >= until:
        return None
    gaps: list[Gap] = []
    covered = since
    for life in known:
        if life.began > covered:
            gaps.append((covered, min(life.began, until)))
        covered = max(covered, now if now - life.last <= STILL else life.last)
        if covered >= until:
            break
    if covered < until:
        gaps.append((covered, until))
    return Uptime(since, until, tuple(gap for gap in gaps if gap[0] < gap[1]))


def outlived(lives: Sequence[Life], signs: Iterable[datetime]) -> list[Life]:
    """The lives, prolonged by signs from behind their ends: up without a network when these were made."""
    found = sorted(lives, key=lambda life: life.began)
    for sign in signs:
        at = max((place for place, life in enumerate(found) if life.began <= sign), default=None)
        if at is not None and found[at].last < sign:
            found[at] = replace(found[at], last=sign)
    return found
