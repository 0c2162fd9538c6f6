"""Measures a terminal's clock by the punches that it pushes as people make them.

A terminal that pushes never tells the time, and a record does not show how long it waited for its upload.
So only a record that cannot have waited measures: one that came alone, from a terminal that had been in
contact without a gap and without a refusal for so long that nothing older was left to send.
"""

from datetime import datetime

from edge.readers.zkteco_push.attlog import Odd, read_lines

SETTLED_S = 600.0
_UPLOAD_S = 0.5
"""A terminal shows whole seconds, half a second late on average."""


class LiveClock:
    """What is known of the contact with one terminal. Seconds are those of a clock that never steps."""

    def __init__(self, longest_gap_s: float) -> None:
        self._longest_gap_s = longest_gap_s
        self._since_s: float | None = None
        self._last_s = 0.0

    def contact(self, now_s: float) -> None:
        """The terminal asked for something, and got it."""
        if self._since_s is None or now_s - self._last_s > self._longest_gap_s:
            self._since_s = now_s
        self._last_s = now_s

    def broken(self) -> None:
        """An answer did not get through, so that what comes next may have waited."""
        self._since_s = None

    def measure(self, body: bytes, utc: datetime) -> float | None:
        """The terminal's wall clock minus UTC, from an upload that came at `utc`; or None.

        It is true to about a second more than the upload takes.
        """
        if self._since_s is None or self._last_s - self._since_s < SETTLED_S:
            return None
        lines = [] if b"\n" in body.strip() else list(read_lines(body))
        if not lines or isinstance(lines[0], Odd):
            return None
        return round((lines[0].wall - utc.replace(tzinfo=None)).total_seconds() + _UPLOAD_S, 1)
