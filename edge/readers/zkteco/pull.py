"""The reader for ZKTeco terminals that are pulled over port 4370 (kind `zkteco`)."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from edge.errors import Unreachable
from edge.findings import Finding
from edge.readers.examination import Circumstances
from edge.readers.reader import Desk
from edge.readers.zkteco.child import Child, Stopped
from edge.readers.zkteco.examination import Examination
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.visit import Visit
from wire.punch import DeviceKind

_AFTER_REFUSAL_S = 5.0
"""A terminal has one session; whoever holds it must get time to leave."""
_LEAVE_WITHIN_S = 1.0


class Terminal:
    """A terminal. The log in it is the truth: it is read, never erased, and the terminal never disabled."""

    Options: ClassVar[type[msgspec.Struct]] = TerminalOptions
    device_kind: ClassVar[DeviceKind] = "terminal"
    sets_clock: ClassVar[bool] = True
    takes_census: ClassVar[bool] = True
    keeps_users: ClassVar[bool] = True

    def __init__(self, name: str, options: TerminalOptions) -> None:
        self._name = name
        self._options = options

    def session(self, desk: Desk) -> None:
        """Open the terminal and stay with it until the daemon stops. A worker process lives as long.

        Raises Unreachable, Lost or Misconfigured.
        """
        opening = self._options.opening(live=True)
        child = Child(stopping=lambda: desk.wait(0))
        try:
            visit = Visit(self._name, self._options, desk, child)
            visit.open(opening)
            visit.stay()
        except Stopped:
            child.leave(_LEAVE_WITHIN_S)
        except Unreachable as fault:
            child.kill()
            if fault.reason == "session-busy" and desk.wait(_AFTER_REFUSAL_S):
                return
            raise
        finally:
            child.kill()

    def examine(self, circumstances: Circumstances) -> Iterator[Finding]:
        """Hold one short session for the doctor."""
        return Examination(self._options, circumstances).findings()
