"""Promises of the count of a terminal's log: equal to one from scratch, whatever happened between reads."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.readers.identity import terminal_punch_id
from edge.readers.reader import Moment
from edge.readers.rereads import Log
from edge.readers.zkteco.counting import Counting, counted
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted
from edge.readers.zkteco.records import Record
from tests.edge.making import AT
from wire.account import EMPTY, by_day, tally
from wire.facts import Span

START = datetime(2026, 5, 1, 8)  # noqa: DTZ001 - a terminal's wall clock
HOUR = timedelta(hours=1)
Entry = tuple[str, datetime]


def packed(wall: datetime) -> int:
    """The terminal's own 32 bits for a wall clock."""
    days = ((wall.year - 2000) * 12 + wall.month - 1) * 31 + wall.day - 1
    return days * 86_400 + wall.hour * 3600 + wall.minute * 60 + wall.second


def log(entries: list[Entry]) -> Accepted:
    """A log of these users and times, as it is after a whole read."""
    records = [Record(at, user, packed(wall), 1, 0) for at, (user, wall) in enumerate(entries)]
    body = b"".join(f"{user:>8}{packed(wall):>12}".encode() for user, wall in entries)
    return Accepted(body, "40", 20, records, [])


def source(shown: datetime) -> Source:
    """A terminal in UTC that shows a time."""
    at = shown.replace(tzinfo=AT.tzinfo)
    moment = Moment(utc=at, trust="synced", boot_id="b", uptime_s=1.0)
    return Source("gate", "CJ7F1", "40", moment, offset_s=0.0)


def ids(entries: list[Entry]) -> list[bytes]:
    """The ids of these records, ascending; equal ones are numbered."""
    return sorted(
        bytes.fromhex(terminal_punch_id("CJ7F1", user, wall, entries[: at + 1].count((user, wall))))
        for at, (user, wall) in enumerate(entries)
    )


ENTRIES = st.lists(
    st.tuples(st.sampled_from(["1", "2"]), st.integers(0, 9 * 24).map(lambda hours: START + hours * HOUR)),
    max_size=12,
)
READS = st.lists(
    st.tuples(st.sampled_from(["more", "less", "other"]), ENTRIES, st.integers(0, 30)), min_size=1, max_size=8
)


@settings(deadline=None)
@given(READS)
def test_a_count_kept_from_read_to_read_is_as_good_as_a_new_one(
    reads: list[tuple[str, list[Entry], int]],
) -> None:
    """Logs that grow, are cut, are exchanged, over days that pass: each closed day has what the log holds."""
    counting, shown, entries = Counting(), START, list[Entry]()
    for change, some, hours in reads:
        shown += hours * HOUR
        entries = {"more": entries + some, "less": entries[len(some) :], "other": some}[change]
        census = counting.count(log(entries), source(shown), Log("CJ7F1", len(entries)))
        expected = dict(by_day(ids(entries)))
        for day in {wall.date() for _, wall in entries} | {START.date()}:
            known = census.of(day)
            if day < shown.date():
                assert known == expected.get(day, EMPTY)
            else:
                assert known is None
        assert not counting.is_due(shown)
        assert counting.is_due(shown + 24 * HOUR)


def test_a_full_log_is_counted_now_and_then() -> None:
    """It is another log with every punch, and to count it all each time would cost more than to read it."""
    counting, entries, at = Counting(), [("1", START + hour * HOUR) for hour in range(30)], START + 31 * HOUR
    full = Log("CJ7F1", 29, 29)
    first = counting.count(log(entries[:-1]), source(at), full)
    assert counting.count(log(entries[1:]), source(at + HOUR / 2), full) is first
    assert counting.count(log(entries[1:]), source(at + HOUR), full).of(START.date()) != first.of(
        START.date()
    )


def test_a_span_is_counted_as_it_is_at_this_moment() -> None:
    """An order gets the day that runs, too, with the ids themselves."""
    entries = [("1", START), ("1", START), ("2", START + 30 * HOUR)]
    day = Span(first=START.date(), last=START.date())
    census = counted(log(entries), source(START + 31 * HOUR), Log("CJ7F1", 3, 9000, START), day)
    assert tally(census.ids) == tally(ids(entries[:2]))
    assert (census.serial, census.records, census.capacity, census.begins) == ("CJ7F1", 3, 9000, START)
