"""Promises of how records and live events become punches: one identity, whichever way they came."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.identity import terminal_punch_id
from edge.readers.reader import Moment
from edge.readers.zkteco.punches import LIVE_WITHIN, Source, measured_offset
from edge.readers.zkteco.records import Layout, Live, Record
from simulators.terminal.records import pack_time

UTC_NOW = datetime(2026, 5, 11, 3, 30, tzinfo=UTC)
SHOWN = datetime(2026, 5, 11, 9, 0)  # noqa: DTZ001 - the terminal's wall clock in Pune
PEOPLE = {1: "1", 2: "12", 3: "007", 4: "A-4", 12: "3"}


def source(layout: Layout) -> Source:
    """What one moment's punches of a terminal in Pune have in common."""
    moment = Moment(utc=UTC_NOW, trust="synced", boot_id="b", uptime_s=5.0)
    return Source("gate", "CJ7F1", layout, moment, 19800.0, PEOPLE)


@pytest.mark.parametrize(
    ("layout", "event", "in_the_log", "badge"),
    [
        ("40", "007", "007", "007"),
        ("40", "new", "new", "new"),
        ("40", 7, "007", "007"),
        ("40", 1, "1", "1"),
        ("40", 99, None, None),
        ("49", "A-4", "A-4", "A-4"),
        ("16", 7, "7", "7"),
        ("16", "007", "7", "7"),
        ("16", "A-4", None, None),
        ("8", 1, "1", "1"),
        ("8", 7, "3", "007"),
        ("8", 2, "2", "12"),
        ("8", 12, None, None),
        ("8", "A-4", "4", "A-4"),
        ("8-ma300", "gone", None, None),
    ],
)
def test_a_live_event_takes_the_form_of_the_log_or_waits_for_it(
    layout: Layout, event: str | int, in_the_log: str | None, badge: str | None
) -> None:
    """A live event has the id that its record will have; where that is not plain, it is no punch yet."""
    punch = source(layout).of_event(Live(event, SHOWN, 1, 0), b"")
    if in_the_log is None:
        assert punch is None
        return
    assert punch is not None
    assert punch.punch_id == terminal_punch_id("CJ7F1", in_the_log, SHOWN)
    assert punch.badge.raw == badge
    record = Record(0, in_the_log, pack_time(SHOWN), 1, 0)
    logged = source(layout).of_record(record, 1, b"", "catch-up")
    assert logged.punch_id == punch.punch_id
    assert logged.badge == punch.badge


@given(st.integers(-86400, 86400))
def test_a_live_event_of_another_time_is_no_punch(seconds: int) -> None:
    """An event must have the time that the terminal shows, about; else only the log is believed."""
    away = timedelta(seconds=seconds)
    punch = source("40").of_event(Live("1", SHOWN + away, 1, 0), b"")
    assert (punch is not None) == (abs(away) <= LIVE_WITHIN)


def test_a_punch_says_what_the_device_said() -> None:
    """Codes, bytes, serial and the terminal's own time travel uninterpreted, with the measured offset."""
    punch = source("40").of_record(Record(5, "007", pack_time(SHOWN), 15, 4), 2, b"\x01\x02", "catch-up")
    assert (punch.verify_code, punch.direction_code) == (15, 4)
    assert (punch.device, punch.device_wall, punch.raw) == ("CJ7F1", SHOWN, "0102")
    assert punch.clock.offset_s == 19800.0
    assert punch.punch_id == terminal_punch_id("CJ7F1", "007", SHOWN, 2)


def test_the_offset_is_measured_between_question_and_answer() -> None:
    """The middle of the question's time counts, and half of the second that the terminal does not show."""
    before, after = UTC_NOW, UTC_NOW + timedelta(seconds=1)
    assert measured_offset(SHOWN, before, after) == 19800.0
