"""Pages of punches: by the branch's wall clock, without a hole or a repeat."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.ledger import landing, queries
from central.ledger.database import Ledger
from central.ledger.queries import Held
from central.streams import Parcel
from central.zones import Zones
from tests.central.conftest import NOW
from tests.central.facts import card_punch, terminal_punch
from wire.facts import Span
from wire.punch import Punch

KOLKATA, BERLIN = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Berlin")
ZONES = Zones(KOLKATA, {"berlin": BERLIN})
MAY = Span(first=date(2026, 5, 11), last=date(2026, 5, 11))


def fill(ledger: Ledger, *arrived: tuple[str, Punch]) -> None:
    """Put punches into the ledger, each with its edge."""
    parcels = [
        Parcel(edge, "outbox-1", seq, seq, 0, [(seq, punch)]) for seq, (edge, punch) in enumerate(arrived, 1)
    ]
    with ledger.write() as connection:
        landing.land(connection, parcels, NOW)


def walls(found: list[Held]) -> list[str]:
    """The wall times of a page, in its order."""
    return [f"{one.wall:%d %H:%M}" for one in found]


def utc(*parts: int) -> datetime:
    """An instant in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_dates_are_those_of_the_branch(ledger: Ledger) -> None:
    """A reader without a clock is dated by its branch's zone, a terminal by what it printed."""
    fill(
        ledger,
        ("pune-01", card_punch(1, "24:ABCDEF", at=utc(2026, 5, 10, 18, 29))),
        ("pune-01", card_punch(2, "24:ABCDEF", at=utc(2026, 5, 10, 18, 30))),
        ("pune-01", card_punch(3, "24:ABCDEF", at=utc(2026, 5, 11, 18, 29))),
        ("pune-01", card_punch(4, "24:ABCDEF", at=utc(2026, 5, 11, 18, 30))),
        ("berlin", card_punch(5, "24:ABCDEF", at=utc(2026, 5, 10, 21, 59))),
        ("berlin", card_punch(6, "24:ABCDEF", at=utc(2026, 5, 10, 22, 0))),
        ("pune-01", terminal_punch(7, wall=datetime(2026, 5, 11))),  # noqa: DTZ001 - wall time
        ("pune-01", terminal_punch(8, wall=datetime(2026, 5, 10, 23, 59, 59))),  # noqa: DTZ001 - wall time
        ("pune-01", terminal_punch(9, wall=datetime(2026, 5, 11, 23, 59, 59))),  # noqa: DTZ001 - wall time
    )
    with ledger.read() as connection:
        found = queries.page(connection, ZONES, MAY)
    assert walls(found) == ["11 00:00", "11 00:00", "11 00:00", "11 23:59", "11 23:59"]


def test_all_kinds_of_reader_stand_in_the_order_of_the_wall_clock(ledger: Ledger) -> None:
    """A person's day reads in order, though terminals print wall time and other readers have only UTC."""
    fill(
        ledger,
        ("pune-01", card_punch(1, "24:ABCDEF", at=utc(2026, 5, 11, 4, 0))),
        ("pune-01", terminal_punch(2, wall=datetime(2026, 5, 11, 9, 0))),  # noqa: DTZ001 - wall time
        ("pune-01", terminal_punch(3, wall=datetime(2026, 5, 11, 18, 0))),  # noqa: DTZ001 - wall time
        ("berlin", card_punch(4, "24:ABCDEF", at=utc(2026, 5, 11, 10, 0))),
    )
    with ledger.read() as connection:
        assert walls(queries.page(connection, ZONES, MAY)) == ["11 09:00", "11 09:30", "11 12:00", "11 18:00"]


def test_page_is_narrowed_by_edge_reader_and_badge(ledger: Ledger) -> None:
    """Filters hold together; a badge also finds the forms in which a card may have been read."""
    fill(
        ledger,
        ("pune-01", terminal_punch(1, user="7")),
        ("pune-01", terminal_punch(2, user="8", reader="back-gate")),
        ("surat-02", terminal_punch(3, user="7", serial="SER2")),
        ("pune-01", card_punch(4, "40:06008E6D5D")),
        ("pune-01", card_punch(5, "24:ABCDEF")),
    )

    def badges(**narrow: set[str]) -> list[str]:
        with ledger.read() as connection:
            return sorted(one.badge_raw for one in queries.page(connection, ZONES, MAY, **narrow))  # type: ignore[arg-type]

    assert badges(edges={"pune-01"}) == ["06008E6D5D", "7", "8", "ABCDEF"]
    assert badges(reader_names={"back-gate"}) == ["8"]
    assert badges(edges={"surat-02"}, reader_names={"back-gate"}) == []
    assert badges(edges=set()) == []
    assert badges(badges={"7"}) == ["7", "7"]
    assert badges(badges={"7"}, edges={"surat-02"}) == ["7"]
    assert badges(badges={"24:8E6D5D"}) == ["06008E6D5D"]
    assert badges(badges={"40:06008E6D5D", "8"}) == ["06008E6D5D", "8"]


def test_page_behind_an_unknown_punch_is_an_error(ledger: Ledger) -> None:
    """A cursor that the ledger does not hold is told, not guessed."""
    with ledger.read() as connection, pytest.raises(KeyError):
        queries.page(connection, ZONES, MAY, after="00" * 16)


def test_dates_beyond_the_calendar_are_an_empty_page(ledger: Ledger) -> None:
    """The widest and the emptiest span that can be written are both answered."""
    fill(ledger, ("pune-01", terminal_punch(1)))
    with ledger.read() as connection:
        assert len(queries.page(connection, ZONES, Span(first=date.min, last=date.max))) == 1
        assert queries.page(connection, ZONES, Span(first=MAY.last + timedelta(1), last=MAY.first)) == []


PLACES = st.sampled_from(["pune-01", "berlin", "elsewhere"])
MINUTES = st.integers(0, 4 * 24 * 60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrived=st.lists(st.tuples(PLACES, st.booleans(), MINUTES), max_size=25, unique=True),
    limit=st.integers(1, 7),
    first=st.integers(23, 28),
    length=st.integers(0, 3),
)
def test_pages_together_are_the_whole_list(
    database: str, arrived: list[tuple[str, bool, int]], limit: int, first: int, length: int
) -> None:
    """Page after page gives every punch of the span once, also where the clocks change (25 October 2026)."""
    ledger = Ledger(database)
    ledger.migrate(NOW)
    began = utc(2026, 10, 23)
    span = Span(first=date(2026, 10, first), last=date(2026, 10, first) + timedelta(days=length))
    punches = []
    for number, (edge, walled, minute) in enumerate(arrived):
        at = began + timedelta(minutes=minute)
        if walled:
            punches.append((edge, terminal_punch(number, wall=at.replace(tzinfo=None), serial=edge)))
        else:
            punches.append((edge, card_punch(number, "24:ABCDEF", at=at)))
    with ledger.write() as connection:
        connection.exec_driver_sql("DELETE FROM punch_rows")
    fill(ledger, *punches)
    with ledger.read() as connection:
        whole = queries.page(connection, ZONES, span)
        paged: list[Held] = []
        while page := queries.page(
            connection, ZONES, span, limit=limit, after=paged[-1].punch_id if paged else None
        ):
            paged += page
    ledger.close()
    expected = {
        punch.punch_id
        for edge, punch in punches
        if span.first <= ZONES.wall(edge, punch.device_wall, punch.read_at).date() <= span.last
    }
    assert paged == whole
    assert {one.punch_id for one in whole} == expected
    assert len(whole) == len(expected)
    if span.last < date(2026, 10, 25) or span.first > date(2026, 10, 25):
        assert [one.wall for one in whole] == sorted(one.wall for one in whole)
