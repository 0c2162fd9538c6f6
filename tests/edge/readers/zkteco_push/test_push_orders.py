"""Promises of orders to terminals that push: a span comes again, or a person hears why not."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.edge.readers.zkteco_push.making import MAY, SERIAL, PushDesk, Site, days, order, seen
from tests.waiting import until
from wire.facts import FoundPunch
from wire.stretches import line_of, stretches


def test_an_order_brings_a_span_again_and_reports_it(site: Site) -> None:
    """The terminal sends the span, its punches go out as re-read, and the report names each of them."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=days(5, 120), batch=50)
    until(lambda: there.settled)
    desk.facts.clear()
    desk.waiting_orders.append(order(MAY + timedelta(days=1), MAY + timedelta(days=3)))
    until(lambda: desk.reports)
    again = [punch for punch in desk.punches if punch.how == "reread"]
    assert seen(again) == Counter((row.pin, row.wall) for row in there.log[120:480])
    assert there.commands == [
        ("DATA QUERY ATTLOG StartTime=2026-05-12 00:00:00\tEndTime=2026-05-14 23:59:59", 0)
    ]
    (report,) = desk.reports
    assert (report.outcome, report.total, report.parts) == ("read", 360, 1)
    assert set(report.punch_ids) == {punch.punch_id for punch in again}
    assert desk.facts[-1] is report


def test_an_order_that_says_what_central_holds_is_told_the_rest(site: Site) -> None:
    """What comes for it is no re-read: the punches that differ are told beside it, and nothing is sent."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=days(1, 30), batch=10)
    until(lambda: there.settled)
    punches = desk.punches
    held = sorted(line_of(one) for one in punches[1:])
    desk.waiting_orders.append(replace(order(MAY, MAY), known=tuple(stretches(held, MAY.date()))))
    until(lambda: desk.reports)
    found = [fact.punch for fact in desk.facts if isinstance(fact, FoundPunch)]
    assert {one.punch_id for one in found} == {one.punch_id for one in punches}
    assert {one.how for one in found} == {"reread"}
    assert {one.how for one in desk.punches} == {"push"}
    (report,) = desk.reports
    assert (report.total, report.differ, report.found, report.serial) == (30, (0,), 30, SERIAL)


def test_a_long_report_comes_in_parts_and_badges_narrow_it(site: Site) -> None:
    """No part is longer than the wire takes; people who were not asked for are not in it."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=days(1, 1100), batch=300)
    until(lambda: there.settled)
    desk.waiting_orders += [order(MAY, MAY), order(MAY, MAY, ("7", "1042"))]
    until(lambda: len(desk.reports) == 4)
    assert [len(report.punch_ids) for report in desk.reports] == [500, 500, 100, 2]
    assert [report.part for report in desk.reports] == [1, 2, 3, 1]
    assert {report.total for report in desk.reports[:3]} == {1100}


def test_a_result_before_its_records_loses_none(site: Site) -> None:
    """Firmware that answers first and sends later is waited for."""
    desk = PushDesk()
    site.session(desk, settle_s=1.0)
    there = site.terminal(log=days(1, 200), batch=20)
    until(lambda: there.settled)
    there.fault("result-first")
    desk.waiting_orders.append(order(MAY, MAY))
    until(lambda: desk.reports)
    assert desk.reports[0].total == 200


def test_an_empty_span_is_a_report_of_nothing(site: Site) -> None:
    """Nothing there is an answer, with what the terminal said."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=days(1))
    until(lambda: there.settled)
    desk.waiting_orders.append(order(MAY - timedelta(days=9), MAY - timedelta(days=8)))
    until(lambda: desk.reports)
    (report,) = desk.reports
    assert (report.outcome, report.total, report.evidence) == ("read", 0, "the terminal returned -1")


@pytest.mark.parametrize(("mishap", "reason"), [("no-range", "command-refused"), ("deaf", "no-answer")])
def test_an_order_that_a_terminal_does_not_carry_out_is_answered(
    site: Site, mishap: str, reason: str
) -> None:
    """A person hears why, in time, and punches go on meanwhile."""
    desk = PushDesk()
    site.session(desk, order_s=2.0)
    there = site.terminal(log=days(1))
    until(lambda: there.settled)
    there.fault(mishap)
    desk.waiting_orders.append(order(MAY, MAY))
    until(lambda: there.commands)
    there.punch()
    until(lambda: there.settled and desk.reports)
    (report,) = desk.reports
    assert (report.outcome, report.reason) == ("failed", reason)
    assert len(desk.punches) == 4


def test_the_days_since_the_last_time_are_asked_for_again_by_themselves(site: Site) -> None:
    """What a wrong stamp hid comes to light without anybody asking, and only once a day."""
    desk = PushDesk()
    yesterday = datetime.now(UTC) - timedelta(hours=30)
    desk.memo = {"serial": SERIAL, "stamp:ATTLOG": "9999", "rechecked": yesterday.isoformat()}
    site.session(desk)
    there = site.terminal(users=2)
    there.punch(at=there.clock() - timedelta(hours=20))
    there.fault("restart")
    until(lambda: desk.punches)
    until(lambda: datetime.fromisoformat(desk.memo["rechecked"]) > yesterday + timedelta(hours=29))
    assert [code for _, code in there.commands] == [0]
    assert desk.punches[0].how == "push"
