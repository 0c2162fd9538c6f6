"""Measures a terminal's clock by the punches that it pushes as people make them.

A terminal that pushes never tells the time, and a record does not show how long it waited for its upload.
So only a record that cannot have waited measures: one that came alone, from a terminal that had been in
contact without a gap and without a refusal for so long that nothing older was left to send. What it measured
stands for a while, for records that come together, as long as the contact holds and they do not deny it.
"""

from datetime import datetime

from edge.readers.reader import Moment
from edge.readers.zkteco_push.attlog import Record, read_lines

SETTLED_S = 600.0
STANDS_S = 3600.0
"""A clock that loses 26 s a day is a second off by then."""
_UPLOAD_S = 0.5
"""A terminal shows whole seconds, half a second late on average."""
_LATE_S, _EARLY_S = 5.0, 2.0
"""How much later than its time, and how much earlier, the newest of several records may seem to come."""
_LONGEST_BODY = 4096
"""A longer upload in settled contact is no company of fresh punches."""


class LiveClock:
    """What is known of the contact with one terminal, and of its clock."""

    def __init__(self, longest_gap_s: float) -> None:
        self._longest_gap_s = longest_gap_s
        self._since_s: float | None = None
        self._last_s = 0.0
        self._boot_shown_s: float | None = None
        self._measured_s = 0.0

    def contact(self, now_s: float) -> None:
        """The terminal asked for something, and got it. Seconds are those of a clock that never steps."""
        if self._since_s is None or now_s - self._last_s > self._longest_gap_s:
            self.broken()
            self._since_s = now_s
        self._last_s = now_s

    def broken(self) -> None:
        """An answer did not get through, so that what comes next may have waited."""
        self._since_s = self._boot_shown_s = None

    def measure(self, body: bytes, moment: Moment) -> float | None:
        """The terminal's wall clock minus UTC for the records of an upload that came just now; or None.

        It is true to about a second more than the upload takes.
        """
        settled = self._since_s is not None and self._last_s - self._since_s >= SETTLED_S
        lines = list(read_lines(body)) if settled and len(body) <= _LONGEST_BODY else []
        walls = [line.wall for line in lines if isinstance(line, Record)]
        if not walls:
            return None
        offset_s = (max(walls) - _naive(moment.utc)).total_seconds() + _UPLOAD_S
        if len(lines) == 1:
            self._boot_shown_s, self._measured_s = offset_s + moment.booted_s, moment.uptime_s
            return round(offset_s, 1)
        stands_s = self._stands(moment)
        if stands_s is None or not -_LATE_S <= offset_s - stands_s <= _EARLY_S:
            self._boot_shown_s = None
            return None
        return round(stands_s, 1)

    def _stands(self, moment: Moment) -> float | None:
        """What was measured in this contact, by the Pi's clock as it stands now."""
        if self._boot_shown_s is None or moment.uptime_s - self._measured_s > STANDS_S:
            return None
        return self._boot_shown_s - moment.booted_s


def _naive(utc: datetime) -> datetime:
    return utc.replace(tzinfo=None)
