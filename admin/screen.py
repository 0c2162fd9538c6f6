"""Owns the board on a terminal: the table with colours, and the picture of it that stays on the screen."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.live import Live
from rich.table import Table
from rich.text import Text

from admin import board
from wire.board import BoardEntry, Color

_STYLE: dict[Color, str] = {"green": "bold green", "orange": "bold dark_orange", "red": "bold red"}


def table(entries: Sequence[BoardEntry], now: datetime, title: str = "") -> Table:
    """The board for a terminal with colours; the evidence stands under its reason."""
    shown = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in (*board.COLUMNS[:6], "why"):
        shown.add_column(column, no_wrap=column != "why", overflow="fold")
    for entry, row in zip(entries, board.rows(entries, now), strict=True):
        why = Text("\n".join(part for part in (board.because(row[6], row[7]), row[8]) if part))
        name = Text(row[0], "bold" if entry.reader is None else "dim")
        color = Text(row[2], _STYLE[entry.color])
        live = Text(row[3], "" if entry.online else "bold red")
        shown.add_row(name, row[1], color, live, row[4], row[5], why)
    return shown


class Picture:
    """The board that stays on the screen, redrawn when a second has passed."""

    def __init__(self) -> None:
        self._live = Live(auto_refresh=False)
        self._note = ""

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()

    def entry(self, _before: BoardEntry | None, _after: BoardEntry) -> None:
        """Nothing to do: `tick` draws everything."""

    def gone(self, _key: board.Key) -> None:
        """Nothing to do: `tick` draws everything."""

    def note(self, line: str) -> None:
        """Show a line in the title for as long as it is the latest."""
        self._note = line

    def tick(self, entries: Mapping[board.Key, BoardEntry]) -> None:
        """Draw the board as it is now."""
        now = datetime.now(UTC)
        title = f"{now.astimezone():%H:%M:%S}  {self._note}".rstrip()
        self._live.update(table(board.in_order(entries), now, title), refresh=True)
