"""Promises of the census: what a terminal's log holds is told day by day, and who took from it is seen."""

from datetime import UTC, date, datetime, timedelta

from edge.census import Census
from edge.readers.identity import terminal_punch_id
from simulators.terminal import Terminal as Simulated
from simulators.terminal.history import invent_log, invent_users
from tests.edge.readers.desk import MemoryDesk, Session
from tests.edge.readers.zkteco.making import held, reader
from tests.edge.readers.zkteco.test_pull import whole
from wire.account import EMPTY, Tally, by_day, tally
from wire.facts import Span
from wire.order import AccountOrder

UNTIL = datetime(2026, 5, 16, 19)  # noqa: DTZ001 - a terminal's wall clock
PEOPLE = invent_users(40)


def terminal() -> Simulated:
    """A terminal whose 1,500 punches end today, in the evening of Saturday, 16 May 2026, by its clock."""
    return Simulated(users=PEOPLE, log=invent_log(PEOPLE, 1500, UNTIL, 3), now=lambda: UNTIL)


def ids(device: Simulated) -> list[bytes]:
    """The ids of what the log holds, ascending."""
    records = [(line[0], datetime.fromisoformat(line[1])) for line in held(device).elements()]
    numbered = [
        (user, wall, records[: at + 1].count((user, wall))) for at, (user, wall) in enumerate(records)
    ]
    return sorted(bytes.fromhex(terminal_punch_id(device.serial, *it)) for it in numbered)


def closed(device: Simulated) -> dict[date, Tally]:
    """The tallies of the days before the one that the terminal shows."""
    return {day: one for day, one in by_day(ids(device)) if day < UNTIL.date()}


def plain(desk: MemoryDesk) -> list[Census]:
    """What was told of the log without an order."""
    return [census for census, order in list(desk.censuses) if order is None]


def tells(desk: MemoryDesk, days: dict[date, Tally]) -> None:
    """Wait until this is what was told last."""
    desk.until(lambda d: bool(plain(d)) and plain(d)[-1].days == days)


def test_the_days_that_are_over_are_told_as_the_log_has_them() -> None:
    """Also of a log that was known from before: a new session counts it anew."""
    desk = MemoryDesk()
    with terminal() as device:
        for _ in range(2):
            with Session(reader(device), desk):
                whole(desk, device)
                tells(desk, closed(device))
            desk.stopping.clear()
        census = plain(desk)[-1]
    assert (census.serial, census.records, census.shown.date()) == (device.serial, 1500, UNTIL.date())
    assert census.of(UNTIL.date()) is None
    assert census.of(UNTIL.date() - timedelta(days=30)) == EMPTY


def test_a_record_that_somebody_takes_out_is_missing_in_the_next_census() -> None:
    """The log is counted again as soon as it is another, not only what is new in it."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        tells(desk, closed(device))
        whole_days = closed(device)
        device.fault("record-removed")
        tells(desk, closed(device))
        assert sum(one.count for one in whole_days.values()) - 1 == sum(
            one.count for one in plain(desk)[-1].days.values()
        )


def test_a_day_closes_by_itself_though_nobody_punches_behind_it() -> None:
    """Behind midnight the log is read once more."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        tells(desk, closed(device))
        device.state.set_clock(UNTIL + timedelta(hours=6))
        desk.until(lambda d: plain(d)[-1].shown.date() > UNTIL.date())
        assert plain(desk)[-1].of(UNTIL.date()) == dict(by_day(ids(device)))[UNTIL.date()]


def order(first: date, last: date) -> AccountOrder:
    """An order to count a span."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    return AccountOrder(order_id="o1", expires_at=expires, span=Span(first=first, last=last), detail="ids")


def test_an_order_gets_the_span_as_the_log_has_it_now() -> None:
    """Today included."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        whole(desk, device)
        device.fault("deaf-events")
        device.punch("7")
        asked = order(UNTIL.date(), UNTIL.date())
        desk.waiting_account_orders.append(asked)
        desk.until(lambda d: any(order is asked for _, order in list(d.censuses)))
        (found,) = [census for census, order in desk.censuses if order is asked]
        today = dict(by_day(ids(device)))[UNTIL.date()]
    assert tally(found.ids) == today
    assert found.records == 1501


def test_a_log_that_cannot_be_read_is_no_empty_log() -> None:
    """The order goes back with the reason, and nothing is counted."""
    desk = MemoryDesk()
    with terminal() as device, Session(reader(device), desk):
        whole(desk, device)
        device.fault("empty-log")
        desk.waiting_account_orders.append(order(UNTIL.date(), UNTIL.date()))
        desk.until(lambda d: bool(d.not_counted))
    ((_, reason, evidence),) = desk.not_counted
    assert reason == "read-rejected"
    assert "reads as empty" in evidence
