"""The clock of a pulled terminal: measured, told once for each change, and set only as it should be."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from edge.readers.zkteco.options import TerminalOptions
from simulators.terminal import Terminal as Simulated
from simulators.terminal.frames import Command
from tests.edge.readers.desk import MemoryDesk, Session
from tests.edge.readers.zkteco.making import doubts, emitted, events, held, reader
from wire.facts import OrderOutcome
from wire.order import ClockOrder
from wire.punch import Trust

ZONE = ZoneInfo("Asia/Kolkata")
ZONE_S = 19_800.0
_numbers = itertools.count(1)


def in_pune() -> datetime:
    """The true wall clock of the place."""
    return datetime.now(ZONE).replace(tzinfo=None)


def terminal_in_pune(log: int = 20) -> Simulated:
    """A terminal whose clock is right."""
    return Simulated(users=20, log=log, now=in_pune)


def order(zone: str = "Asia/Kolkata") -> ClockOrder:
    """Central's order to set it."""
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    return ClockOrder(order_id=f"clock-{next(_numbers)}", expires_at=expires_at, reader="gate", zone=zone)


def outcomes(desk: MemoryDesk) -> list[OrderOutcome]:
    """What became of the orders."""
    return [fact for fact in list(desk.facts) if isinstance(fact, OrderOutcome)]


def whole(desk: MemoryDesk, terminal: Simulated) -> None:
    """Wait until the desk has exactly what the terminal has."""
    desk.until(lambda d: emitted(d) == held(terminal))


def test_the_offset_of_now_and_of_the_reading_before_travel_with_a_batch() -> None:
    """The first reading knows one measurement, later ones two, over a restart, too."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal:
        with Session(reader(terminal), desk):
            whole(desk, terminal)
        assert {punch.clock.offset_before_s for punch in desk.punches} == {None}
        for punch in desk.punches:
            assert punch.clock.offset_s == pytest.approx(ZONE_S, abs=2)
        terminal.state.drift += timedelta(minutes=40)
        terminal.punch("3")
        later = MemoryDesk()
        later.memo = desk.memo
        with Session(reader(terminal), later):
            later.until(lambda d: len(d.punches) == 1)
    clock = later.punches[0].clock
    assert clock.offset_s == pytest.approx(ZONE_S + 2400, abs=2)
    assert clock.offset_before_s == pytest.approx(ZONE_S, abs=2)


def test_a_dead_battery_is_told_once_and_not_for_each_punch() -> None:
    """That the clock jumped is one event, that it is wrong another; punches carry both offsets."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        terminal.fault("clock-reset")
        for _ in range(5):
            terminal.punch("3")
            whole(desk, terminal)
        desk.until(lambda d: "clock-off" in doubts(d))
        desk.until(lambda _: terminal.state.heard[Command.GET_TIME] > 8)
    (jump,) = events(desk, "clock_reset")
    moved_s = jump.fields["moved_s"]
    assert isinstance(moved_s, float)
    assert moved_s < -20 * 365 * 86_400
    assert len(events(desk, "clock_off")) == 1
    assert desk.punches[20].clock.offset_before_s == pytest.approx(ZONE_S, abs=2)


def test_a_change_of_the_zone_is_no_reset() -> None:
    """A terminal that follows its zone by an hour was not moved by anybody."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        terminal.state.drift += timedelta(hours=1)
        terminal.punch("3")
        whole(desk, terminal)
        desk.until(lambda d: d.punches[-1].clock.offset_s is not None)
    assert events(desk, "clock_reset") == []


def test_an_order_sets_the_clock_and_reads_it_back() -> None:
    """What was logged under the old time is read first; old and new go out with the outcome."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal, Session(reader(terminal, live=False, poll_s=60.0), desk):
        whole(desk, terminal)
        terminal.state.drift -= timedelta(hours=3)
        terminal.punch("3")
        desk.waiting_clock_orders.append(order())
        desk.until(lambda d: bool(outcomes(d)))
        assert abs(terminal.state.clock() - in_pune()) < timedelta(seconds=3)
    (outcome,) = outcomes(desk)
    assert (outcome.outcome, outcome.reason) == ("done", "")
    (told,) = events(desk, "clock_set")
    assert told.fields["before_s"] == pytest.approx(ZONE_S - 3 * 3600, abs=2)
    assert told.fields["after_s"] == pytest.approx(ZONE_S, abs=2)
    assert desk.facts.index(desk.punches[-1]) < desk.facts.index(told)
    assert desk.punches[-1].clock.offset_s == pytest.approx(ZONE_S - 3 * 3600, abs=2)


@pytest.mark.parametrize("trust", ["unset", "holdover"])
def test_a_pi_that_is_not_synchronised_sets_no_clock(trust: Trust) -> None:
    """Neither on order nor by policy; the order is refused with the reason."""
    desk = MemoryDesk()
    desk.trust = trust
    with terminal_in_pune() as terminal:
        terminal.state.drift -= timedelta(hours=3)
        options = {"zone": "Asia/Kolkata", "set_clock": True}
        with Session(reader(terminal, **options), desk):
            whole(desk, terminal)
            desk.waiting_clock_orders.append(order())
            desk.until(lambda d: bool(outcomes(d)))
        assert terminal.state.heard[Command.SET_TIME] == 0
    assert [(it.outcome, it.reason) for it in outcomes(desk)] == [("refused", "clock-unsynced")]


def test_a_zone_that_the_pi_does_not_know_is_refused() -> None:
    """A guess would be worse than the wrong clock."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal, Session(reader(terminal), desk):
        desk.waiting_clock_orders.append(order("Mars/Olympus"))
        desk.until(lambda d: bool(outcomes(d)))
        assert terminal.state.heard[Command.SET_TIME] == 0
    assert [(it.outcome, it.reason) for it in outcomes(desk)] == [("refused", "settings-wrong")]


def test_a_terminal_that_keeps_its_time_is_found_out() -> None:
    """It says yes and does nothing; only reading back shows it."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal, Session(reader(terminal), desk):
        whole(desk, terminal)
        terminal.fault("clock-stuck")
        terminal.state.drift -= timedelta(hours=3)
        desk.waiting_clock_orders.append(order())
        desk.until(lambda d: bool(outcomes(d)))
    assert [(it.outcome, it.reason) for it in outcomes(desk)] == [("failed", "clock-refused")]
    assert events(desk, "clock_set") == []


def test_by_policy_a_wrong_clock_is_set_once() -> None:
    """Over the threshold it is set by itself; one that will not stay right is left to a person."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal:
        terminal.state.drift += timedelta(seconds=45)
        with Session(reader(terminal, zone="Asia/Kolkata", set_clock=True), desk):
            desk.until(lambda d: bool(events(d, "clock_set")))
            assert abs(terminal.state.clock() - in_pune()) < timedelta(seconds=3)
            terminal.state.drift += timedelta(minutes=9)
            desk.until(lambda d: bool(events(d, "clock_off")))
        assert terminal.state.heard[Command.SET_TIME] == 1


def test_by_policy_a_small_error_is_left_alone() -> None:
    """Below the threshold nothing is set."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal:
        terminal.state.drift += timedelta(seconds=20)
        with Session(reader(terminal, zone="Asia/Kolkata", set_clock=True), desk):
            whole(desk, terminal)
            desk.until(lambda _: terminal.state.heard[Command.GET_TIME] >= 4)
        assert terminal.state.heard[Command.SET_TIME] == 0


def test_without_the_policy_nothing_is_set() -> None:
    """A clock that is hours off stays so until a person orders otherwise."""
    desk = MemoryDesk()
    with terminal_in_pune() as terminal:
        terminal.state.drift -= timedelta(hours=2, minutes=7)
        with Session(reader(terminal, zone="Asia/Kolkata"), desk):
            desk.until(lambda d: bool(events(d, "clock_off")))
        assert terminal.state.heard[Command.SET_TIME] == 0


def test_an_offset_outlives_the_first_sync_of_the_pi() -> None:
    """Measured by a clock months behind and emitted by a right one, it is the offset of the right one."""
    desk = MemoryDesk()
    desk.trust, desk.off = "unset", timedelta(days=-120)
    with terminal_in_pune() as terminal, Session(reader(terminal, catch_up_s=3600.0), desk):
        whole(desk, terminal)
        assert desk.punches[0].clock.offset_s == pytest.approx(ZONE_S + 120 * 86_400, abs=2)
        desk.trust, desk.off = "synced", timedelta(0)
        terminal.punch("3")
        whole(desk, terminal)
    assert desk.punches[-1].clock.offset_s == pytest.approx(ZONE_S, abs=2)
    assert {punch.clock.trust for punch in desk.punches[:20]} == {"unset"}
    assert events(desk, "clock_off") == events(desk, "clock_reset") == []


@pytest.mark.parametrize(
    ("keys", "says"),
    [({"set_clock": True}, "needs zone"), ({"zone": "India/Pune"}, "no time zone")],
)
def test_a_policy_that_cannot_work_is_told_when_the_file_is_read(keys: dict[str, object], says: str) -> None:
    """A clock cannot be set where nobody knows the zone."""
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert({"address": "10.0.0.9", **keys}, TerminalOptions)
