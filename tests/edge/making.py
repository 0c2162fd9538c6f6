"""Makes punches for the tests of the edge."""

from datetime import UTC, datetime, timedelta

from edge.readers.identity import terminal_punch_id
from wire.punch import Badge, Clock, How, Punch

AT = datetime(2026, 5, 11, 3, 30, tzinfo=UTC)


def punch(number: int, how: How = "catch-up", reader: str = "front-gate") -> Punch:
    """The punch of user 1042 `number` seconds after 09:00 at terminal CJ7F1."""
    wall = datetime(2026, 5, 11, 9, 0) + timedelta(seconds=number)  # noqa: DTZ001
    return Punch(
        punch_id=terminal_punch_id("CJ7F1", "1042", wall),
        reader=reader,
        kind="terminal",
        device="CJ7F1",
        badge=Badge(raw="1042", form="user-id"),
        device_wall=wall,
        read_at=AT + timedelta(seconds=number),
        clock=Clock(trust="synced", boot_id="b", uptime_s=1.0),
        direction_code=255,
        how=how,
        raw="00" * 16,
    )
