"""Owns the course of an undoing: its steps, how far it has come, and what is left of a person's standing."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

Step = Literal["sorting", "withdrawing", "standings", "days", "marking"]
_STEPS: tuple[Step, ...] = ("sorting", "withdrawing", "standings", "days", "marking")
Place = tuple[str, int]
"""Where a step goes on: behind a workday, a person, or a punch id in hex."""
BEGIN: Place = ("", -1)
Days = tuple[int, int]
"""The first and the last day of a coverage."""


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """An undoing: by whom, by which request, since when, and the mark up to which it is done.

    `step` is None once it is through. Of `punches` amendments so many are `withdrawn`; of `days` changed
    workdays so many are `restored`, or `computed_again` because others changed them. `faults` are those in a
    row, `fault` tells the last one; it rests until `again_at`.
    """

    by: str
    request_id: str
    since: datetime
    punches: int
    days: int
    step: Step | None = "sorting"
    after: Place = BEGIN
    withdrawn: int = 0
    restored: int = 0
    computed_again: int = 0
    faults: int = 0
    fault: str = ""
    again_at: datetime | None = None

    def moved(self, after: Place | None, **counted: int) -> "Undo":
        """Behind a piece: further within its step, or at the next one; `counted` are added to the figures."""
        figures = {name: getattr(self, name) + count for name, count in counted.items()}
        step = self.step if after is not None or self.step is None else _next(self.step)
        well = {"faults": 0, "fault": "", "again_at": None}
        return replace(self, step=step, after=after or BEGIN, **well, **figures)

    @property
    def figures(self) -> dict[str, int]:
        """What it came to, for the audit."""
        return {name: getattr(self, name) for name in ("withdrawn", "restored", "computed_again")}


def _next(step: Step) -> Step | None:
    place = _STEPS.index(step) + 1
    return _STEPS[place] if place < len(_STEPS) else None


class Standing(msgspec.Struct, frozen=True):
    """What is kept of a person beside results: the days covered, and the last day at each reader used."""

    coverage: Days | None
    uses: tuple[tuple[str, str, int], ...]


def without(was: Standing, became: Standing, now: Standing) -> Standing:
    """How a person would stand now, had nobody made of `was` what it `became`; what came since stays."""
    before = {(edge, reader): last for edge, reader, last in was.uses}
    behind = {(edge, reader): last for edge, reader, last in became.uses}
    uses: list[tuple[str, str, int]] = []
    for edge, reader, current in now.uses:
        ours = behind.get((edge, reader)) == current
        last = before.get((edge, reader)) if ours else current
        if last is not None:
            uses.append((edge, reader, last))
    return Standing(_covered(was.coverage, became.coverage, now.coverage), tuple(uses))


def _covered(was: Days | None, became: Days | None, now: Days | None) -> Days | None:
    """Each end by itself: the days of a person go on every night, whoever moved their beginning."""
    if became is None or now is None:
        return now
    first, last = (became[1] + 1, became[0] - 1) if was is None else was
    first = first if now[0] == became[0] else now[0]
    last = last if now[1] == became[1] else now[1]
    return (first, last) if first <= last else None
