"""What a branch's wall clock showed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from central.zones import Zones, midnight

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = Zones(ZoneInfo("Asia/Kolkata"), {"berlin": BERLIN})


def test_wall_time_is_the_devices_own_or_the_branchs() -> None:
    """A device's clock is believed as it stands; without one the branch's zone tells the time of reading."""
    printed = datetime(2026, 5, 11, 9, 0)  # noqa: DTZ001 - wall time
    read_at = datetime(2026, 5, 11, 20, 0, tzinfo=UTC)
    assert ZONES.wall("berlin", printed, read_at) == printed
    assert ZONES.wall("berlin", None, read_at) == datetime(2026, 5, 11, 22, 0)  # noqa: DTZ001 - wall time
    assert ZONES.wall("unheard-of", None, read_at) == datetime(2026, 5, 12, 1, 30)  # noqa: DTZ001 - wall time


def test_day_begins_at_the_branchs_midnight_also_when_clocks_change() -> None:
    """The day of a clock change is 25 hours long."""
    assert midnight(date(2026, 10, 25), BERLIN) == datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    assert midnight(date(2026, 10, 26), BERLIN) == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
