"""Promises of the reader for pulled terminals when central asks for a span of dates again."""

from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from simulators.terminal import Terminal as Simulated
from simulators.terminal.history import invent_log, invent_users
from tests.edge.readers.desk import MemoryDesk, Session
from tests.edge.readers.zkteco.making import reader
from tests.edge.readers.zkteco.test_pull import whole
from wire.facts import FoundPunch, RereadReport, Span
from wire.order import RereadOrder
from wire.punch import Punch
from wire.stretches import line_of, stretches

UNTIL = datetime(2026, 5, 16, 19)  # noqa: DTZ001 - a terminal's wall clock
PEOPLE = invent_users(40)


def order(first: date, last: date, badges: tuple[str, ...] | None = None) -> RereadOrder:
    """An order for a span of dates."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    return RereadOrder(order_id="o1", expires_at=expires, span=Span(first=first, last=last), badges=badges)


def terminal() -> Simulated:
    """A terminal whose 1,500 punches end on Saturday, 16 May 2026."""
    return Simulated(users=PEOPLE, log=invent_log(PEOPLE, 1500, UNTIL, 3))


def reports(desk: MemoryDesk) -> list[RereadReport]:
    """The reports among the facts."""
    return [fact for fact in list(desk.facts) if isinstance(fact, RereadReport)]


def answered(desk: MemoryDesk) -> list[RereadReport]:
    """The reports once the last part is there."""
    desk.until(lambda d: any(report.part == report.parts for report in reports(d)))
    return reports(desk)


def test_a_span_of_some_people_is_read_again() -> None:
    """An order brings exactly the punches of its dates and badges, and a report behind them names them."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        whole(desk, device)
        known = len(desk.facts)
        desk.waiting_orders.append(order(date(2026, 5, 12), date(2026, 5, 13), ("7", "12")))
        (report,) = answered(desk)
    again = [fact for fact in desk.facts[known:] if isinstance(fact, Punch)]
    expected = [
        record
        for record in device.log
        if record.user_id in ("7", "12") and record.wall[:10] in ("2026-05-12", "2026-05-13")
    ]
    assert len(expected) == 16
    assert {punch.how for punch in again} == {"reread"}
    assert [(punch.badge.raw, str(punch.device_wall).replace(" ", "T")) for punch in again] == [
        (record.user_id, record.wall) for record in expected
    ]
    assert report.outcome == "read"
    assert report.total == 16
    assert report.punch_ids == tuple(punch.punch_id for punch in again)
    assert desk.facts.index(report) > max(desk.facts.index(punch) for punch in again)
    original = {punch.punch_id for punch in desk.facts[:known] if isinstance(punch, Punch)}
    assert set(report.punch_ids) <= original, "the same punches have the same ids"


def test_a_long_report_comes_in_parts() -> None:
    """More ids than one report may hold come in several parts that count themselves."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        whole(desk, device)
        desk.waiting_orders.append(order(date(2000, 1, 1), date(2030, 1, 1)))
        parts = answered(desk)
    assert [(report.part, report.parts, report.total) for report in parts] == [
        (1, 3, 1500),
        (2, 3, 1500),
        (3, 3, 1500),
    ]
    assert len({punch_id for report in parts for punch_id in report.punch_ids}) == 1500


def test_an_order_that_says_what_central_holds_is_told_the_rest() -> None:
    """Two orders at once: the log is read for both, no punch is sent, and only what differs is told."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        whole(desk, device)
        punches = desk.punches
        asked = order(date(2000, 1, 1), date(2030, 1, 1))
        missing = {punches[3].punch_id, punches[700].punch_id}
        held = sorted(line_of(one) for one in punches if one.punch_id not in missing)
        knowing = replace(asked, order_id="o2", known=tuple(stretches(held, asked.span.last)))
        every = replace(
            asked, order_id="o3", known=tuple(stretches(sorted(map(line_of, punches)), asked.span.last))
        )
        desk.waiting_orders += [knowing, every]
        desk.until(lambda desk: len(reports(desk)) == 2)
        some, none = reports(desk)
    found = [fact.punch for fact in desk.facts if isinstance(fact, FoundPunch)]
    assert missing <= {one.punch_id for one in found}
    assert len(found) == some.found < 1500 == some.total
    assert {one.how for one in found} == {"reread"}
    assert len(desk.punches) == len(punches)
    assert (none.order_id, none.differ, none.found, none.total) == ("o3", (), 0, 1500)
    assert (none.serial, none.records) == (punches[0].device, 1500)
    assert (none.begins, none.ends) == (punches[0].device_wall, punches[-1].device_wall)


def test_nothing_found_is_an_answer() -> None:
    """A span without a punch is reported as read, with none."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        whole(desk, device)
        desk.waiting_orders.append(order(date(2020, 1, 1), date(2020, 1, 2)))
        (report,) = answered(desk)
    assert (report.outcome, report.total, report.punch_ids) == ("read", 0, ())


def test_a_read_that_is_not_believed_is_a_failed_order() -> None:
    """Where the log cannot be read whole, the order fails with the evidence; nothing is made up."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        whole(desk, device)
        device.fault("empty-log")
        desk.waiting_orders.append(order(date(2026, 5, 12), date(2026, 5, 13)))
        (report,) = answered(desk)
    assert report.outcome == "failed"
    assert report.reason == "read-rejected"
    assert "empty" in report.evidence


def test_an_order_whose_session_breaks_is_answered() -> None:
    """A connection lost in the middle of an order fails the order, and then the session."""
    desk = MemoryDesk()
    with terminal() as device:
        session = Session(reader(device), desk)
        with session:
            whole(desk, device)
            device.fault("close-in-bulk", times=1)
            desk.waiting_orders.append(order(date(2026, 5, 12), date(2026, 5, 13)))
            (report,) = answered(desk)
            assert session.fault().reason == "connection-lost"
    assert (report.outcome, report.reason) == ("failed", "connection-lost")
