"""Makes facts and envelopes for central's tests, as an edge would."""

from datetime import UTC, datetime, timedelta

from edge.readers.identity import memoryless_punch_id, terminal_punch_id
from wire.facts import Envelope, Fact
from wire.punch import Badge, Clock, How, Punch

START = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
_CLOCK = Clock(trust="synced", boot_id="boot-1", uptime_s=12.5)


def terminal_punch(
    number: int,
    *,
    user: str | None = None,
    reader: str = "front-gate",
    wall: datetime | None = None,
    direction: int | None = 0,
    how: How = "live",
    serial: str = "SER1",
) -> Punch:
    """Punch `number` of a terminal: one a minute from 08:00 on, by user `number` where no other is named."""
    at = wall or START.replace(tzinfo=None) + timedelta(minutes=number)
    user = user or str(number)
    return Punch(
        punch_id=terminal_punch_id(serial, user, at),
        reader=reader,
        kind="terminal",
        badge=Badge(raw=user, form="user-id"),
        read_at=START + timedelta(minutes=number),
        clock=_CLOCK,
        how=how,
        device=serial,
        device_wall=at,
        direction_code=direction,
        verify_code=1,
        raw="00ff",
    )


def card_punch(number: int, canon: str, *, at: datetime | None = None, reader: str = "desk") -> Punch:
    """Punch `number` of a reader without a memory or a clock."""
    at = at or START + timedelta(minutes=number)
    return Punch(
        punch_id=memoryless_punch_id("outbox-1", number, at),
        reader=reader,
        kind="wedge",
        badge=Badge(raw=canon.partition(":")[2], form="card", canon=canon),
        read_at=at,
        clock=_CLOCK,
        how="live",
    )


def envelope(first_seq: int, *facts: Fact, settled: int = 0, outbox_id: str = "outbox-1") -> Envelope:
    """Facts in an envelope, the first with number `first_seq`."""
    return Envelope(outbox_id=outbox_id, first_seq=first_seq, settled=settled, facts=facts)
