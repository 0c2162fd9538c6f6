"""The reader for ZKTeco terminals that push their records over HTTP (kind `zkteco-push`)."""

import contextlib
import errno
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from edge.errors import Misconfigured, Unreachable
from edge.findings import Finding
from edge.readers.examination import Circumstances
from edge.readers.reader import Desk
from edge.readers.zkteco_push.counting import Counting
from edge.readers.zkteco_push.examination import examined
from edge.readers.zkteco_push.listener import Limits
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.switchboard import Switchboard, Taken
from edge.readers.zkteco_push.visit import Visit
from wire.punch import DeviceKind

SWITCHBOARD = Switchboard(Limits())
"""One for the process, because several terminals push to one port."""

_TURN_S = 0.5
_MAY_PASS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
"""Another program has the port; the network is not up yet."""


class PushTerminal:
    """A terminal that pushes. It hears OK only for what is committed; all else it sends again."""

    Options: ClassVar[type[msgspec.Struct]] = PushOptions
    device_kind: ClassVar[DeviceKind] = "terminal"
    keeps_users: ClassVar[bool] = True
    takes_census: ClassVar[bool] = True

    def __init__(self, name: str, options: PushOptions) -> None:
        self._name = name
        self._options = options
        self._counting = Counting(options)

    def session(self, desk: Desk) -> None:
        """Serve the terminal until the daemon stops.

        Raises Lost when it falls silent, Unreachable while another program has the port, Misconfigured
        where the port cannot be had or the serial is served already.
        """
        options = self._options
        with contextlib.ExitStack() as stack:
            try:
                box = stack.enter_context(SWITCHBOARD.served(options.address, options.port, options.serial))
            except Taken as error:
                raise Misconfigured("misconfigured", str(error)) from error
            except OSError as error:
                evidence = f"{options.address} port {options.port}: {error.strerror or error}"
                if error.errno in _MAY_PASS:
                    raise Unreachable("port-taken", evidence) from error
                raise Misconfigured("misconfigured", evidence) from error
            visit = Visit(self._name, options, desk, self._counting)
            while not desk.wait(0):
                with box.next(_TURN_S) as job:
                    if job is not None and not job.dropped:
                        job.answer = visit.answer(job.call)
                if job is not None and job.dropped:
                    visit.missed()
                visit.turn(box.strangers)

    def examine(self, circumstances: Circumstances) -> Iterator[Finding]:
        """Listen for the terminal in the doctor's name."""
        return examined(self._options, circumstances)
