"""Owns the answers in words: punches, a resync's progress and outcome, and the ledger's figures."""

from collections.abc import Iterable, Sequence

from admin.board import Row, lines, plain
from wire.listing import PunchRow, Summary
from wire.resync import Reconciliation, ResyncProgress

PUNCH_HEADER = ("wall time", "branch", "reader", "employee", "name", "badge", "direction", "how")
_PUNCH_WIDTHS = (19, 10, 12, 10, 20, 12, 9, 8)
_RESYNC_HEADER = (
    "branch",
    "reader",
    "state",
    "matched",
    "added",
    "only on device",
    "only in ledger",
    "in conflict",
    "why",
)


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


def progress_line(progress: ResyncProgress) -> str:
    """Where a resync stands: `reading: pune-01/front-gate reading, surat-02/gate ordered`."""
    return f"{progress.state}: " + ", ".join(
        f"{part.edge}/{part.reader} {part.state}" for part in progress.readers
    )


def resync_lines(progress: ResyncProgress) -> list[str]:
    """The outcome of a resync: a row for each reader, what is left over by name, the people not found."""
    body = [
        (
            part.edge,
            part.reader,
            part.state,
            *map(str, _counts(part)),
            ", ".join(text for text in (part.reason, plain(part.evidence)) if text),
        )
        for part in progress.readers
    ]
    told = lines(_RESYNC_HEADER, body)
    for part in progress.readers:
        told += _named(part, "only on device", part.ids_only_on_device, part.only_on_device)
        told += _named(part, "only in ledger", part.ids_only_in_ledger, part.only_in_ledger)
    if progress.unmatched_employees:
        told.append(f"no badge is known of: {', '.join(map(plain, progress.unmatched_employees))}")
    return told


def nothing_left_over(progress: ResyncProgress) -> bool:
    """Whether every reader was reconciled and device and ledger now hold the same."""
    return (
        progress.state == "reconciled"
        and not progress.unmatched_employees
        and all(
            part.only_on_device == part.only_in_ledger == part.in_conflict == 0 for part in progress.readers
        )
    )


def summary_lines(summary: Summary) -> list[str]:
    """The ledger in figures, a line each."""
    return [
        f"punches in the ledger   {summary.punches}",
        f"employees present       {summary.present}",
        f"in quarantine           {summary.quarantined}",
        *(f"  {reader:<30}  {count}" for reader, count in sorted(summary.by_reader.items())),
    ]


def _counts(part: Reconciliation) -> tuple[int, ...]:
    return part.matched, part.added, part.only_on_device, part.only_in_ledger, part.in_conflict


def _named(part: Reconciliation, what: str, ids: Iterable[str], count: int) -> list[str]:
    shown = list(ids)[:10]
    if not shown:
        return []
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return [f"{what}, {part.edge}/{part.reader}: {' '.join(shown)}{more}"]
