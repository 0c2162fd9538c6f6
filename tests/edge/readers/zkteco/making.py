"""Readers for simulated terminals, and what their desks should end up with."""

from collections import Counter
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from edge.errors import ReaderFault
from edge.readers.reader import Desk
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.pull import Terminal
from simulators.terminal import Terminal as Simulated
from tests.edge.readers.desk import MemoryDesk
from wire.facts import EdgeEvent
from wire.punch import DeviceKind, Punch


def reader(terminal: Simulated, **options: Any) -> Terminal:
    """A reader for a simulated terminal, in more of a hurry than a real one."""
    chosen = {"poll_s": 0.1, "catch_up_s": 0.5, "answer_s": 20.0, **options}
    return Terminal("gate", TerminalOptions(address=terminal.address, port=terminal.port, **chosen))


class Persistent:
    """Starts one session after another, as the supervisor does, only sooner. Remembers the faults."""

    Options: ClassVar[type[msgspec.Struct]] = TerminalOptions
    device_kind: ClassVar[DeviceKind] = "terminal"

    def __init__(self, inner: Terminal) -> None:
        self.faults: list[ReaderFault] = []
        self._inner = inner

    def session(self, desk: Desk) -> None:
        """Go on until the desk says stop."""
        while not desk.wait(0.02):
            try:
                self._inner.session(desk)
            except ReaderFault as fault:
                self.faults.append(fault)

    @property
    def reasons(self) -> list[str]:
        """Why sessions ended."""
        return [fault.reason for fault in self.faults]


Line = tuple[str, str, int | None, int | None]


def held(terminal: Simulated) -> Counter[Line]:
    """Every possible record of the terminal's log: user id, wall clock, status, punch."""
    return Counter(
        (record.user_id, record.wall, record.status, record.punch)
        for record in terminal.log
        if _possible(record.wall)
    )


def emitted(desk: MemoryDesk) -> Counter[Line]:
    """Every punch that the desk took, in the same terms."""
    return Counter(map(_line, desk.punches))


def events(desk: MemoryDesk, word: str) -> list[EdgeEvent]:
    """The events of one kind that the desk took."""
    return [fact for fact in list(desk.facts) if isinstance(fact, EdgeEvent) and fact.event == word]


def doubts(desk: MemoryDesk) -> set[str]:
    """The reasons of all doubts so far."""
    return {reason for reason, _ in list(desk.doubts)}


def _line(punch: Punch) -> Line:
    assert punch.device_wall is not None
    return punch.badge.raw, punch.device_wall.isoformat(), punch.verify_code, punch.direction_code


def _possible(wall: str) -> bool:
    try:
        datetime.fromisoformat(wall)
    except ValueError:
        return False
    return True
