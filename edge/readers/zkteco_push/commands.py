"""The commands that a terminal may be given, and which of them still wait for its result.

Only commands that read are on the list, and those that write or delete a single user: a terminal is never
cleared or restarted from here, and its settings stay.
"""

import re
from dataclasses import dataclass
from datetime import datetime

CHECK = "CHECK"
"""Look at the server's options again, and send what is newer than the stamps."""
LOG = "LOG"
"""Send new records now."""
INFO = "INFO"
"""Tell the options and counts of the terminal."""

REPEAT_S = 60.0
"""A command without a result for so long is offered again: the answer that carried it may be lost."""
MOST_WAITING = 20

_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_USER = r"PIN=[A-Za-z0-9_-]{1,24}"
_FIELD = r"[A-Za-z0-9]{1,16}=[^\x00-\x1f\x7f\x85\u2028\u2029]{0,200}"
_ALLOWED = re.compile(
    rf"CHECK|LOG|INFO|DATA QUERY ATTLOG StartTime={_TIME}\tEndTime={_TIME}"
    rf"|DATA QUERY USERINFO|DATA UPDATE USERINFO {_USER}(\t{_FIELD}){{1,31}}|DATA DELETE USERINFO {_USER}",
    re.ASCII,
)


class NotAllowed(ValueError):
    """A command that is not on the list, or one too many."""


def query_attlog(first: datetime, last: datetime) -> str:
    """Send the records from `first` to `last`, both included, again; in the terminal's wall clock."""
    return f"DATA QUERY ATTLOG StartTime={_text(first)}\tEndTime={_text(last)}"


def _text(wall: datetime) -> str:
    return wall.replace(microsecond=0, tzinfo=None).isoformat(sep=" ")


@dataclass(slots=True)
class _Waiting:
    text: str
    offered_s: float | None = None


class Commands:
    """The commands of one terminal, given one at a time. Seconds are those of one clock that never steps."""

    def __init__(self, first_id: int) -> None:
        self._next = first_id
        self._waiting: dict[int, _Waiting] = {}

    def ask(self, text: str) -> int:
        """Queue a command and return its id. Raises NotAllowed."""
        if not _ALLOWED.fullmatch(text):
            raise NotAllowed(f"{text!r} is not a command that a terminal is given")
        if len(self._waiting) >= MOST_WAITING:
            raise NotAllowed(f"{MOST_WAITING} commands wait already")
        number, self._next = self._next, self._next + 1
        self._waiting[number] = _Waiting(text)
        return number

    def offer(self, now_s: float) -> str | None:
        """The line for a terminal that asks for commands, None if it has nothing to do.

        New commands go before those that are offered again, so that one without a result holds up no other.
        """
        due = [
            (number, waiting)
            for number, waiting in self._waiting.items()
            if waiting.offered_s is None or now_s - waiting.offered_s >= REPEAT_S
        ]
        if not due:
            return None
        number, waiting = min(
            due, key=lambda entry: -1.0 if entry[1].offered_s is None else entry[1].offered_s
        )
        waiting.offered_s = now_s
        return f"C:{number}:{waiting.text}"

    def answered(self, number: int) -> bool:
        """Take a command off; False if no such one waits."""
        return self._waiting.pop(number, None) is not None
