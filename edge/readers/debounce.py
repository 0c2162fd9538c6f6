"""Tells a card that still rests on the reader from one that is presented again."""


class Debounce:
    """Remembers when each card was last seen, for `window_s` seconds of a clock that never steps."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._last: dict[str, float] = {}

    def rests(self, card: str, at_s: float) -> bool:
        """Whether this sight at `at_s` continues an earlier one."""
        last = self._last.get(card)
        return last is not None and at_s - last < self._window_s

    def saw(self, card: str, at_s: float) -> None:
        """Note a sight: the window starts anew with each, so that a resting card stays one."""
        self._last = {known: last for known, last in self._last.items() if at_s - last < self._window_s}
        self._last[card] = at_s
