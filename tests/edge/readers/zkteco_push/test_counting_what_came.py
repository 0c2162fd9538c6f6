"""Promises of the count of a pushing terminal: when it is asked, what is believed, what it comes to."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.identity import terminal_punch_id
from edge.readers.reader import Moment
from edge.readers.zkteco_push.counting import Counting, reaching_back
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.resending import Resending
from tests.edge.readers.zkteco_push.making import SERIAL
from wire.account import by_day
from wire.facts import Span
from wire.punch import Trust

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FULL = Span(first=date(2026, 5, 1), last=date(2026, 5, 13))


def counting(zone: str | None = "Asia/Kolkata", recheck_h: float = 24.0) -> Counting:
    """The count of a terminal in India, unless told otherwise."""
    return Counting(PushOptions(serial=SERIAL, zone=zone, recheck_h=recheck_h))


def at(utc: datetime, uptime_s: float = 1e6, trust: Trust = "synced") -> Moment:
    """An instant."""
    return Moment(utc=utc, trust=trust, boot_id="boot", uptime_s=uptime_s)


def answer(walls: list[datetime], asked_at: datetime = NOON, span: Span = FULL, code: int = 0) -> Resending:
    """What came for a span, one punch each time."""
    done = Resending(None, span, asked_at, 1, 0.0, 60.0, 5.0, code=code)
    done.ids = {bytes.fromhex(terminal_punch_id(SERIAL, "7", wall, 1)) for wall in walls}
    done.begins = min(walls, default=None)
    return done


def days_asked(counts: Counting, hours: int) -> list[datetime]:
    """When a terminal is asked in so many hours, one look each minute."""
    last, asked = NOON, []
    for minute in range(hours * 60):
        now = NOON + timedelta(minutes=minute)
        if counts.due(at(now), last) is not None:
            counts.asked(1e6)
            last = now
            asked.append(now)
    return asked


def test_a_terminal_is_asked_once_a_day_behind_its_midnight() -> None:
    """India's day ends at 18:30 UTC; within a good half hour of that each terminal has its turn."""
    asked = days_asked(counting(), 24 * 5)
    assert len(asked) == 5
    assert {one.date() for one in asked} == {(NOON + n * DAY).date() for n in range(5)}
    assert all(timedelta(hours=18.5) < one - one.replace(hour=0, minute=0) < 19.2 * HOUR for one in asked)


def test_terminals_of_one_zone_are_not_asked_at_one_time() -> None:
    """Their turns are spread, by their serials."""
    turns = {
        days_asked(Counting(PushOptions(serial=f"CJ7F{n}", zone="Asia/Kolkata")), 24)[0] for n in range(20)
    }
    assert len(turns) > 8


def test_without_its_zone_a_day_is_over_when_it_is_over_everywhere() -> None:
    """The last place on earth is twelve hours behind UTC."""
    assert counting(zone=None).shown(NOON).date() == date(2026, 5, 11)
    assert counting(zone=None).shown(NOON + HOUR).date() == date(2026, 5, 12)
    assert counting().shown(NOON) == datetime(2026, 5, 12, 17, 25)  # noqa: DTZ001


def test_a_terminal_is_not_asked_by_itself_where_that_is_switched_off_or_the_time_is_unknown() -> None:
    """Nor while it has to rest."""
    assert counting(recheck_h=0).due(at(NOON), None) is None
    assert counting().due(at(NOON, trust="unset"), None) is None
    rests = counting()
    rests.failed(1e6)
    assert rests.due(at(NOON), None) is None
    assert rests.due(at(NOON, uptime_s=1e6 + 3600), None) is not None


def test_fewer_records_than_before_are_asked_about_once_an_hour_at_the_most() -> None:
    """A full log that loses records in blocks is not asked for each of them."""
    counts = counting()
    for records in (100, 101, 100):
        counts.told(records)
    span = counts.due(at(NOON), NOON - HOUR)
    assert span is not None
    assert span.first == date(2026, 5, 5)
    counts.asked(1e6)
    counts.told(99)
    assert counts.due(at(NOON), NOON - HOUR) is None
    assert counts.due(at(NOON, uptime_s=1e6 + 3601), NOON - HOUR) is not None


YESTERDAY, MORNING = datetime(2026, 5, 11, 9), datetime(2026, 5, 12, 9)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("walls", "code", "records", "reason"),
    [
        ([YESTERDAY], 0, 40, None),
        ([YESTERDAY], 12, None, None),
        ([], -1, 0, None),
        ([], 0, 0, None),
        ([], -1, 40, "read-rejected"),
        ([], 0, None, "read-rejected"),
        ([MORNING], 0, 40, "read-rejected"),
        ([MORNING], -1, 0, "read-rejected"),
        ([YESTERDAY], -1, 40, "read-rejected"),
        ([YESTERDAY], -1002, 40, "command-refused"),
    ],
)
def test_an_answer_proves_itself_by_a_record_of_a_day_that_is_over(
    walls: list[datetime], code: int, records: int | None, reason: str | None
) -> None:
    """What somebody pushes meanwhile proves nothing, and a terminal that holds nothing says so."""
    counts = counting()
    if records is not None:
        counts.told(records)
    doubt = counts.doubt(answer(walls, code=code))
    assert (None if doubt is None else doubt.reason) == reason


WALLS = st.lists(
    st.datetimes(min_value=datetime(2026, 5, 1), max_value=datetime(2026, 5, 15)),  # noqa: DTZ001
    unique_by=lambda wall: wall.replace(microsecond=0),
)


@given(WALLS)
def test_what_came_is_counted_by_days_that_are_over(walls: list[datetime]) -> None:
    """Each of those asked for, empty ones too; none that may still get punches."""
    done = answer([wall.replace(microsecond=0) for wall in walls])
    census = counting().count(done, NOON)
    tallies = dict(by_day(sorted(done.ids)))
    for number in range(1, 16):
        day = date(2026, 5, number)
        told = census.of(day)
        if day >= date(2026, 5, 12):
            assert told is None
        else:
            assert (told.count if told else 0) == (tallies[day].count if day in tallies else 0)
            assert told is not None


@given(WALLS, st.integers(2, 11))
def test_a_later_answer_replaces_the_days_that_it_tells_of(walls: list[datetime], first: int) -> None:
    """The days before it stay as they were counted."""
    counts = counting()
    counts.count(answer([wall.replace(microsecond=0) for wall in walls]), NOON)
    before = counting().count(answer([wall.replace(microsecond=0) for wall in walls]), NOON)
    span = Span(first=date(2026, 5, first), last=date(2026, 5, 14))
    after = counts.count(answer([], NOON + DAY, span), NOON + DAY)
    for number in range(1, 13):
        day = date(2026, 5, number)
        told = after.of(day)
        assert told is not None
        assert told == before.of(day) if number < first else told.count == 0


def test_an_answer_that_leaves_a_gap_behind_it_begins_anew() -> None:
    """Days that nobody counted are not told as empty."""
    counts = counting()
    counts.count(answer([YESTERDAY]), NOON)
    later = NOON + 9 * DAY
    census = counts.count(answer([], later, Span(first=date(2026, 5, 19), last=date(2026, 5, 22))), later)
    assert census.of(date(2026, 5, 18)) is None
    assert census.of(date(2026, 5, 11)) is None
    assert census.of(date(2026, 5, 19)) is not None


def test_a_span_is_asked_for_with_the_week_before_it() -> None:
    """As far as there are dates with ids."""
    assert reaching_back(Span(first=date(2026, 5, 11), last=date(2026, 5, 12))) == Span(
        first=date(2026, 5, 4), last=date(2026, 5, 12)
    )
    assert reaching_back(Span(first=date(1970, 1, 3), last=date(1970, 1, 3))).first == date(1970, 1, 1)
    assert reaching_back(Span(first=date(1950, 1, 3), last=date(1970, 1, 3))).first == date(1950, 1, 3)
