"""The pushing terminal as a whole: people punch at it, it uploads, asks for commands, obeys them."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal, Self

from simulators.push_terminal.mishaps import AT_ONCE, Mishaps, check
from simulators.push_terminal.talk import NoAnswer, Reply, Talk
from simulators.push_terminal.users import fields_of, user_of
from simulators.terminal.history import FINGER, invent_log, invent_users
from simulators.terminal.records import User

DONE, NOTHING, SYNTAX, NO_SUCH_TABLE = 0, -1, -1002, -1004
_BATTERY_DEAD = datetime(2000, 1, 1)  # noqa: DTZ001 - terminals know no zone
_RANGE = re.compile(r"DATA QUERY ATTLOG StartTime=([^\t]+)\tEndTime=(.+)")
_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log as it goes out: `wall` is `2026-05-11 09:00:00`."""

    pin: str
    wall: str
    status: int = 0
    verify: int = FINGER

    @property
    def line(self) -> str:
        """The line without its end."""
        return f"{self.pin}\t{self.wall}\t{self.status}\t{self.verify}\t0\t0\t0"


class PushTerminal:
    """A simulated terminal that pushes to `server` and `port`; the constructor opens nothing.

    `users` is how many to invent, or the users themselves; `log` likewise, in rows. `batch` is how many rows
    go into one upload. `pace` scales what the server asks it to wait (0.01: a hundred times faster).
    `zone` is its own setting until the server tells one, which it reads as `zone_unit`.
    """

    def __init__(
        self,
        *,
        port: int,
        serial: str = "CJ7F194760042",
        server: str = "127.0.0.1",
        users: int | Sequence[User] = 10,
        log: int | Sequence[Row] = 0,
        batch: int = 100,
        pace: float = 1.0,
        zone: timedelta = timedelta(hours=5, minutes=30),
        zone_unit: Literal["hours", "minutes"] = "hours",
        seed: int = 1,
    ) -> None:
        self.serial = serial
        self.zone = zone
        self.drift = timedelta()
        self.users = invent_users(users) if isinstance(users, int) else list(users)
        self.fingers = {user.user_id for user in self.users}
        self.commands: list[tuple[str, int | None]] = []
        self.refusals: list[str] = []
        self.mishaps = Mishaps()
        self._log = self._past(log, seed) if isinstance(log, int) else list(log)
        self._batch = batch
        self._pace = pace
        self._zone_unit = zone_unit
        self._down = threading.Event()
        self._wake = threading.Event()
        self._lock = threading.RLock()
        self._turns = count()
        self._talk = Talk(server, port, self.mishaps, self._down)
        self._thread: threading.Thread | None = None
        self._delay_s = self._error_delay_s = 30.0
        self._greeted = self._told_users = False
        self._sent = 0

    def start(self) -> None:
        """Come onto the network."""
        self._down.clear()
        self._thread = threading.Thread(target=self._run, name=f"push-terminal:{self.serial}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Vanish, as with the power cut; log and clock stay for the next `start`."""
        self._down.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)
        self._thread, self._greeted = None, False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> list[Row]:
        """The rows, oldest first."""
        with self._lock:
            return list(self._log)

    @property
    def sent(self) -> int:
        """How many rows from the beginning the server answered with OK."""
        return self._sent

    @property
    def settled(self) -> bool:
        """Whether every row was answered with OK."""
        with self._lock:
            return self._greeted and self._sent >= len(self._log)

    def clock(self) -> datetime:
        """The terminal's own wall clock, whole seconds."""
        return (datetime.now(UTC).replace(tzinfo=None) + self.zone + self.drift).replace(microsecond=0)

    def punch(self, pin: str | None = None, *, status: int = 0, at: datetime | None = None) -> Row:
        """Somebody punches: the users in turn, unless named."""
        who = self.users[next(self._turns) % len(self.users)].user_id if pin is None else pin
        row = Row(who, (at or self.clock()).strftime("%Y-%m-%d %H:%M:%S"), status)
        with self._lock:
            self._log.append(row)
        self._wake.set()
        return row

    def fault(self, name: str, times: int | None = None) -> None:
        """Let something go wrong; raises ValueError for a name that `mishaps.NAMES` does not have."""
        check(name)
        if name not in AT_ONCE:
            self.mishaps.set(name, times)
        with self._lock:
            if name == "odd-line":
                self._log.append(Row("7", "2026-02-31 09:00:00"))
            elif name == "stamps-lost":
                self._sent = 0
            elif name == "restart":
                self._greeted = False
            elif name == "clock-reset":
                self.drift += _BATTERY_DEAD - self.clock()
            elif name == "log-cleared":
                self._log, self._sent = [], 0
            elif name == "record-removed" and self._log:
                middle = len(self._log) // 2
                del self._log[middle]
                self._sent -= middle < self._sent
        self._wake.set()

    def heal(self, name: str | None = None) -> None:
        """End a lasting fault, or all."""
        self.mishaps.clear(name)
        self._wake.set()

    # what it does on the network

    def _run(self) -> None:
        while not self._down.is_set():
            pause_s = self._delay_s
            if not self.mishaps.take("silent"):
                try:
                    self._visit()
                except NoAnswer as refusal:
                    self.refusals.append(str(refusal))
                    pause_s = self._error_delay_s
            self._wake.wait(pause_s * self._pace)
            self._wake.clear()

    def _visit(self) -> None:
        if not self._greeted:
            self._greet()
        self._upload_new()
        if not self._told_users:
            self._tell_users()
        info = f"Ver 8.0.4.2-20180611,{len(self.users)},0,{len(self._log)},127.0.0.1"
        for number, command in self._hear(
            self._talk.get("getrequest", {"SN": self.serial, "INFO": info})
        ).commands():
            self._obey(number, command)

    def _hear(self, reply: Reply) -> Reply:
        if reply.date is not None and not self.mishaps.take("obstinate"):
            self.drift = reply.date - datetime.now(UTC)
        return reply

    def _greet(self) -> None:
        query = {"SN": self.serial, "options": "all", "pushver": "2.4.1", "language": "69"}
        reply = self._hear(self._talk.get("cdata", query))
        if not reply.text.startswith(f"GET OPTION FROM: {self.serial}"):
            raise NoAnswer(reply.text)
        told = reply.options()
        self._delay_s, self._error_delay_s = float(told["Delay"]), float(told["ErrorDelay"])
        if "TimeZone" in told:
            self.zone = timedelta(**{self._zone_unit: float(told["TimeZone"])})
        stamp = told.get("ATTLOGStamp", told.get("Stamp", "0"))
        with self._lock:
            self._sent = min(int(stamp) if stamp.isdigit() else 0, len(self._log))
            self._greeted = True

    def _upload_new(self) -> None:
        while self._greeted and self._sent < len(self._log):
            with self._lock:
                begin, rows = self._sent, self._log[self._sent : self._sent + self._batch]
            self._upload(rows, begin + len(rows))
            with self._lock:
                if self._sent == begin:
                    self._sent = begin + len(rows)

    def _upload(self, rows: Sequence[Row], stamp: int) -> None:
        body = "".join(f"{row.line}\n" for row in rows)
        query = {"SN": self.serial, "table": "ATTLOG", "Stamp": str(stamp)}
        for _ in range(2 if self.mishaps.take("twice") else 1):
            self._hear(self._talk.post("cdata", query, body))
        if self.mishaps.take("lose-answer"):
            raise NoAnswer("the answer was lost")

    def _tell_users(self) -> None:
        told = self.users[:-1] if self.mishaps.take("some-users") else self.users
        body = "".join(f"USER {fields_of(user)}\n" for user in told)
        self._talk.post("cdata", {"SN": self.serial, "table": "OPERLOG", "Stamp": str(len(self.users))}, body)
        self._told_users = True

    def _obey(self, number: int, command: str) -> None:
        if self.mishaps.take("deaf"):
            self.commands.append((command, None))
            return
        first = self.mishaps.take("result-first")
        code, rows = self._asked(command)
        self.commands.append((command, code))
        if first:
            self._result(number, code, command)
        if command == "DATA QUERY USERINFO" and code == DONE:
            self._tell_users()
        for at in range(0, len(rows), self._batch):
            self._upload(rows[at : at + self._batch], self._sent)
        if command == "CHECK":
            self._greet()
        if not first:
            self._result(number, code, command)

    def _asked(self, command: str) -> tuple[int, list[Row]]:
        """The return code of a command, and the rows that it asks for."""
        if "USERINFO" in command:
            with self._lock:
                return self._roll(command), []
        span = _RANGE.fullmatch(command)
        if span is None:
            return (DONE if command in ("CHECK", "LOG", "INFO") else SYNTAX), []
        if self.mishaps.take("no-range"):
            return NO_SUCH_TABLE, []
        with self._lock:
            rows = [row for row in self._log if span[1] <= row.wall <= span[2]]
        return (DONE if rows else NOTHING), rows

    def _roll(self, command: str) -> int:
        """Tell, write or delete users. A field that is not given when a user is written is empty then."""
        if self.mishaps.take("no-users"):
            return NO_SUCH_TABLE
        if command == "DATA QUERY USERINFO":
            return DONE
        verb, _, told = command.removeprefix("DATA ").partition(" USERINFO ")
        fields = dict(field.split("=", 1) for field in told.split("\t"))
        there = [user for user in self.users if user.user_id != fields["PIN"]]
        if verb == "DELETE":
            self.fingers.discard(fields["PIN"])
        else:
            there.append(user_of(fields, len(there) + 1))
        self.users = there
        return DONE

    def _result(self, number: int, code: int, command: str) -> None:
        body = f"ID={number}&Return={code}&CMD={command.split(maxsplit=1)[0]}\n"
        self._talk.post("devicecmd", {"SN": self.serial}, body)

    def _past(self, rows: int, seed: int) -> list[Row]:
        records = invent_log(self.users, rows, self.clock(), seed)
        return [Row(it.user_id, it.wall.replace("T", " "), it.punch, it.status) for it in records]
