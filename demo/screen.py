"""Shows the site while it runs: a live board on a terminal, a line now and then anywhere else."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from demo.eyes import Place
from wire.board import BoardEntry

KEYS = "n network   k central   p punch   r resync   q quit"
LINE_EVERY_S = 5.0
_STYLE = {"green": "bold green", "orange": "bold dark_orange", "red": "bold red"}


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is shown at one moment. `held` counts what the devices hold, `ledger` what central says.

    `by_reader` is the ledger's count for each `edge/reader`; `without` says what this machine cannot imitate.
    """

    board: Mapping[Place, BoardEntry]
    by_reader: Mapping[str, int]
    held: int
    ledger: int | None
    present: int | None
    network: bool
    central: bool
    running_s: float
    news: str
    without: str = ""

    def figures(self) -> str:
        """The figures in one line."""
        ledger = "?" if self.ledger is None else f"{self.ledger:,}"
        present = "?" if self.present is None else str(self.present)
        network, central = "up" if self.network else "cut", "up" if self.central else "away"
        return (
            f"{self.running_s:4.0f} s   ledger {ledger} of {self.held:,} punches   "
            f"present {present}   network {network}   central {central}"
        )


class Screen(Protocol):
    """Somewhere to show scenes."""

    def show(self, scene: Scene) -> None:
        """Show it."""


@contextmanager
def opened(*, quiet: bool) -> Iterator[Screen]:
    """A live board on a terminal, else lines; `quiet` keeps standard output free for figures."""
    if quiet or not sys.stdout.isatty():
        yield _Lines(quiet=quiet)
        return
    with Live(console=Console(), auto_refresh=False, screen=True) as live:
        yield _Board(live)


class _Lines:
    def __init__(self, *, quiet: bool) -> None:
        self._to = sys.stderr if quiet else sys.stdout
        self._due = 0.0
        self._news = ""

    def show(self, scene: Scene) -> None:
        """Print the figures every few seconds, and news at once."""
        if scene.news != self._news:
            self._news = scene.news
            print(scene.news, file=self._to, flush=True)
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + LINE_EVERY_S
            print(scene.figures(), file=self._to, flush=True)


class _Board:
    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, scene: Scene) -> None:
        """Draw the whole board anew."""
        lines = (Text(scene.figures(), "bold"), Text(""), board(scene, datetime.now(UTC)))
        below = (Text(line) for line in (scene.without, scene.news) if line)
        self._live.update(Group(*lines, Text(""), *below, Text(KEYS, "reverse")), refresh=True)


def board(scene: Scene, now: datetime) -> Table:
    """The board as a table, each branch before its readers; what explains the branch is not said again."""
    table = Table(pad_edge=False, expand=True)
    for column in ("branch", "reader", "colour", "live", "last punch", "ledger", "backlog"):
        table.add_column(column, no_wrap=True)
    table.add_column("why", ratio=1)
    for edge, reader in sorted(scene.board, key=lambda place: (place[0], place[1] or "")):
        entry = scene.board[edge, reader]
        branch = scene.board.get((edge, None))
        known = reader is not None and branch is not None and branch.reason == entry.reason
        why = (entry.reason,) if known else (entry.reason, entry.evidence, entry.next_step)
        table.add_row(
            edge,
            reader or "",
            Text(entry.color, _STYLE[entry.color]),
            "yes" if entry.online else Text("no", "bold red"),
            "" if entry.last_punch is None else f"{(now - entry.last_punch).total_seconds():.0f} s ago",
            f"{scene.by_reader[f'{edge}/{reader}']:,}" if f"{edge}/{reader}" in scene.by_reader else "",
            f"{entry.backlog:,}" if reader is None else "",
            "\n".join(filter(None, why)),
        )
    return table
