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
    certificate: str = "",
) -> tuple[str, str]:
    """The worst trouble of the edge as a whole as (reason, evidence); two empty texts while all is well.

    `stored` is False after an append failed; `unconfirmed_s` is how long facts under way have waited
    for a receipt; `takeovers` is how often another client took the edge's session lately, and when last;
    `set_aside` is the file that a corrupt outbox is kept as; `certificate` is what there is to say of
    the edge's own certificate if it ends soon.
    """
    troubles = (
        ("outbox-failed", "" if stored else "the last append to the outbox failed"),
        ("disk-full", _shortage(disk_free_bytes, disk_floor_bytes)),
        ("outbox-set-aside", set_aside and f"a corrupt outbox is kept as {set_aside}"),
        ("session-taken", "" if takeovers is None else _taken(*takeovers)),
        ("no-receipts", _unanswered(unconfirmed_s)),
        ("certificate-ending", certificate),
    )
    return next((trouble for trouble in troubles if trouble[1]), ("", ""))


def _shortage(free_bytes: int, floor_bytes: int) -> str:
    if free_bytes >= floor_bytes:
        return ""
    return f"{free_bytes // 1_000_000} MB free, {floor_bytes // 1_000_000} MB wanted"


def _taken(count: int, at: datetime) -> str:
    return f"another client took the session {count} times, the last at {at:%Y-%m-%dT%H:%M:%SZ}"


def _unanswered(unconfirmed_s: float) -> str:
    if unconfirmed_s < SILENT_RECEIPTS_S:
        return ""
    return f"no receipt for {int(unconfirmed_s)} s although the broker takes our facts"


def compose(
    *,
    at: datetime,
    session: str,
    boot_id: str,
    uptime_s: float,
    life: str,
    running_s: float,
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
        life=life,
        running_s=running_s,
        trust=trust,
        backlog=backlog,
        oldest_unsettled=oldest,
        reason=trouble[0],
        evidence=trouble[1],
        disk_free_bytes=disk_free_bytes,
        memory_bytes=memory_bytes,
        readers=readers,
    )
