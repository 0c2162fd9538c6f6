"""What a list of people is before it is understood: a header and numbered rows, wherever it came from."""

from collections.abc import Sequence
from dataclasses import dataclass

Rows = Sequence[tuple[int, Sequence[str]]]
"""Records, each with the line that it begins in."""


class SourceError(Exception):
    """The list cannot be had at all; `mistakes` has a line for each reason."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Table:
    """A list of people. `name` is what it is called where a mistake is told."""

    name: str
    header: Sequence[str]
    rows: Rows
