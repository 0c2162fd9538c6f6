"""Promises of the daily resyncs' turns."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.resync.daily import DailyOptions, turn
from wire.facts import Span

IST = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
OPTIONS = DailyOptions()
_edges = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
_times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(_edges, _times, st.sampled_from([IST, BERLIN]))
def test_there_is_one_turn_a_day_within_its_hours(edge: str, now: datetime, zone: ZoneInfo) -> None:
    """Whenever one looks, the last turn is past, the next is not, and both are in the night of the branch."""
    found = turn(OPTIONS, edge, zone, now)
    assert found is not None
    assert found.at <= now < found.next_at
    assert timedelta(hours=22) < found.next_at - found.at < timedelta(hours=26)
    assert 1 <= found.at.astimezone(zone).hour <= 6
    again = turn(OPTIONS, edge, zone, found.next_at)
    assert again is not None
    assert (again.at, again.span.last) == (found.next_at, found.span.last + timedelta(days=1))
    assert again.name != found.name


def test_the_branches_are_spread() -> None:
    """A hundred branches do not come at once, and each keeps its place."""
    now = datetime(2026, 5, 11, 12, tzinfo=UTC)
    turns = {edge: turn(OPTIONS, edge, IST, now) for edge in (f"branch-{n}" for n in range(100))}
    minutes = sorted((it.at.hour * 60 + it.at.minute) for it in turns.values() if it is not None)
    assert minutes[-1] - minutes[0] > 150
    assert len(set(minutes)) > 60
    assert turns == {edge: turn(OPTIONS, edge, IST, now) for edge in turns}


def test_a_turn_covers_the_last_days_up_to_its_own() -> None:
    """By the branch's calendar; without a time of day there are none."""
    now = datetime(2026, 5, 10, 20, 45, tzinfo=UTC)
    found = turn(DailyOptions(daily="02:15", spread_minutes=0, days=7), "pune-01", IST, now)
    assert found is not None
    assert (found.name, found.at) == ("daily-pune-01-2026-05-11", now)
    assert found.span == Span(first=date(2026, 5, 5), last=date(2026, 5, 11))
    assert turn(DailyOptions(daily=""), "pune-01", IST, now) is None


@pytest.mark.parametrize("edge", ["a", "z" * 32])
def test_the_name_is_one_that_a_person_can_ask_for(edge: str) -> None:
    """It is a request id like any other."""
    found = turn(OPTIONS, edge, IST, datetime(2026, 5, 11, tzinfo=UTC))
    assert found is not None
    assert len(found.name) <= 64
