"""Promises of the supervisor and the desk: one reader's trouble is nobody else's."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.desk import Counter, ReaderDesk
from edge.errors import Lost, Misconfigured, Unreachable
from edge.kernel import Timekeeper
from edge.orders import OrderBook
from edge.readers.reader import Desk
from edge.supervisor import Station
from tests.edge.making import AT, punch
from tests.waiting import until
from wire.codec import decode_fact
from wire.facts import Fact, OrderOutcome, RereadReport, Span
from wire.order import RereadOrder
from wire.punch import DeviceKind


class Scripted:
    """A reader whose sessions are the functions that a test gives it, one after the other."""

    Options: ClassVar[type[msgspec.Struct]] = msgspec.Struct
    device_kind: ClassVar[DeviceKind] = "terminal"

    def __init__(self, name: str, options: list[Callable[[Desk], Any]]) -> None:
        self.name = name
        self.sessions = options
        self.count = 0

    def session(self, desk: Desk) -> None:
        step = self.sessions[min(self.count, len(self.sessions) - 1)]
        self.count += 1
        step(desk)


class Branch:
    """An outbox and the stations that a test puts beside it."""

    def __init__(self, path: Path) -> None:
        prepare(path)
        self.outbox = Outbox(path)
        self.book = OrderBook()
        self.stations: list[Station] = []

    def station(self, name: str, *sessions: Callable[[Desk], Any]) -> Station:
        desk = ReaderDesk(name, self.outbox, Timekeeper(), self.book, Counter())
        station = Station(Scripted(name, list(sessions)), desk)
        self.stations.append(station)
        station.start()
        return station

    def facts(self) -> list[Fact]:
        return [decode_fact(row.body) for row in self.outbox.waiting(0, 1000, 10**9)]

    def close(self) -> None:
        for station in self.stations:
            station.ask_to_stop()
        assert all(station.join(2.0) for station in self.stations), "every reader stops within 2 s"
        self.outbox.close()


@pytest.fixture
def branch(tmp_path: Path) -> Iterator[Branch]:
    made = Branch(tmp_path / "outbox.db")
    yield made
    made.close()


def stay(desk: Desk) -> None:
    desk.ok()
    while not desk.wait(0.02):
        pass


def fail(error: Exception) -> Callable[[Desk], None]:
    def session(_desk: Desk) -> None:
        raise error

    return session


def reread(order_id: str = "o-1", good_for: timedelta = timedelta(hours=1)) -> RereadOrder:
    expires_at = datetime.now(UTC) + good_for
    return RereadOrder(order_id=order_id, expires_at=expires_at, span=Span(first=AT.date(), last=AT.date()))


def test_a_parked_reader_delays_no_other(branch: Branch) -> None:
    """A wrong key at one terminal is told, and the others punch on."""
    parked = branch.station("gate", fail(Misconfigured("wrong-comm-key", "refused by CJ7F1")))

    def punch_on(desk: Desk) -> None:
        desk.emit([punch(1)])
        stay(desk)

    working = branch.station("door", punch_on)
    until(lambda: parked.desk.vital.state == "parked" and working.desk.vital.state == "ok")
    assert parked.desk.vital.reason == "wrong-comm-key"
    assert len(branch.facts()) == 1


def test_an_absent_reader_is_tried_again_until_it_is_there(branch: Branch) -> None:
    """Back-off goes on by itself; the vital sign turns good when the device is back."""
    station = branch.station("gate", fail(Unreachable("no-answer", "10.0.0.9")), stay)
    until(lambda: station.desk.vital.state == "unreachable")
    until(lambda: station.desk.vital.state == "ok")
    assert station.desk.vital.reason == ""


def test_an_absent_reader_is_tried_ever_more_rarely(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses double up to a minute, each a little off, so that a branch does not knock in step."""
    pauses: list[float] = []

    def pause(desk: ReaderDesk, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 9:
            desk.stopping.set()

    monkeypatch.setattr(ReaderDesk, "pause", pause)
    branch.station("gate", fail(Unreachable("no-answer", "10.0.0.9")))
    until(lambda: len(pauses) > 9)
    assert all(2**n <= pause <= 2**n + 1 for n, pause in enumerate(pauses[:6]))
    assert pauses[6:9] == [60, 60, 60]
    assert len({pause % 1 for pause in pauses[:6]}) > 1


def test_a_reader_that_hangs_delays_no_other(branch: Branch) -> None:
    """A terminal that never answers holds its own thread, and nothing else."""
    over = threading.Event()
    branch.station("gate", lambda _desk: over.wait(60), stay)
    working = branch.station("door", stay)
    until(lambda: working.desk.vital.state == "ok")
    over.set()


@pytest.mark.parametrize("error", [Lost("unplugged", "ENODEV"), KeyError("bug"), ValueError("bug")])
def test_every_failure_is_survived(branch: Branch, error: Exception) -> None:
    """Even a fault that nobody foresaw ends a session, not the reader."""
    station = branch.station("gate", fail(error), stay)
    until(lambda: station.desk.vital.state == "ok")
    assert not station.stuck


def test_an_order_to_a_reader_that_cannot_be_opened_is_answered(branch: Branch) -> None:
    """A person who asks for a resync hears why it cannot be done, without waiting for the pause to end."""
    station = branch.station("gate", fail(Misconfigured("wrong-comm-key", "refused")))
    until(lambda: station.desk.vital.state == "parked")
    branch.book.opened("o-1", ["gate"])
    station.desk.give(reread())
    until(lambda: len(branch.facts()) == 2)
    report, outcome = branch.facts()
    assert isinstance(report, RereadReport)
    assert (report.outcome, report.reason) == ("failed", "wrong-comm-key")
    assert isinstance(outcome, OrderOutcome)


def test_an_expired_order_never_reaches_the_reader(branch: Branch) -> None:
    """What waited too long in the inbox is answered as expired."""
    taken: list[RereadOrder] = []

    def take(desk: Desk) -> None:
        while not desk.wait(0.02):
            taken.extend(desk.orders())

    station = branch.station("gate", take)
    station.desk.give(reread("old", timedelta(seconds=-1)))
    station.desk.give(reread("good"))
    until(lambda: len(taken) == 1)
    assert taken[0].order_id == "good"
    (report,) = branch.facts()
    assert isinstance(report, RereadReport)
    assert (report.order_id, report.reason) == ("old", "expired")


def test_a_reader_without_memory_resends_from_the_outbox(branch: Branch) -> None:
    """The order's span and badges pick from what is kept, and only settled punches go out again."""
    done = threading.Event()
    ids: list[str] = []

    def session(desk: Desk) -> None:
        desk.emit([punch(n, reader="dock") for n in range(3)])
        branch.outbox.settle(2)
        ids.extend(desk.resend(reread()))
        done.set()
        stay(desk)

    branch.station("dock", session)
    until(done.is_set)
    assert ids == [punch(n).punch_id for n in range(3)]
    assert branch.outbox.mark.newest == 5


def test_local_ids_never_repeat_over_a_restart(tmp_path: Path) -> None:
    """Two punches of a reader without memory are two ids, whatever happened between them."""
    path = tmp_path / "outbox.db"
    prepare(path)
    seen: list[str] = []
    for start in range(3):
        outbox = Outbox(path)
        desk = ReaderDesk("dock", outbox, Timekeeper(), OrderBook(), Counter())
        for number in range(4):
            seen.append(desk.local_id(AT))
            outbox.append("dock", [punch(100 * start + number)])
        outbox.close()
    assert len(set(seen)) == 12
