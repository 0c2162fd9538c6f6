"""Promises of the answers in words."""

from admin.figures import PUNCH_HEADER, punch_cells, punch_line
from wire.listing import PunchRow


def test_punches_of_all_pages_align() -> None:
    """Columns have a fixed width, and a value that is too long is not cut."""
    punch = PunchRow(
        punch_id="0" * 32, wall="2026-05-11T09:00:00", edge="pune-01", reader="front-gate", badge="1042"
    )
    assert punch_line(punch_cells(punch)).index("front-gate") == punch_line(PUNCH_HEADER).index("reader")
    long = PunchRow(punch_id="0" * 32, wall="w", edge="e" * 32, reader="r", badge="b\x1b[2J")
    assert "e" * 32 in punch_line(punch_cells(long))
    assert "\x1b" not in punch_line(punch_cells(long))
