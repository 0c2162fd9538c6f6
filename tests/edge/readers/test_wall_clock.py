"""Promises of the judgement on a terminal's clock, whose zone nobody tells."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from edge.readers.wall_clock import clock_error, off_by


@pytest.mark.parametrize("minutes", range(-12 * 60, 14 * 60 + 1, 15))
def test_a_right_clock_is_right_in_every_zone(minutes: int) -> None:
    """No zone on earth makes a good clock look wrong, and a minute off is not yet wrong."""
    for off_s in (-59.0, 0.4, 59.0):
        assert clock_error(minutes * 60 + off_s) is None


@pytest.mark.parametrize(
    ("offset_s", "error_s"),
    [
        (19800 + 120.0, 120.0),
        (19800 - 400.0, -400.0),
        (-830_000_000.0, -829_956_800.0),
        (14 * 3600 + 3600.0, 3600.0),
    ],
)
def test_a_wrong_clock_is_told_by_how_much(offset_s: float, error_s: float) -> None:
    """What no zone explains is the clock's own error."""
    assert clock_error(offset_s) == error_s


@pytest.mark.parametrize(("month", "ahead_s"), [(1, 3600.0), (7, 0.0)])
def test_where_the_zone_is_known_whole_hours_are_seen(month: int, ahead_s: float) -> None:
    """A clock that stayed on summer time is an hour ahead in winter, which no guess at a zone could tell."""
    at = datetime(2026, month, 11, tzinfo=UTC)
    assert off_by(7200.0, ZoneInfo("Europe/Berlin"), at) == ahead_s
    assert off_by(7200.0, None, at) is None
