"""One order for the users of a terminal that pushes: read, written, deleted, read back.

The terminal is asked for all its users, is told what differs, and is asked again: what it says then counts.
Nobody is deleted without `with_templates`, since such a terminal does not tell who has a fingerprint.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.readers.zkteco_push.commands import Commands, NotAllowed
from edge.readers.zkteco_push.resending import DONE, NOTHING
from edge.readers.zkteco_push.users import QUERY, PushUser, as_wanted, delete, read_users, update
from wire.order import EnrolOrder

_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Ended:
    """How an order ended: why it could not be carried out, or else what the terminal holds now."""

    reason: str = ""
    evidence: str = ""
    users: tuple[PushUser, ...] = ()
    written: int = 0
    removed: int = 0
    kept: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


class Enrolling:
    """An order under way. Seconds are those of a clock that never steps.

    `count` is how many users the terminal says that it holds, None if it does not say. `within_s` is the
    patience without any progress, `settle_s` how long nothing more may come behind the result of a query.
    """

    def __init__(
        self,
        order: EnrolOrder,
        commands: Commands,
        count: int | None,
        now_s: float,
        *,
        within_s: float,
        settle_s: float,
    ) -> None:
        self.order = order
        self._commands = commands
        self._count = count
        self._within_s = within_s
        self._settle_s = settle_s
        self._progress_s = now_s
        self._before: dict[str, PushUser] | None = None
        self._table: dict[str, PushUser] = {}
        self._code: int | None = None
        self._query: int | None = commands.ask(QUERY)
        self._todo: deque[tuple[str, str]] = deque()
        self._given: dict[int, str] = {}
        self._written: list[str] = []
        self._leaving: list[str] = []
        self._kept: tuple[str, ...] = ()
        self._failed: dict[str, str] = {}

    def counted(self, users: int) -> None:
        """Note how many users the terminal says that it holds."""
        self._count = users

    def heard(self, body: bytes, now_s: float) -> None:
        """Note what the terminal uploads of its users."""
        for user in read_users(body):
            self._table[user.pin] = user
            self._progress_s = now_s

    def answered(self, number: int, code: int, now_s: float) -> None:
        """Note the result of a command, if it is one of this order."""
        if number == self._query:
            self._code, self._progress_s = code, now_s
        elif (pin := self._given.pop(number, None)) is not None:
            self._progress_s = now_s
            if code != DONE:
                self._failed[pin] = f"the terminal returned {code}"

    def turn(self, now_s: float, now: datetime) -> Ended | None:
        """Give the next commands; how it ended, None while it is under way."""
        quiet_s = now_s - self._progress_s
        if quiet_s >= self._within_s or now >= self.order.expires_at:
            reason = "expired" if now >= self.order.expires_at else "no-answer"
            return self._broken(reason, f"no result for {quiet_s:.0f} s; {len(self._table)} users came")
        if self._query is None:
            self._give(now_s)
        elif self._code is not None and quiet_s >= self._settle_s:
            return self._read(self._code)
        return None

    def _read(self, code: int) -> Ended | None:
        """The terminal has told its users: what is to be done, or what became of it."""
        if not self._table and code not in (DONE, NOTHING):
            return self._broken("command-refused", f"the terminal returned {code}")
        if self._before is not None:
            return self._told()
        if len(self._table) < (1 if self._count is None else self._count):
            count = "an unknown number" if self._count is None else self._count
            return self._broken("read-rejected", f"the terminal told {len(self._table)} of {count} users")
        self._before = self._table
        self._plan(self._before)
        if not self._todo:
            return self._told()
        self._query = None
        return None

    def _plan(self, before: Mapping[str, PushUser]) -> None:
        for wanted in self.order.put:
            try:
                command = update(wanted, before.get(wanted.user_id))
            except ValueError as error:
                self._failed[wanted.user_id] = str(error)
                continue
            if command is not None:
                self._todo.append((wanted.user_id, command))
                self._written.append(wanted.user_id)
        leaving = [pin for pin in self.order.remove if pin in before]
        if not self.order.with_templates:
            self._kept = tuple(leaving)
            return
        for pin in leaving:
            try:
                self._todo.append((pin, delete(pin)))
            except ValueError as error:
                self._failed[pin] = str(error)
            else:
                self._leaving.append(pin)

    def _give(self, now_s: float) -> None:
        """A few commands at a time; once all have their result, the users are asked for again."""
        while self._todo and len(self._given) < _AT_ONCE:
            pin, command = self._todo.popleft()
            try:
                self._given[self._commands.ask(command)] = pin
            except NotAllowed:
                self._failed[pin] = "the terminal told something of him that no command can carry"
        if not self._given:
            self._table, self._code = {}, None
            self._query = self._commands.ask(QUERY)
            self._progress_s = now_s

    def _told(self) -> Ended:
        wanted = {one.user_id: one for one in self.order.put}
        for pin in self._written:
            user = self._table.get(pin)
            if user is None or not as_wanted(user.held, wanted[pin]):
                self._failed.setdefault(pin, "not as written when read back")
        for pin in self._leaving:
            if pin in self._table:
                self._failed.setdefault(pin, "still there when read back")
        return Ended(
            users=tuple(self._table[pin] for pin in sorted(self._table)),
            written=sum(pin not in self._failed for pin in self._written),
            removed=sum(pin not in self._failed for pin in self._leaving),
            kept=self._kept,
            failed=self._failed,
        )

    def _broken(self, reason: str, evidence: str) -> Ended:
        for number in (*self._given, *([] if self._query is None else [self._query])):
            self._commands.answered(number)
        return Ended(reason, evidence)
