"""What an examination finds: what was tried, what answered, and the word for what is wrong with it."""

from dataclasses import dataclass
from typing import Literal

from edge.errors import ReaderFault
from wire.reasons import next_step

Level = Literal["good", "note", "warning", "alarm"]
"""A note is worth knowing and nothing is wrong; a warning will become an alarm, or harms a part."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried and what came of it.

    `reason` is a word of `wire.reasons`, empty where nothing is wrong.
    """

    tried: str
    answered: str
    level: Level = "good"
    reason: str = ""

    @property
    def wrong(self) -> bool:
        """Whether somebody has to do something."""
        return self.level in ("warning", "alarm")

    @property
    def next_step(self) -> str:
        """What to do now, in one sentence; empty if nothing."""
        return next_step(self.reason) if self.reason else ""


def good(tried: str, answered: str) -> Finding:
    """All is well."""
    return Finding(tried, answered)


def note(tried: str, answered: str) -> Finding:
    """Worth knowing."""
    return Finding(tried, answered, "note")


def warning(tried: str, reason: str, answered: str) -> Finding:
    """It works, and something is wrong with it."""
    return Finding(tried, answered, "warning", reason)


def alarm(tried: str, reason: str, answered: str) -> Finding:
    """It does not work."""
    return Finding(tried, answered, "alarm", reason)


def fault(tried: str, error: ReaderFault) -> Finding:
    """What a reader says itself."""
    return alarm(tried, error.reason, error.evidence)
