"""Owns the answers in words: punches, and the ledger's figures."""

from collections.abc import Sequence

from admin.board import Row, plain
from wire.listing import PunchRow, Summary

PUNCH_HEADER = ("wall time", "branch", "reader", "employee", "name", "badge", "direction", "how")
_PUNCH_WIDTHS = (19, 10, 12, 10, 20, 12, 9, 8)


def punch_line(cells: Sequence[str]) -> str:
    """One punch, or the header, in columns of fixed width: pages come one by one and must align."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _PUNCH_WIDTHS, strict=True)).rstrip()


def punch_cells(punch: PunchRow) -> Row:
    """A punch as texts in the order of `PUNCH_HEADER`."""
    cells = (
        punch.wall,
        punch.edge,
        punch.reader,
        punch.employee or "",
        punch.name or "",
        punch.badge,
        punch.direction or "",
        punch.how,
    )
    return tuple(plain(cell) for cell in cells)


def summary_lines(summary: Summary) -> list[str]:
    """The ledger in figures, a line each."""
    return [
        f"punches in the ledger   {summary.punches}",
        f"employees present       {summary.present}",
        f"in quarantine           {summary.quarantined}",
        *(f"  {reader:<30}  {count}" for reader, count in sorted(summary.by_reader.items())),
    ]
