"""Turns key events of a keyboard reader into the text of a scan, and tells a scan from typing.

Key codes are positions on a keyboard with the US layout, whatever layout the host has set. A reader types
fast: its keys come within a tenth of a second of each other and its scan within one second. A person does
not, and what a person types is never kept: it may be a password.
"""

from dataclasses import dataclass
from typing import Literal

Terminator = Literal["enter", "tab", "none"]

GAP_S = 0.1
"""Readers leave 1 to 40 ms between keys; 100 ms of silence end a scan."""
SCAN_S = 1.0
"""No reader needs longer for a whole card; ten keys in a second is faster than typing."""
SHORTEST_SCAN, LONGEST_SCAN = 4, 64
"""No notation of a card is shorter; a person's single keys are."""

KEY_TAB, KEY_ENTER, KEY_KPENTER = 15, 28, 96
_SHIFTS = frozenset({42, 54})
_ENDS: dict[Terminator, frozenset[int]] = {
    "enter": frozenset({KEY_ENTER, KEY_KPENTER}),
    "tab": frozenset({KEY_TAB}),
    "none": frozenset(),
}
_ANY_END = frozenset({KEY_TAB, KEY_ENTER, KEY_KPENTER})
_ROWS = {2: "1234567890-=", 16: "qwertyuiop[]", 30: "asdfghjkl;'`", 43: "\\zxcvbnm,./"}
_SHIFTED_ROWS = {2: "!@#$%^&*()_+", 16: "QWERTYUIOP{}", 30: 'ASDFGHJKL:"~', 43: "|ZXCVBNM<>?"}
_KEYPAD = {55: "*", 57: " ", 71: "7", 72: "8", 73: "9", 74: "-", 75: "4", 76: "5", 77: "6", 78: "+"}
_KEYPAD |= {79: "1", 80: "2", 81: "3", 82: "0", 83: ".", 98: "/", 121: ","}


def _spread(rows: dict[int, str]) -> dict[int, str]:
    return {first + at: char for first, row in rows.items() for at, char in enumerate(row)}


PLAIN = _spread(_ROWS) | _KEYPAD
"""The character of each key code."""
SHIFTED = _spread(_SHIFTED_ROWS) | _KEYPAD
"""The same while Shift is held."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A text that a reader typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Keys that were no scan: how many characters, and why. Which they were is forgotten."""

    why: str
    length: int


class Keystrokes:
    """The decoder of one keyboard. Times are seconds of one clock, in the order of the events."""

    def __init__(self, terminator: Terminator, gap_s: float = GAP_S, scan_s: float = SCAN_S) -> None:
        self._terminator = terminator
        self._gap_s = gap_s
        self._scan_s = scan_s
        self._held: set[int] = set()
        self._text = ""
        self._spoilt = ""
        self._first = self._last = 0.0

    @property
    def pending(self) -> bool:
        """Whether a scan has begun and not ended: `idle` is due when the gap has passed."""
        return bool(self._text or self._spoilt)

    def feed(self, code: int, value: int, at: float) -> list[Scan | Refused]:
        """Take one key event: `value` is 1 for down, 0 for up, 2 for a repeat of the keyboard itself."""
        if code in _SHIFTS:
            (self._held.discard if value == 0 else self._held.add)(code)
            return []
        if value != 1:
            return []
        told = self.idle(at)
        if code in _ANY_END:
            return told + self._ended(code)
        if not self.pending:
            self._first = at
        self._last = at
        char = (SHIFTED if self._held else PLAIN).get(code)
        if char is None:
            self._spoilt = self._spoilt or "a key that is no character"
        elif len(self._text) >= LONGEST_SCAN:
            self._spoilt = "too long for a card"
        elif at - self._first > self._scan_s:
            self._spoilt = "slower than a reader"
        else:
            self._text += char
        return told

    def idle(self, now: float) -> list[Scan | Refused]:
        """End what has begun if no key came for longer than the gap."""
        if not self.pending or 0 <= now - self._last <= self._gap_s:
            return []
        return self._close("" if self._terminator == "none" else "its end did not follow")

    def lost(self) -> list[Scan | Refused]:
        """Give up what has begun: the system dropped events, and Shift is no longer known."""
        self._held.clear()
        return self._close("the system dropped events") if self.pending else []

    def _ended(self, code: int) -> list[Scan | Refused]:
        if not self.pending:
            return []
        fits = self._terminator == "none" or code in _ENDS[self._terminator]
        return self._close("" if fits else "it ended with another key than the profile says")

    def _close(self, why: str) -> list[Scan | Refused]:
        why, text = self._spoilt or why, self._text
        if len(text) < SHORTEST_SCAN:
            why = why or "too short for a card"
        self._text = self._spoilt = ""
        return [Refused(why, len(text))] if why else [Scan(text)]
