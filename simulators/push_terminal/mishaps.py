"""The ways in which a pushing terminal and its network can fail, by name, and which of them are on."""

import difflib
import threading

LASTING = {
    "silent": "it makes no request",
    "lose-answer": "the answer to an upload is lost on the way",
    "twice": "every upload is sent twice",
    "cut": "the connection breaks in the middle of an upload",
    "slow": "requests drip out, 100 bytes a second",
    "deaf": "commands are taken and neither carried out nor answered",
    "result-first": "the result of a command is sent before its records",
    "no-range": "the firmware cannot send a span again",
    "no-users": "the firmware can neither tell nor change its users by command",
    "some-users": "the last user is never told",
    "obstinate": "it never sets its clock from the server's answers",
}
"""What stays until healed, or for so many occasions."""

AT_ONCE = {
    "odd-line": "a line that is no record stands in the log",
    "stamps-lost": "it forgot how far it had got and sends everything",
    "restart": "it starts again",
    "clock-reset": "the battery was dead: the clock says 2000-01-01",
    "log-cleared": "somebody cleared the log at the terminal's own menu",
    "record-removed": "somebody took one record out of the middle of the log",
}
"""What happens at once."""

NAMES = (*LASTING, *AT_ONCE)


class Mishaps:
    """Which lasting mishaps are on. Safe from any thread."""

    def __init__(self) -> None:
        self._on: dict[str, int | None] = {}
        self._lock = threading.Lock()

    def set(self, name: str, times: int | None = None) -> None:
        """Turn one on, for ever or for so many occasions."""
        with self._lock:
            self._on[name] = times

    def clear(self, name: str | None = None) -> None:
        """Turn one off, or all."""
        with self._lock:
            if name is None:
                self._on.clear()
            else:
                self._on.pop(name, None)

    def take(self, name: str) -> bool:
        """Whether it is on, using up one occasion."""
        with self._lock:
            if name not in self._on:
                return False
            left = self._on[name]
            if left is not None:
                self._on[name] = left - 1
                if left <= 1:
                    del self._on[name]
            return True


def check(name: str) -> None:
    """Raise ValueError, with the nearest names, for a mishap that does not exist."""
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, 3) or sorted(NAMES)
        raise ValueError(f'no fault "{name}"; there is {", ".join(near)}')
