"""Owns resyncs in words: where one stands, what it came to, the list of them, pages of what one found."""

from collections.abc import Iterator

from admin.board import lines, plain
from wire.resync import ResyncEntry, ResyncProgress, ResyncShown

_FIGURES = (
    "read",
    "matched",
    "to_add",
    "added",
    "to_change",
    "changed",
    "in_conflict",
    "only_on_device",
    "only_in_ledger",
    "unmatched",
)
_LEFT = ("to_add", "to_change", "in_conflict", "only_on_device", "only_in_ledger")
_LIST = ("id", "by", "state", "mode", "from", "to", "people", "began", "ended", "reason")


def progress_line(told: ResyncProgress) -> str:
    """Where a resync stands: `reading: 120 of 200 people, 4711 punches read; waiting for pune-01`."""
    if told.state == "undoing":
        fault = f"; central met a fault, and tries again: {plain(told.fault)}" if told.fault else ""
        return f"undoing: {told.undo_done} of {told.undo_of} punches and workdays{fault}"
    waiting = f"; waiting for {', '.join(told.edges_waiting)}" if told.edges_waiting else ""
    people = f"{told.people_done} of {told.selected} people"
    return f"{told.state}: {people}, {told.punches_read} punches read{waiting}"


def resync_lines(told: ResyncProgress) -> list[str]:
    """What a resync came to: a row for each reader, what its log shows, days, people of no badge."""
    shown = [name for name in _FIGURES if name in ("read", "matched") or _any(told, name)]
    header = ("branch", "reader", "state", *(name.replace("_", " ") for name in shown), "why")
    body = [
        (
            part.edge,
            part.reader,
            part.state,
            *(str(getattr(part, name)) for name in shown),
            ", ".join(text for text in (part.reason, plain(part.evidence)) if text),
        )
        for part in told.readers
    ]
    found = lines(header, body) if body else []
    if told.readers_more:
        found.append(f"and {told.readers_more} readers more")
    found += [f"{part.edge}/{part.reader}: {plain(it)}" for part in told.readers for it in part.notices]
    would = "would have" if told.dry_run else "have"
    found.append(f"{told.selected} people; {told.days_changed} workdays {would} another result")
    if told.fault:
        found.append(f"central met a fault: {plain(told.fault)}")
    if told.unmatched_count:
        more = told.unmatched_count - len(told.unmatched_employees)
        names = ", ".join(map(plain, told.unmatched_employees))
        found.append(f"no badge is known of: {names}{f' and {more} more' if more else ''}")
    if told.strangers:
        met = f"{told.strangers} badges of nobody were met"
        found.append(f"{met}: punchwire resync show {plain(told.name)} --what badges")
    return found


def _any(told: ResyncProgress, name: str) -> bool:
    return any(getattr(part, name) for part in told.readers)


def nothing_left_over(told: ResyncProgress) -> bool:
    """Whether every reader was reconciled and both sides hold the same now, and no day would change."""
    return (
        told.state == "reconciled"
        and not told.unmatched_count
        and not (told.dry_run and told.days_changed)
        and not any(_any(told, name) for name in _LEFT)
    )


def list_lines(entries: tuple[ResyncEntry, ...]) -> list[str]:
    """The list of resyncs."""
    return lines(_LIST, [tuple(map(plain, _entry(one))) for one in entries])


def _entry(one: ResyncEntry) -> Iterator[str]:
    yield one.name
    yield one.user
    yield one.state
    yield f"{one.mode}, dry run" if one.dry_run else one.mode
    yield one.span.first.isoformat()
    yield one.span.last.isoformat()
    yield str(one.selected)
    yield one.began_at.isoformat(sep=" ", timespec="seconds")
    yield "" if one.ended_at is None else one.ended_at.isoformat(sep=" ", timespec="seconds")
    yield one.reason


def page_lines(shown: ResyncShown) -> list[str]:
    """A page as a table."""
    body = [tuple("" if cell is None else plain(str(cell)) for cell in row) for row in shown.rows]
    return lines(shown.columns, body)
