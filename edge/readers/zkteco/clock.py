"""The clock of one terminal: measured against the Pi's, judged, and set where somebody wants it set.

What is kept is when the terminal's clock would have shown the boot of the Pi: that stands however the Pi's
own clock is moved, so the offset of every moment follows from it.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from edge.readers.reader import Desk, Moment
from edge.readers.wall_clock import CLOCK_OFF_S, off_by, zone_s
from edge.readers.zkteco.child import Child
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.punches import measured_offset
from edge.readers.zkteco.talk import ClockShows, ReadClock, SetClock
from wire.facts import EdgeEvent, OrderOutcome
from wire.order import ClockOrder

PROMPT_S = 2.5
"""An answer that took longer says too little about the instant at which it was true."""
SET_WITHIN_S = 3.0
"""A clock that shows what it was set to, to its whole seconds and a slow answer."""
_REFUSALS = ("clock-unsynced", "settings-wrong")
_STEADY_S = 0.2
_TRIES = 3
_QUARTER_S = 900


@dataclass(frozen=True, slots=True)
class SetBy:
    """How setting a clock went: a reason if it did not take, and how far ahead it was before and after."""

    reason: str = ""
    evidence: str = ""
    before_s: float | None = None
    after_s: float | None = None

    def outcome(self, order: ClockOrder, at: datetime) -> OrderOutcome:
        """What becomes of the order that asked for it."""
        outcome: Literal["done", "refused", "failed"] = "failed" if self.reason else "done"
        if self.reason in _REFUSALS:
            outcome = "refused"
        told = {"before_s": self.before_s, "after_s": self.after_s}
        return OrderOutcome(
            order_id=order.order_id,
            outcome=outcome,
            at=at,
            reason=self.reason,
            evidence=self.evidence,
            figures={name: figure for name, figure in told.items() if figure is not None},
        )


class TerminalClock:
    """Measures and sets. `doubt` is what is wrong with the clock, None while nothing is.

    `before_s` is the offset at the last reading of the log, by a synchronised Pi.
    """

    def __init__(
        self, name: str, options: TerminalOptions, desk: Desk, child: Child, before_s: float | None
    ) -> None:
        self._name = name
        self._options = options
        self._desk = desk
        self._child = child
        self._zone = None if options.zone is None else ZoneInfo(options.zone)
        self._boot_shown_s: float | None = None
        self._last_s = before_s
        self._told_off = False
        self.measured_at = 0.0
        self.before_s = before_s
        self.doubt: str | None = None

    def offset_s(self, moment: Moment) -> float | None:
        """The terminal's wall clock minus UTC, by the Pi's clock at a moment of this session."""
        return None if self._boot_shown_s is None else round(self._boot_shown_s - moment.booted_s, 1)

    def error_s(self, moment: Moment) -> float | None:
        """By how much it is wrong: exactly where its zone is known, else by more than zones explain."""
        offset_s = self.offset_s(moment)
        return None if offset_s is None else off_by(offset_s, self._zone, moment.utc)

    def was_read(self, moment: Moment) -> None:
        """Note that the whole log was read at this moment."""
        if moment.trust == "synced":
            self.before_s = self.offset_s(moment)

    def measure(self, serial: str) -> list[EdgeEvent]:
        """Ask the terminal; return what is new: that it is off, that it was moved."""
        shown, moment = self._ask()
        self.measured_at = time.monotonic()
        offset_s, error_s = self.offset_s(moment), self.error_s(moment)
        found: list[EdgeEvent] = []
        if offset_s is not None and moment.trust != "unset":
            moved_s = None if self._last_s is None else round(offset_s - self._last_s, 1)
            if moved_s is not None and _moved(moved_s):
                fields = {"moved_s": moved_s, "before_s": self._last_s, "offset_s": offset_s}
                found.append(self._event("clock_reset", moment, serial=serial, shown=str(shown), **fields))
            self._last_s = offset_s
        off = error_s is not None and abs(error_s) > CLOCK_OFF_S and moment.trust != "unset"
        if shown is not None and not off:
            self.doubt, self._told_off = None, False
            return found
        error_s = None if shown is None else error_s
        if not self._told_off:
            self._told_off = True
            fields = {"offset_s": offset_s, "error_s": None if error_s is None else round(error_s, 1)}
            found.append(self._event("clock_off", moment, serial=serial, shown=str(shown), **fields))
        told = "an impossible date" if shown is None else f"{shown:%Y-%m-%d %H:%M:%S}, off by {error_s:.0f} s"
        self.doubt = f"the terminal shows {told}"
        return found

    def set(self, zone: ZoneInfo, serial: str) -> tuple[SetBy, list[EdgeEvent]]:
        """Set it to the Pi's time in a zone, and read it back. The Pi must be synchronised.

        The caller has just measured it and read the log, so that nothing older lies under the new time.
        """
        moment = self._desk.moment()
        before_s = self.offset_s(moment)
        wall = moment.utc.replace(tzinfo=None) + timedelta(seconds=zone_s(zone, moment.utc) + 0.5)
        request = SetClock(wall=wall.replace(microsecond=0), within_s=self._options.answer_s)
        self._child.ask(request, ClockShows)
        self._last_s = None
        shown, moment = self._ask()
        after_s = self.offset_s(moment)
        self._last_s = after_s
        was_s, is_s = _ahead_s(before_s, zone, moment), _ahead_s(after_s, zone, moment)
        if is_s is None or abs(is_s) > SET_WITHIN_S:
            told = f"read back, it shows {shown or 'no possible date'}"
            return SetBy("clock-refused", told, was_s, is_s), []
        event = self._event(
            "clock_set", moment, serial=serial, before_s=before_s, after_s=after_s, zone=zone.key
        )
        return SetBy("", f"read back, it shows {shown}", was_s, is_s), [event]

    def _ask(self) -> tuple[datetime | None, Moment]:
        """What it shows, and the moment just after; asked again if that was slow or the Pi's clock moved."""
        for _ in range(_TRIES):
            before = self._desk.moment()
            shown = self._child.ask(ReadClock(within_s=self._options.answer_s), ClockShows).wall
            after = self._desk.moment()
            steady = abs(after.booted_s - before.booted_s) <= _STEADY_S
            if shown is None or (steady and after.uptime_s - before.uptime_s <= PROMPT_S):
                break
        else:
            self._boot_shown_s = None
            return shown, after
        offset_s = None if shown is None else measured_offset(shown, before.utc, after.utc)
        self._boot_shown_s = None if offset_s is None else offset_s + after.booted_s
        return shown, after

    def _event(self, word: str, moment: Moment, **fields: str | float | None) -> EdgeEvent:
        return EdgeEvent(event=word, at=moment.utc, reader=self._name, fields=dict(fields))


def _moved(by_s: float) -> bool:
    """Whether somebody moved the clock; a change of the zone by quarter hours is none."""
    quarters_s = round(by_s / _QUARTER_S) * _QUARTER_S
    by_the_zone = abs(by_s - quarters_s) <= CLOCK_OFF_S and abs(quarters_s) <= 2 * 3600
    return abs(by_s) > CLOCK_OFF_S and not by_the_zone


def _ahead_s(offset_s: float | None, zone: ZoneInfo, moment: Moment) -> float | None:
    return None if offset_s is None else round(offset_s - zone_s(zone, moment.utc), 1)


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of this IANA name, None if this machine knows no such zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
