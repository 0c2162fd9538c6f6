"""Promises of the trial: any kind of reader is examined by its own session, and believes nothing stored."""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
import pytest

from edge.doctor import trial
from edge.doctor.trial import Trial
from edge.errors import Lost, Misconfigured, Unreachable
from edge.findings import Finding
from edge.readers.examination import Circumstances
from edge.readers.reader import Desk
from tests.edge.making import punch
from tests.edge.readers.desk import MemoryDesk
from tests.waiting import until
from wire.punch import DeviceKind


class Foreign:
    """A kind from another package: its session is a function."""

    Options: ClassVar[type[msgspec.Struct]] = msgspec.Struct
    device_kind: ClassVar[DeviceKind] = "terminal"

    def __init__(self, name: str, options: Callable[[Desk], Any]) -> None:
        self.name = name
        self.session = options


def tried(session: Callable[[Desk], Any], listen_s: float = 0.1) -> list[Finding]:
    circumstances = Circumstances(MemoryDesk().moment, {"seen": "before"}, listen_s)
    return list(Trial(Foreign("gate", session), circumstances).findings())


def stay(desk: Desk) -> None:
    while not desk.wait(0.01):
        pass


def test_a_session_that_opens_is_good() -> None:
    """A reader that answers and has nothing to tell is in order."""

    def session(desk: Desk) -> None:
        assert desk.recall() == {"seen": "before"}
        assert desk.orders() == []
        desk.ok(device="X1")
        stay(desk)

    assert [(it.level, it.reason) for it in tried(session)] == [("good", ""), ("note", "")]
    assert tried(session)[0].answered == "X1"


def test_a_punch_is_never_acknowledged() -> None:
    """What is emitted is refused, so that a device with a memory keeps it for the daemon."""
    after: list[str] = []

    def session(desk: Desk) -> None:
        desk.ok()
        desk.emit([punch(1)])
        after.append("believed it")

    findings = tried(session, listen_s=20)
    assert [it.level for it in findings] == ["good", "good"]
    assert "not recorded" in findings[1].answered
    assert after == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unreachable("no-answer", "10.0.0.9"), "no-answer"),
        (Misconfigured("wrong-comm-key", "refused"), "wrong-comm-key"),
        (KeyError("bug"), "fault"),
    ],
)
def test_whatever_a_session_raises_is_a_finding(error: Exception, reason: str) -> None:
    """A fault has its word, and a bug of a kind is told in one line like any other."""

    def session(_desk: Desk) -> None:
        raise error

    assert [(it.level, it.reason) for it in tried(session)] == [("alarm", reason)]


def test_a_session_that_answers_its_orders_before_it_fails_is_told_as_failing() -> None:
    """To emit nothing, for there are no orders, is no sign that the device reads."""

    def session(desk: Desk) -> None:
        desk.emit([])
        raise Unreachable("no-answer", "no greeting within 5 s")

    assert [(it.level, it.reason) for it in tried(session)] == [("alarm", "no-answer")]


def test_what_is_lost_later_and_what_is_doubted_is_told() -> None:
    """A device that opens and then fails, or that is in doubt, is not good."""

    def failing(desk: Desk) -> None:
        desk.ok()
        raise Lost("unplugged", "ENODEV")

    def doubtful(desk: Desk) -> None:
        desk.ok()
        desk.doubt("garbage", "old")
        desk.doubt("", "")
        desk.doubt("clock-off", "by an hour")
        stay(desk)

    assert [it.reason for it in tried(failing)] == ["", "unplugged"]
    assert [it.reason for it in tried(doubtful)] == ["", "clock-off"]


def test_a_session_that_never_comes_round_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor does not wait for ever for a kind that hangs."""
    monkeypatch.setattr(trial, "OPEN_WITHIN_S", 0.1)
    ended: list[bool] = []

    def session(_desk: Desk) -> None:
        until(lambda: ended)

    assert [(it.level, it.reason) for it in tried(session)] == [("alarm", "fault")]
    ended.append(True)
