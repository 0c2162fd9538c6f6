"""Composes what the edge says of its own health."""

from datetime import UTC, datetime

from wire.punch import Trust
from wire.vitals import Heartbeat, ReaderVital

SILENT_RECEIPTS_S = 60.0
"""Facts that the broker took and central did not confirm for so long are an alarm (wire.md, guarantee 7)."""


def edge_trouble(
    *,
    stored: bool,
    disk_free_bytes: int,
    disk_floor_bytes: int,
    unconfirmed_s: float,
    takeovers: tuple[int, datetime] | None = None,
    set_aside: str = "",
) -> tuple[str, str]:
    """The worst trouble of the edge as a whole as (reason, evidence); two empty texts while all is well.

    `stored` is False after an append failed; `unconfirmed_s` is how long facts under way have waited
    for a receipt; `takeovers` is how often another client took the edge's session lately, and when last;
    `set_aside` is the file that a corrupt outbox is kept as.
    """
    if not stored:
        return "outbox-failed", "the last append to the outbox failed"
    if disk_free_bytes < disk_floor_bytes:
        return (
            "disk-full",
            f"{disk_free_bytes // 1_000_000} MB free, {disk_floor_bytes // 1_000_000} MB wanted",
        )
    if set_aside:
        return "outbox-set-aside", f"a corrupt outbox is kept as {set_aside}"
    if takeovers is not None:
        count, at = takeovers
        return (
            "session-taken",
            f"another client took the session {count} times, the last at {at:%Y-%m-%dT%H:%M:%SZ}",
        )
    if unconfirmed_s >= SILENT_RECEIPTS_S:
        return "no-receipts", f"no receipt for {int(unconfirmed_s)} s although the broker takes our facts"
    return "", ""


def compose(
    *,
    at: datetime,
    session: str,
    boot_id: str,
    uptime_s: float,
    trust: Trust,
    backlog: int,
    oldest_unsettled_ms: int | None,
    trouble: tuple[str, str],
    disk_free_bytes: int,
    memory_bytes: int,
    readers: tuple[ReaderVital, ...],
) -> Heartbeat:
    """One heartbeat."""
    oldest = None if oldest_unsettled_ms is None else datetime.fromtimestamp(oldest_unsettled_ms / 1000, UTC)
    return Heartbeat(
        at=at,
        session=session,
        boot_id=boot_id,
        uptime_s=uptime_s,
        trust=trust,
        backlog=backlog,
        oldest_unsettled=oldest,
        reason=trouble[0],
        evidence=trouble[1],
        disk_free_bytes=disk_free_bytes,
        memory_bytes=memory_bytes,
        readers=readers,
    )
