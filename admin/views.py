"""Owns the ways in which the board that stays is shown where there is no terminal: lines and JSON."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from admin import board
from wire.board import BoardEntry


class View(Protocol):
    """Shows the board to somebody."""

    def entry(self, before: BoardEntry | None, after: BoardEntry) -> None:
        """An entry came or changed, if only in its running figures."""

    def gone(self, key: board.Key) -> None:
        """An entry was taken down."""

    def note(self, line: str) -> None:
        """Something about the broker or central."""

    def tick(self, entries: Mapping[board.Key, BoardEntry]) -> None:
        """Everything that came is told; about a second may have passed."""


class Lines:
    """A line for each change, for logs and pipes."""

    def entry(self, before: BoardEntry | None, after: BoardEntry) -> None:
        """Print what a person would call news."""
        if board.changed(before, after):
            self.note(board.sentence(after))

    def gone(self, key: board.Key) -> None:
        """Print that it is gone."""
        edge, reader = key
        self.note(f"{edge if reader is None else edge + '/' + reader} is gone")

    def note(self, line: str) -> None:
        """Print a line with the time before it."""
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        sys.stdout.write(f"{at} {line}\n")
        sys.stdout.flush()

    def tick(self, entries: Mapping[board.Key, BoardEntry]) -> None:
        """Nothing to do: lines stay."""


class Json:
    """Every entry as it comes, a JSON object a line; one that was taken down has `"gone": true`."""

    def entry(self, _before: BoardEntry | None, after: BoardEntry) -> None:
        """Print the entry."""
        self._write(msgspec.json.encode(after))

    def gone(self, key: board.Key) -> None:
        """Print the place alone."""
        self._write(msgspec.json.encode({"edge": key[0], "reader": key[1], "gone": True}))

    def note(self, line: str) -> None:
        """Keep it out of the data."""
        sys.stderr.write(f"punchwire: {line}\n")

    def tick(self, entries: Mapping[board.Key, BoardEntry]) -> None:
        """Nothing to do: lines stay."""

    def _write(self, line: bytes) -> None:
        sys.stdout.write(line.decode() + "\n")
        sys.stdout.flush()


@contextmanager
def view(*, as_json: bool) -> Iterator[View]:
    """The view that suits the standard output: a picture on a terminal, lines elsewhere."""
    if as_json:
        yield Json()
        return
    if sys.stdout.isatty():
        try:
            from admin.screen import Picture  # noqa: PLC0415 - without the extra, plain lines do
        except ImportError:
            pass
        else:
            with Picture() as picture:
                yield picture
            return
    yield Lines()
