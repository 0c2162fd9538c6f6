"""Promises of the census of terminals that push: asked for days of their log, what comes is counted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.census import Census
from edge.readers.identity import terminal_punch_id
from edge.readers.reader import Moment
from edge.readers.zkteco_push.counting import Counting
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.protocol import Poll, Upload
from edge.readers.zkteco_push.visit import Visit
from simulators.push_terminal import PushTerminal as Simulated
from simulators.push_terminal.device import Row
from tests.edge.readers.zkteco_push.making import MAY, SERIAL, PushDesk, Site, days, seen
from tests.waiting import until
from wire.account import EMPTY, by_day, tally
from wire.facts import Span
from wire.order import AccountOrder

ZONE = "Asia/Kolkata"
TODAY = datetime(2026, 5, 16, 10)  # noqa: DTZ001 - a Saturday morning by the terminal's clock
COUNTED: dict[str, Any] = {"zone": ZONE, "settle_s": 0.3}


class DatedDesk(PushDesk):
    """A desk at a date of the test's own; a terminal that takes its time from it goes along."""

    def __init__(self, shown: datetime = TODAY) -> None:
        super().__init__()
        self.memo = {"serial": SERIAL}
        self.shows(shown)

    def shows(self, wall: datetime) -> None:
        """Let the Pi's clock stand so that the terminal's zone has this time."""
        self.off = wall.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC) - datetime.now(UTC)

    def moment(self) -> Moment:
        """The time of the test."""
        return replace(super().moment(), trust=self.trust)

    @property
    def ordered(self) -> list[tuple[Census, AccountOrder]]:
        """What orders got."""
        return [(census, order) for census, order in list(self.censuses) if order is not None]

    @property
    def plain(self) -> list[Census]:
        """What was told of the log without an order."""
        return [census for census, order in list(self.censuses) if order is None]


def week() -> list[Row]:
    """Rows of the days before TODAY and of its morning."""
    return days(6, 40)


def ids(rows: Sequence[Row]) -> list[bytes]:
    """The punch ids of rows that are all different, ascending."""
    return sorted(
        bytes.fromhex(terminal_punch_id(SERIAL, row.pin, datetime.fromisoformat(row.wall), 1)) for row in rows
    )


def queries(there: Simulated) -> list[str]:
    """The questions about the log that the terminal was asked."""
    return [command for command, _ in list(there.commands) if "ATTLOG" in command]


def account_order(first: datetime, last: datetime) -> AccountOrder:
    """An order to count a span, for as long as a test lasts."""
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    span = Span(first=first.date(), last=last.date())
    return AccountOrder(order_id="o-1", expires_at=expires, span=span, detail="ids")


def test_a_terminal_is_asked_once_what_it_holds_of_the_days_that_are_over(site: Site) -> None:
    """What it sends is counted day by day, and nothing of it is taken twice."""
    desk = DatedDesk()
    site.session(desk, **COUNTED)
    there = site.terminal(log=week())
    desk.until(lambda _: bool(desk.plain))
    (census,) = desk.plain
    over = {day: one for day, one in by_day(ids(there.log)) if day < TODAY.date()}
    assert census.days == over
    assert len(over) == 5
    assert (census.serial, census.records, census.shown.date()) == (SERIAL, 240, TODAY.date())
    assert (census.of(TODAY.date()), census.of(date(2026, 5, 10))) == (None, EMPTY)
    assert len(desk.punches) == 240
    there.punch()
    until(lambda: there.settled)
    assert len(queries(there)) == 1


def test_each_day_is_counted_once_it_is_over(site: Site) -> None:
    """Behind midnight the terminal is asked again, and what was counted before stays with it."""
    desk = DatedDesk()
    site.session(desk, **COUNTED)
    there = site.terminal(log=week())
    desk.until(lambda _: bool(desk.plain))
    desk.shows(TODAY + timedelta(hours=15))
    desk.until(lambda _: len(desk.plain) == 2)
    census = desk.plain[-1]
    assert census.days == dict(by_day(ids(there.log)))
    assert census.of(TODAY.date()) == dict(by_day(ids(there.log)))[TODAY.date()]
    assert len(queries(there)) == 2


def test_a_day_that_was_counted_is_not_asked_for_again_after_a_restart(site: Site) -> None:
    """It stays closed, though nobody knows any more what the terminal held of it."""
    desk = DatedDesk()
    first = site.session(desk, **COUNTED)
    there = site.terminal(log=week())
    desk.until(lambda _: bool(desk.plain))
    first.stop()
    desk.stopping.clear()
    site.session(desk, **COUNTED)
    desk.until(lambda _: len(desk.plain) == 2)
    before, after = desk.plain
    assert after.shown.date() == before.shown.date() == TODAY.date()
    assert after.of(date(2026, 5, 15)) is None
    desk.shows(TODAY + timedelta(hours=15))
    desk.until(lambda _: len(desk.plain) == 3)
    assert desk.plain[-1].of(date(2026, 5, 15)) == before.of(date(2026, 5, 15))
    assert len(queries(there)) == 2


def test_a_record_that_somebody_takes_out_is_missing_in_the_next_census(site: Site) -> None:
    """A terminal that says it holds fewer records than before is asked for the last days again."""
    desk = DatedDesk()
    site.session(desk, **COUNTED)
    there = site.terminal(log=week())
    desk.until(lambda _: bool(desk.plain))
    there.fault("record-removed")
    desk.until(lambda _: len(desk.plain) == 2)
    before, after = desk.plain
    assert sum(one.count for one in before.days.values()) - 1 == sum(one.count for one in after.days.values())
    there.fault("record-removed")
    until(lambda: {"records": 238} in desk.oks)
    assert len(queries(there)) == 2


def test_a_log_that_was_cleared_counts_as_empty(site: Site) -> None:
    """The terminal says itself that it holds nothing."""
    desk = DatedDesk()
    site.session(desk, **COUNTED)
    there = site.terminal(log=week())
    desk.until(lambda _: bool(desk.plain))
    there.fault("log-cleared")
    desk.until(lambda _: len(desk.plain) == 2)
    assert desk.plain[-1].of(date(2026, 5, 15)) == EMPTY
    assert desk.plain[-1].begins is None


def test_an_order_gets_the_span_as_the_log_has_it_now(site: Site) -> None:
    """Today included; and it is seen that the log reaches back further."""
    desk = DatedDesk()
    desk.memo |= {"rechecked": desk.moment().utc.isoformat()}
    site.session(desk, **COUNTED)
    there = site.terminal(log=week())
    until(lambda: there.settled)
    asked = account_order(TODAY, TODAY)
    desk.waiting_account_orders.append(asked)
    desk.until(lambda _: bool(desk.ordered))
    ((census, order),) = desk.ordered
    assert order is asked
    assert list(census.ids) == [it for it in ids(there.log) if it in set(ids(there.log[-40:]))]
    assert census.begins == MAY + timedelta(seconds=20)
    assert queries(there) == ["DATA QUERY ATTLOG StartTime=2026-05-09 00:00:00\tEndTime=2026-05-16 23:59:59"]


def test_what_people_punch_while_a_day_is_counted_is_not_mixed_into_it(site: Site) -> None:
    """It belongs to its own day; what was unknown of the counted one is taken with the answer."""
    desk = DatedDesk()
    desk.memo |= {"rechecked": desk.moment().utc.isoformat()}
    site.session(desk, **(COUNTED | {"settle_s": 1.5}))
    there = site.terminal(log=week(), batch=15)
    until(lambda: there.settled)
    day = date(2026, 5, 15)
    hidden = Row("4711", "2026-05-15 18:00:00")
    with there._lock:  # noqa: SLF001 - a record that the stamps hide
        there._log.insert(0, hidden)  # noqa: SLF001
        there._sent += 1  # noqa: SLF001
    there.fault("result-first")
    desk.waiting_account_orders.append(account_order(TODAY - timedelta(days=1), TODAY - timedelta(days=1)))
    until(lambda: there.commands)
    pushed = [there.punch(pin=str(900 + n), at=TODAY + timedelta(seconds=n)) for n in range(10)]
    desk.until(lambda _: bool(desk.ordered))
    until(lambda: there.settled)
    ((census, _),) = desk.ordered
    assert tally(census.ids) == dict(by_day(ids(there.log)))[day]
    assert len(census.ids) == 41
    assert {(row.pin, row.wall) for row in [*pushed, hidden]} <= set(seen(desk.punches))
    assert len(desk.punches) == len(there.log)
    assert {punch.how for punch in desk.punches} == {"push"}


@pytest.mark.parametrize(
    ("mishap", "day", "reason"),
    [
        ("no-range", TODAY, "command-refused"),
        ("deaf", TODAY, "no-answer"),
        ("result-first", TODAY - timedelta(days=90), "read-rejected"),
    ],
)
def test_a_terminal_that_does_not_answer_is_no_empty_log(
    site: Site, mishap: str, day: datetime, reason: str
) -> None:
    """The order goes back with the reason in time, nothing is counted, and punches go on meanwhile.

    That a terminal with records has none of some weeks could as well be firmware that cannot look for them.
    """
    desk = DatedDesk()
    desk.memo |= {"rechecked": desk.moment().utc.isoformat()}
    site.session(desk, order_s=2.5, **COUNTED)
    there = site.terminal(log=week())
    until(lambda: there.settled)
    there.fault(mishap)
    desk.waiting_account_orders.append(account_order(day, day))
    until(lambda: there.commands)
    there.punch(at=TODAY)
    desk.until(lambda _: bool(desk.not_counted))
    ((_, told, _),) = desk.not_counted
    assert told == reason
    assert not desk.ordered
    until(lambda: there.settled)
    assert len(desk.punches) == len(there.log)


def test_a_terminal_that_does_not_answer_is_left_alone_for_an_hour(site: Site) -> None:
    """It is asked once, and then again when an hour has passed."""
    desk = DatedDesk()
    site.session(desk, order_s=2.0, **COUNTED)
    there = site.terminal(log=week())
    there.fault("deaf", 1)
    until(lambda: queries(there))
    desk.later_s += 30
    heard = len(desk.oks)
    desk.until(lambda _: len(desk.oks) > heard + 20)
    assert (len(queries(there)), desk.plain) == (1, [])
    desk.later_s += 3600
    desk.until(lambda _: bool(desk.plain))
    assert len(queries(there)) == 2


def test_nothing_is_counted_while_the_terminal_uploads_what_it_has_in_store() -> None:
    """Only when nothing like it came for a while, an order or not; single punches do not put it off."""
    desk = DatedDesk()
    options = PushOptions(serial=SERIAL, zone=ZONE)
    visit = Visit("gate", options, desk, Counting(options))

    def offered(after_s: float, rows: Sequence[Row]) -> str:
        """What the terminal is told to do when it has uploaded rows so much later."""
        desk.later_s += after_s
        visit.answer(Upload(SERIAL, "ATTLOG", None, "".join(f"{row.line}\n" for row in rows).encode()))
        visit.turn(lambda _: [])
        return visit.answer(Poll(SERIAL, len(rows))).text

    desk.waiting_account_orders.append(account_order(MAY, MAY))
    assert [offered(20, week()[at : at + 21]) for at in (0, 21, 42)] == ["OK\n"] * 3
    assert offered(20, week()[:1]) == "OK\n"
    assert "DATA QUERY ATTLOG StartTime=2026-05-04" in offered(20, week()[:1])


def test_orders_that_wait_are_answered_when_the_terminal_is_gone(site: Site) -> None:
    """Silence ends the session, and nobody waits for a count in vain."""
    desk = DatedDesk()
    session = site.session(desk, silent_s=2.0, **COUNTED)
    there = site.terminal(log=week())
    until(lambda: there.settled)
    there.stop()
    desk.waiting_account_orders += [account_order(TODAY, TODAY), account_order(MAY, MAY)]
    assert session.fault().reason == "no-answer"
    assert [(order.span.first, reason) for order, reason, _ in desk.not_counted] == [
        (TODAY.date(), "no-answer"),
        (MAY.date(), "no-answer"),
    ]
