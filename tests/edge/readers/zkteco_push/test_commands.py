"""Promises of what a terminal may be told: it reads, it changes single users, and each command ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.zkteco_push.commands import (
    CHECK,
    INFO,
    LOG,
    MOST_WAITING,
    REPEAT_S,
    Commands,
    NotAllowed,
    query_attlog,
)
from edge.readers.zkteco_push.resending import Resending
from tests.edge.making import punch
from tests.edge.readers.zkteco_push.making import order

MAY = datetime(2026, 5, 11)  # noqa: DTZ001
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "command",
    [
        "CLEAR LOG",
        "CLEAR DATA",
        "Shell reboot",
        "REBOOT",
        "DATA DELETE ATTLOG",
        "DATA UPDATE USERINFO PIN=1",
        "DATA UPDATE USERINFO Name=Asha",
        "DATA UPDATE USERINFO PIN=1\tName=Asha\nCLEAR DATA",
        "DATA UPDATE USERINFO PIN=1\tName=Asha\rC:2:CLEAR DATA",
        "DATA DELETE USERINFO",
        "DATA DELETE USERINFO PIN=*",
        "DATA DELETE USERINFO PIN=1\tPIN=2",
        "DATA DELETE USERINFO PIN=1\nCLEAR DATA",
        "DATA DELETE FINGERTMP PIN=1",
        "SET OPTION IPAddress=10.0.0.1",
        "CHECK\nC:2:CLEAR LOG",
        "INFO ",
        "DATA QUERY ATTLOG StartTime=2026-05-11 00:00:00\tEndTime=2026-05-11 23:59:59\nCLEAR LOG",
        "DATA QUERY USERINFO ",
        "",
    ],
)
def test_a_terminal_is_told_nothing_that_is_not_on_the_list(command: str) -> None:
    """Only commands that read, and those that write or delete one user, are on the list, to the letter."""
    with pytest.raises(NotAllowed):
        Commands(1).ask(command)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)), st.datetimes())  # noqa: DTZ001
def test_any_span_can_be_asked_for(first: datetime, last: datetime) -> None:
    """Fractions of a second and zones do not get into a command."""
    commands = Commands(1)
    commands.ask(query_attlog(first, last.replace(year=2026, day=1)))
    assert "." not in str(commands.offer(0.0))


def test_a_command_is_offered_until_it_is_answered() -> None:
    """An answer that got lost on the way costs a minute, not the order; new commands go first."""
    commands = Commands(41)
    first = commands.ask(CHECK)
    assert commands.offer(0.0) == "C:41:CHECK"
    assert commands.offer(1.0) is None
    commands.ask(INFO)
    assert commands.offer(REPEAT_S) == "C:42:INFO"
    assert commands.offer(REPEAT_S) == "C:41:CHECK"
    assert commands.answered(first)
    assert not commands.answered(first)
    assert commands.offer(3 * REPEAT_S) == "C:42:INFO"


def test_waiting_commands_are_bounded() -> None:
    """A terminal that never asks fills no memory."""
    commands = Commands(1)
    for _ in range(MOST_WAITING):
        commands.ask(LOG)
    with pytest.raises(NotAllowed):
        commands.ask(LOG)


def resending() -> Resending:
    asked = order(MAY, MAY)
    return Resending(asked, asked.span, NOW, 7, progress_s=100.0, within_s=60.0, settle_s=5.0)


def test_an_order_asks_for_whole_days_of_the_wall_clock() -> None:
    """The span's dates, from their first to their last second."""
    asked = Resending.command_for(order(MAY, MAY + timedelta(days=1)).span)
    assert asked == "DATA QUERY ATTLOG StartTime=2026-05-11 00:00:00\tEndTime=2026-05-12 23:59:59"


def test_an_order_is_done_when_nothing_more_comes_behind_its_result() -> None:
    """Firmware that tells the result first loses none of the records that follow."""
    under_way = resending()
    assert under_way.outcome(150.0, NOW) is None
    under_way.answered(0, 150.0)
    under_way.stored([punch(1)], 154.0)
    assert under_way.outcome(158.0, NOW) is None
    done = under_way.outcome(159.0, NOW)
    assert done is not None
    assert done.reason == ""
    assert list(under_way.punches) == [punch(1).punch_id]


def test_an_order_does_not_wait_for_ever_behind_a_busy_door() -> None:
    """Punches of today go on coming into a span with today; the order ends all the same."""
    under_way = resending()
    under_way.answered(0, 100.0)
    for second in range(100, 160):
        under_way.stored([punch(second)], float(second))
        assert under_way.outcome(float(second), NOW) is None
    assert under_way.outcome(160.0, NOW) is not None


@pytest.mark.parametrize(
    ("code", "reason"), [(0, ""), (-1, ""), (-1002, "command-refused"), (-1004, "command-refused")]
)
def test_a_terminal_says_that_there_is_nothing_or_that_it_cannot(code: int, reason: str) -> None:
    """An empty span is an answer, a refused command is a failure, and neither is taken for the other."""
    under_way = resending()
    under_way.answered(code, 101.0)
    done = under_way.outcome(106.0, NOW)
    assert done is not None
    assert done.reason == reason


def test_records_count_even_where_the_code_says_no() -> None:
    """What came is reported; a doubtful code goes into the evidence."""
    under_way = resending()
    under_way.stored([punch(1)], 101.0)
    under_way.answered(-1, 101.0)
    done = under_way.outcome(106.0, NOW)
    assert done is not None
    assert (done.reason, done.evidence) == ("", "the terminal returned -1")


def test_an_order_without_an_answer_fails_in_time() -> None:
    """Progress gives patience anew; without any, the order fails, at the latest when it expires."""
    under_way = resending()
    under_way.stored([punch(1)], 150.0)
    assert under_way.outcome(200.0, NOW) is None
    failed = under_way.outcome(210.0, NOW)
    assert failed is not None
    assert failed.reason == "no-answer"
    expired = resending().outcome(101.0, NOW + timedelta(hours=2))
    assert expired is not None
    assert expired.reason == "expired"
