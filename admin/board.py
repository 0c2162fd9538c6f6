"""Owns the board in words: entries in order, as rows and lines of plain text, a change as a sentence."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from wire.board import BoardEntry, Color

COLUMNS = ("branch", "reader", "colour", "live", "last punch", "waiting", "reason", "evidence", "what to do")
Row = tuple[str, ...]
Key = tuple[str, str | None]
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def key(entry: BoardEntry) -> Key:
    """The place of an entry on the board: its edge and its reader, None for the edge as a whole."""
    return entry.edge, entry.reader


def in_order(board: Mapping[Key, BoardEntry]) -> list[BoardEntry]:
    """The entries by branch, the branch itself before its readers."""
    return [board[place] for place in sorted(board, key=lambda place: (place[0], place[1] or ""))]


def rows(entries: Iterable[BoardEntry], now: datetime) -> list[Row]:
    """One row of texts for each entry, as wide as `COLUMNS`; ages are as of `now`."""
    return [
        (
            _branch(entry),
            entry.reader or "",
            entry.color,
            "yes" if entry.online else "no",
            age(entry.last_punch, now),
            str(entry.backlog) if entry.backlog else "",
            entry.reason,
            plain(entry.evidence),
            plain(entry.next_step),
        )
        for entry in entries
    ]


def _branch(entry: BoardEntry) -> str:
    """Its name; the line of a whole branch says if it is a pilot."""
    return f"{entry.edge} (pilot)" if entry.pilot and entry.reader is None else entry.edge


def lines(header: Row, body: Sequence[Row], numbers: Collection[int] = ()) -> list[str]:
    """Rows as aligned lines of plain text, two blanks between the columns; `numbers` stand to the right."""
    widths = [max(len(row[at]) for row in (header, *body)) for at in range(len(header))]
    return [
        "  ".join(
            cell.rjust(widths[at]) if at in numbers else cell.ljust(widths[at]) for at, cell in enumerate(row)
        ).rstrip()
        for row in (header, *body)
    ]


def sentence(entry: BoardEntry) -> str:
    """A change of one entry in one line: `pune-01/front-gate is orange: idle, last new punch at ...`."""
    place = entry.edge if entry.reader is None else f"{entry.edge}/{entry.reader}"
    live = "" if entry.online else ", not live"
    why = f": {because(entry.reason, plain(entry.evidence))}" if entry.reason else ""
    return f"{place} is {entry.color}{live}{why}"


def because(reason: str, evidence: str) -> str:
    """A reason and its evidence in one phrase."""
    return ", ".join(part for part in (reason, evidence) if part)


def changed(before: BoardEntry | None, after: BoardEntry) -> bool:
    """Whether a person would call it news: colour, reason or liveness, not the running figures."""
    return before is None or (before.color, before.reason, before.online) != (
        after.color,
        after.reason,
        after.online,
    )


def worst(entries: Iterable[BoardEntry]) -> Color | None:
    """The worst colour on the board, None where it is empty."""
    colors = {entry.color for entry in entries}
    return next((color for color in ("red", "orange", "green") if color in colors), None)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest two units; "never" for None. A moment in the future is now."""
    if moment is None:
        return "never"
    seconds = max(int((now - moment.astimezone(UTC)).total_seconds()), 0)
    if seconds < _MINUTE:
        return f"{seconds} s ago"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min ago"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h ago"


def plain(words: str) -> str:
    """Text from far away without anything that could move the cursor or hide a line."""
    return "".join(letter if letter.isprintable() else " " for letter in words)
