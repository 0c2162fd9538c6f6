"""The reader kind `line-gate`: gate controllers that keep punches and tell them as lines over TCP.

A controller greets with `serial GL-0042`. It says `punch 17 2026-05-11T09:00:00 A-12` for each punch of which
it has not heard `ok 17`. Asked `again 2026-05-11 2026-05-12`, it says `held 17 ...` for each punch of these
dates in its log, then `end`.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from edge.errors import Lost, ReaderFault, Unreachable
from edge.readers.identity import terminal_punch_id
from edge.readers.reader import Desk
from edge.readers.rereads import belongs, failure, reports
from wire.order import RereadOrder
from wire.punch import Badge, DeviceKind, How, Punch

TURN_S, CONNECT_S = 0.5, 1.0
"""No call takes longer: the daemon stops within 2 s, and wants to see every reader each 10 s."""
LONGEST_LINE = 200
_RECORD = re.compile(r"(punch|held) ([0-9]{1,9}) ([0-9]{4}-[0-9-]{5}T[0-9:]{8}) ([!-~]{1,64})")


class GateOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of the `[[reader]]` section; `answer_s` is the patience for an answer of the controller."""

    address: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 4001
    answer_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 5.0


class LineGate:
    """One gate controller."""

    Options: ClassVar[type[msgspec.Struct]] = GateOptions
    device_kind: ClassVar[DeviceKind] = "terminal"

    def __init__(self, name: str, options: GateOptions) -> None:
        self._name = name
        self._options = options

    def session(self, desk: Desk) -> None:
        """Connect, take what the controller says, carry out orders, until the desk says stop."""
        with self._connected() as sock:
            visit = Visit(self._name, self._options.answer_s, desk, sock)
            try:
                visit.stay()
            except ReaderFault as fault:
                visit.give_up(fault.reason, fault.evidence)
                raise

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        place = self._options.address, self._options.port
        try:
            sock = socket.create_connection(place, timeout=CONNECT_S)
        except socket.gaierror as error:
            raise Unreachable("name-unresolved", f"{place[0]}: {error.strerror}") from error
        except ConnectionRefusedError as error:
            raise Unreachable("port-refused", f"{place[0]} port {place[1]}: {error.strerror}") from error
        except OSError as error:
            raise Unreachable("no-answer", f"{place[0]} port {place[1]}: {error}") from error
        with sock:
            sock.settimeout(TURN_S)
            yield sock


class Visit:
    """One session: the serial that the controller told, an unfinished line, and the order at hand."""

    def __init__(self, name: str, answer_s: float, desk: Desk, sock: socket.socket) -> None:
        self._name = name
        self._answer_s = answer_s
        self._desk = desk
        self._sock = sock
        self._began = self._asked = time.monotonic()
        self._serial = ""
        self._rest = b""
        self._order: RereadOrder | None = None
        self._waiting: list[RereadOrder] = []
        self._held: list[Punch] = []

    def stay(self) -> None:
        """Go on until the daemon stops. Raises Unreachable before the greeting, Lost afterwards."""
        while not self._desk.wait(0):
            for line in self._lines():
                if self._serial:
                    self._hear(line)
                else:
                    self._greeted(line)
            if self._serial:
                self._carry_on()
            elif time.monotonic() - self._began > self._answer_s:
                raise Unreachable("no-answer", f"no greeting within {self._answer_s:g} s")

    def give_up(self, reason: str, evidence: str) -> None:
        """Answer the orders that this session leaves undone."""
        orders = [*([self._order] if self._order else []), *self._waiting]
        at = self._desk.moment().utc
        self._desk.emit([failure(order, self._name, at, reason, evidence) for order in orders])

    def _lines(self) -> list[str]:
        try:
            received = self._sock.recv(4096)
        except TimeoutError:
            return []
        except OSError as error:
            raise Lost("connection-lost", str(error)) from error
        if not received:
            raise Lost("connection-lost", "the controller closed the connection")
        *lines, self._rest = (self._rest + received).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise Lost("read-rejected", f"more than {LONGEST_LINE} bytes without the end of a line")
        return [line.decode("ascii", "backslashreplace").strip() for line in lines]

    def _greeted(self, line: str) -> None:
        word, _, serial = line.partition(" ")
        if word != "serial" or not re.fullmatch("[A-Za-z0-9-]{1,32}", serial):
            raise Unreachable("port-refused", f"{line[:LONGEST_LINE]!r} is no greeting of a controller")
        self._serial = serial
        self._desk.ok(device=serial)

    def _hear(self, line: str) -> None:
        self._desk.ok()
        if line == "end":
            self._report()
            return
        punch = self._punch(line)
        if punch is None:
            self._desk.count("frames_rejected")
            self._desk.doubt("records-odd", line[:LONGEST_LINE])
        elif punch.how == "reread":
            self._asked = time.monotonic()
            self._held.append(punch)
        else:
            self._desk.emit([punch])
            self._say(f"ok {line.split()[1]}")

    def _punch(self, line: str) -> Punch | None:
        """The punch of a line. Its id comes from the device's facts alone, so it is the same each time."""
        found = _RECORD.fullmatch(line)
        try:
            wall = datetime.fromisoformat(found[3]) if found else None
        except ValueError:
            return None
        if found is None or wall is None:
            return None
        number, moment = found[2], self._desk.moment()
        how: How = "live" if found[1] == "punch" else "reread"
        return Punch(
            punch_id=terminal_punch_id(self._serial, found[4], wall, int(number)),
            reader=self._name,
            kind=LineGate.device_kind,
            badge=Badge(raw=found[4], form="user-id"),
            read_at=moment.utc,
            clock=moment.clock(),
            how=how,
            device=self._serial,
            device_wall=wall,
            raw=line.encode().hex(),
        )

    def _carry_on(self) -> None:
        """Begin the next order, or give the controller up that does not answer one."""
        self._waiting += self._desk.orders()
        if self._order is not None and time.monotonic() - self._asked > self._answer_s:
            raise Lost("no-answer", f"nothing of what was asked again for {self._answer_s:g} s")
        if self._order is None and self._waiting:
            self._order, self._held = self._waiting.pop(0), []
            self._asked = time.monotonic()
            self._say(f"again {self._order.span.first} {self._order.span.last}")

    def _report(self) -> None:
        """Commit what was asked for again, and the report behind it."""
        if self._order is None:
            return
        order, self._order = self._order, None
        wanted = [it for it in self._held if it.device_wall and belongs(order, it.badge.raw, it.device_wall)]
        self._desk.emit(wanted)
        ids = [punch.punch_id for punch in wanted]
        self._desk.emit(list(reports(order, self._name, ids, self._desk.moment().utc)))

    def _say(self, line: str) -> None:
        try:
            self._sock.sendall(f"{line}\n".encode())
        except OSError as error:
            raise Lost("connection-lost", str(error)) from error
