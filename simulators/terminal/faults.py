"""The ways in which a terminal and its network can fail, by name, and which of them are on."""

import difflib
import threading
from dataclasses import dataclass, field

LASTING = {
    "refuse": "nobody listens on the port",
    "silent": "connections are taken and nothing is ever answered",
    "close-in-bulk": "the connection closes in the middle of a bulk answer",
    "drip": "answers come `size` bytes at a time, `pause_s` apart",
    "shred": "answers are cut anywhere into TCP segments",
    "wrong-checksum": "a byte of a bulk answer is damaged on the way",
    "miscounted": "the firmware gives every frame a wrong checksum",
    "stays-disabled": "to be enabled is refused",
    "stale-reply": "an answer comes only after the next request, before its own answer",
    "sizes-split": "the answer with the sizes comes in two TCP segments",
    "sizes-short": "the answer with the sizes is cut short",
    "sizes-zero": "the answer with the sizes says that the log is empty",
    "clock-impossible": "the clock shows 31 February",
    "clock-stuck": "a new time is agreed to and not taken",
    "empty-log": "the log reads as empty though it is full",
    "punch-between": "somebody punches between the question for the size and the read of the log",
    "deaf-events": "events are registered for and never sent",
    "glue-events": "two live events come in one TCP segment",
    "live-codes": "a live event reports other codes than the log will",
    "udp-drop": "every `every`th datagram is lost",
    "udp-swap": "every `every`th datagram comes after the next one",
    "udp-double": "every `every`th datagram comes twice",
}
"""Faults that stay until cleared, or for `times` occasions."""

AT_ONCE = {
    "odd-record": "a record of 31 February appears in the log",
    "clock-reset": "the battery was dead: the clock says 2000-01-01",
    "serial-changed": "another terminal answers at this address",
    "firmware-changed": "somebody updated the firmware",
    "disabled": "another program left the terminal disabled: nobody can punch",
    "log-cleared": "somebody cleared the log at the terminal's own menu",
    "log-rolled": "the log is full and its oldest tenth was overwritten",
    "record-removed": "somebody took one record out of the middle of the log",
    "restart": "the terminal starts again",
}
"""Faults that happen at once."""

NAMES = (*LASTING, *AT_ONCE)


@dataclass(slots=True)
class Fault:
    """One fault that is on: how often it still happens (None: always), and its figures."""

    times: int | None = None
    figures: dict[str, float] = field(default_factory=dict)


class Faults:
    """Which lasting faults are on. Safe from any thread."""

    def __init__(self) -> None:
        self._on: dict[str, Fault] = {}
        self._lock = threading.Lock()

    def set(self, name: str, times: int | None = None, **figures: float) -> None:
        """Turn a lasting fault on. Raises ValueError for a name that is none."""
        check(name)
        with self._lock:
            self._on[name] = Fault(times, figures)

    def clear(self, name: str | None = None) -> None:
        """Turn one off, or all."""
        with self._lock:
            if name is None:
                self._on.clear()
            else:
                self._on.pop(name, None)

    def on(self, name: str) -> Fault | None:
        """The fault if it is on; it does not count as an occasion."""
        with self._lock:
            return self._on.get(name)

    def take(self, name: str) -> Fault | None:
        """The fault if it is on, using up one occasion."""
        with self._lock:
            fault = self._on.get(name)
            if fault is not None and fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._on[name]
            return fault


def check(name: str) -> None:
    """Raise ValueError, with the nearest names, for a fault that does not exist."""
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, 3) or sorted(NAMES)
        raise ValueError(f'no fault "{name}"; there is {", ".join(near)}')
