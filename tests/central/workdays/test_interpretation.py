"""How central reads a punch: the instant that its device printed, and its direction."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from central.ledger.times import micros, wall_micros
from central.workdays.interpretation import Raw, Sites, direction, instant
from central.zones import Zones

RECEIVED = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
SITES = Sites(
    Zones(ZoneInfo("Asia/Kolkata"), {"berlin-01": ZoneInfo("Europe/Berlin")}),
    roles={("pune-01", "in-gate"): "in", ("pune-01", "out-gate"): "out", ("pune-01", "liar"): "none"},
)


def raw(
    *,
    wall: datetime | None = None,
    read_at: datetime = RECEIVED,
    edge: str = "pune-01",
    reader: str = "gate",
    code: int | None = None,
    how: str = "catch-up",
    trust: str = "synced",
) -> Raw:
    """A punch as the ledger holds it."""
    return Raw(
        punch_id=bytes(16),
        edge=edge,
        reader=reader,
        badge_form="user-id",
        badge_raw="1",
        badge_canon=None,
        device_wall_us=None if wall is None else wall_micros(wall),
        read_at_us=micros(read_at),
        received_at_us=micros(RECEIVED),
        direction_code=code,
        how=how,
        clock_trust=trust,
    )


def wall(text: str) -> datetime:
    """A time without a zone."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("edge", "shown", "meant"),
    [
        ("pune-01", "2026-05-11 09:00", "2026-05-11T03:30+00:00"),
        ("berlin-01", "2026-05-11 09:00", "2026-05-11T07:00+00:00"),
        ("berlin-01", "2026-10-25 02:30", "2026-10-25T00:30+00:00"),
        ("berlin-01", "2026-03-29 02:30", "2026-03-29T01:30+00:00"),
    ],
)
def test_what_a_device_shows_is_read_in_its_branchs_zone(edge: str, shown: str, meant: str) -> None:
    """A time that comes twice means the first; one that is skipped moves on by the hour."""
    assert instant(raw(wall=wall(shown), edge=edge), SITES) == datetime.fromisoformat(meant).timestamp()


def test_a_reader_without_a_clock_tells_when_it_was_read() -> None:
    """The instant is the Pi's, cut to the second."""
    at = RECEIVED + timedelta(microseconds=900_000)
    assert instant(raw(read_at=at), SITES) == RECEIVED.timestamp()


@pytest.mark.parametrize(("fold", "meant"), [(0, "2026-10-25T00:30"), (1, "2026-10-25T01:30")])
def test_a_time_that_comes_twice_has_a_second_reading(fold: int, meant: str) -> None:
    """Whoever knows better can ask for the later one."""
    punch = raw(wall=wall("2026-10-25 02:30"), edge="berlin-01")
    assert instant(punch, SITES, fold=fold) == datetime.fromisoformat(meant + "+00:00").timestamp()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (0, "IN"),
        (1, "OUT"),
        (2, "OUT"),
        (3, "IN"),
        (4, "IN"),
        (5, "OUT"),
        (6, None),
        (255, None),
        (None, None),
    ],
)
def test_a_devices_codes_tell_the_direction(code: int | None, told: str | None) -> None:
    """Check, break and overtime codes have a direction; all others have none."""
    assert direction(raw(code=code), SITES) == told


@pytest.mark.parametrize(("reader", "told"), [("in-gate", "IN"), ("out-gate", "OUT"), ("liar", None)])
def test_the_role_of_a_reader_comes_before_its_codes(reader: str, told: str | None) -> None:
    """What the configuration says of a reader wins over what it says itself."""
    assert {direction(raw(reader=reader, code=code), SITES) for code in (0, 1, 255)} == {told}
