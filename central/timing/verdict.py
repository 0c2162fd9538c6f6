"""Owns what central says of a punch's time: the instant that counts, the bounds of the true one, the doubt.

The Pi's part: a synchronised clock is right to a second, one in holdover drifts, one that was never set is
repaired (`boots`) or says nothing. The terminal's part: its clock is a counter of its own. What it was
measured to be away from UTC dates its records whatever the zone; where it follows the zone's changes, the
zone dates them. Both are asked, for the measurement that came with the punch and, if the clock was moved
since, for the one before; what would lie behind the reading cannot be. The bounds hold all that is left.
They know nothing of a clock that was moved and moved back between two measurements.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

import msgspec
from msgspec.structs import replace

from central.timing.boots import believed_within
from central.workdays.interpretation import Raw, Sites, instant

Doubt = Literal["before-2000", "years-ago", "in-the-future", "clock-unset", "clock-wrong"]
"""Why a punch goes to review and counts nowhere."""

UNSURE_S = 60.0
"""A punch whose printed time a measurement denies by more than this is flagged on its workday."""
OFFSET_S = 2.0
"""A terminal shows whole seconds, and a question takes a moment: what a measurement may be wrong by."""
TERMINAL_DRIFT = 3e-4
"""Seconds per second: the worst terminals lose minutes in a month, this is 26 s a day."""
DRIFT_AT_MOST_S = 3600.0
"""A clock that drifted further was set by somebody meanwhile; so far, however long ago it was measured."""
DELIVERY_S = 2.0
"""What a live punch needs from the terminal to the Pi."""
ACCEPTED_S = 60.0
"""A time that a person accepted is told to the minute."""
_US = 1_000_000
_DAY_S = 86_400
_YEARS_S = 10 * 366 * _DAY_S
"""No terminal's log reaches further back."""
_FIRST_S = 946_771_200
"""2000-01-02: a terminal whose battery died goes on from 2000-01-01."""


class Timed(msgspec.Struct, frozen=True):
    """The time of a punch, in epoch seconds; a struct, since millions of them are made.

    `at` is what counts, unless there is a `doubt`. The true time lies from `earliest` to `latest`; both
    are None where nothing was measured. `unsure` says that a measurement denies `at`, or that nothing
    vouches for it. `proposed` is the likeliest time of a punch in doubt.
    """

    at: int
    earliest: float | None
    latest: float | None
    doubt: Doubt | None = None
    unsure: bool = False
    proposed: int | None = None

    @property
    def within_s(self) -> float | None:
        """By how many seconds `at` may be wrong; None if nobody can say."""
        if self.earliest is None or self.latest is None:
            return None
        return max(self.at - self.earliest, self.latest - self.at, 0.0)

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last instant at which it may have been; both are `at` if nothing was measured."""
        first = self.at if self.earliest is None else min(self.at, self.earliest)
        return first, self.at if self.latest is None else max(self.at, self.latest)


@dataclass(frozen=True, slots=True)
class _Reading:
    """When the Pi read a punch, and by how many seconds that may be wrong (None: nothing vouches for it)."""

    at: float
    within_s: float | None


def timed(raw: Raw, sites: Sites) -> Timed:
    """Judge the time of one punch."""
    if raw.accepted_us is not None:
        accepted = raw.accepted_us // _US
        return Timed(accepted, accepted - ACCEPTED_S, accepted + ACCEPTED_S)
    reading = _reading(raw)
    if raw.device_wall_us is None:
        return _by_reading(raw, reading)
    if reading.within_s is None or raw.clock_offset_s is None:
        return _unmeasured(raw, instant(raw, sites), reading)
    if raw.how == "live":
        return _live(raw, sites, reading, reading.within_s, raw.clock_offset_s)
    return _recorded(raw, sites, reading, reading.within_s, raw.clock_offset_s)


def _reading(raw: Raw) -> _Reading:
    if raw.repaired_us is not None:
        return _Reading(raw.repaired_us / _US, raw.repaired_within_s)
    return _Reading(raw.read_at_us / _US, believed_within(raw.clock_trust, raw.uptime_s))


def _by_reading(raw: Raw, reading: _Reading) -> Timed:
    """A reader without a clock. At a site that never meets a time server what arrives soon enough counts.

    A clock that was never set goes on from a time that is past, so that its error shows at the arrival.
    """
    at = int(reading.at // 1)
    if reading.within_s is None:
        waited_s = raw.received_at_us / _US - reading.at
        believable = -UNSURE_S <= waited_s <= _DAY_S
        doubt = impossible(at, raw) or (None if believable else "clock-unset")
        return Timed(at, None, None, doubt, unsure=True)
    return Timed(at, reading.at - reading.within_s, reading.at + reading.within_s, impossible(at, raw))


def _unmeasured(raw: Raw, at: int, reading: _Reading) -> Timed:
    """What the terminal printed stands alone; only a live punch can still be held against the Pi."""
    doubt = impossible(at, raw)
    vouched = reading.within_s is not None
    if doubt is None and vouched and raw.how == "live" and abs(at - reading.at) > _DAY_S:
        doubt = "clock-wrong"
    return Timed(at, None, None, doubt, unsure=not vouched)


def _live(raw: Raw, sites: Sites, reading: _Reading, read_within_s: float, offset_s: float) -> Timed:
    """A punch that was read as it happened: the terminal's clock and the Pi's enclose it.

    Of a time that the branch's clock shows twice in autumn, the measurement tells which is meant.
    """
    measured = _wall(raw) - _away(raw, reading, offset_s)
    at = min(_printed(raw, sites), key=lambda fold: abs(fold - measured))
    margin_s = OFFSET_S + read_within_s
    first = min(measured - margin_s, reading.at - read_within_s - DELIVERY_S)
    last = reading.at + read_within_s
    return _judged(raw, at, (measured, reading.at), (first, last), measured)


def _recorded(raw: Raw, sites: Sites, reading: _Reading, read_within_s: float, offset_s: float) -> Timed:
    """A record that was read later, by what the clock was measured at then, and before."""
    at = instant(raw, sites)
    away = [_away(raw, reading, offset_s)]
    drifted_s = 0.0
    if raw.offset_before_s is not None:
        away.append(raw.offset_before_s)
        drifted_s = DRIFT_AT_MOST_S if abs(away[1] - away[0]) > 2 * OFFSET_S else 0.0
    last = reading.at + read_within_s
    known: list[float] = []
    bounds: list[float] = []
    for one in _meanings(raw, sites, reading, away):
        if raw.offset_before_s is None:
            drifted_s = min(TERMINAL_DRIFT * max(reading.at - one, 0.0), DRIFT_AT_MOST_S)
        margin_s = OFFSET_S + read_within_s + drifted_s
        if one - margin_s <= last:
            known.append(one)
            bounds += (one - margin_s, min(one + margin_s, last))
    if not known:
        return Timed(at, None, None, impossible(at, raw) or "clock-wrong")
    return _judged(raw, at, known, (min(bounds), max(bounds)), _wall(raw) - away[0])


def _judged(raw: Raw, at: int, known: Sequence[float], bounds: tuple[float, float], measured: float) -> Timed:
    first, last = min(known), max(known)
    doubt = impossible(at, raw)
    if doubt is None and (max(at - first, last - at) > _DAY_S or last - first > _DAY_S):
        doubt = "clock-wrong"
    unsure = max(at - first, last - at) > UNSURE_S
    proposed = None
    if doubt is not None and measured in known and impossible(measured, raw) is None:
        proposed = int(measured)
    return Timed(at, *bounds, doubt, unsure, proposed)


def _meanings(raw: Raw, sites: Sites, reading: _Reading, away: Sequence[float]) -> Iterator[float]:
    """The instants that a record can mean, by each way in which the clock may have been away from UTC.

    Where the clock was moved since the reading before, the zone may have changed since, too. And where it is
    wrong by years, the date that it shows may be in another season of the zone than the true one.
    """
    zone = sites.zones.of(raw.edge)
    season_s = _offset_s(reading.at, zone)
    errors = {one - season_s: one for one in away}
    if abs(away[-1] - away[0]) > 2 * OFFSET_S:
        errors[away[-1] - _offset_s(reading.at - _DAY_S, zone)] = away[-1]
    for error_s, one in errors.items():
        yield _wall(raw) - one
        yield from (printed - error_s for printed in _printed(raw, sites))
        if abs(error_s) > OFFSET_S:
            right_us = int((_wall(raw) - error_s) * _US)
            yield from _printed(replace(raw, device_wall_us=right_us), sites)


def _offset_s(at: float, zone: tzinfo) -> float:
    return (datetime.fromtimestamp(at, zone).utcoffset() or timedelta()).total_seconds()


def _wall(raw: Raw) -> float:
    return (raw.device_wall_us or 0) / _US


def _away(raw: Raw, reading: _Reading, offset_s: float) -> float:
    """The terminal's wall clock minus UTC: it was measured against the Pi's clock as that stood then."""
    return offset_s + raw.read_at_us / _US - reading.at


def _printed(raw: Raw, sites: Sites) -> tuple[int, ...]:
    """The instants at which the branch's wall clock showed what the device printed: one, or in autumn two."""
    first, second = instant(raw, sites), instant(raw, sites, fold=1)
    return (first,) if first == second else (first, second)


def impossible(at: float, raw: Raw) -> Doubt | None:
    """Why no punch can have been at such a time, as central's own clock sees it."""
    received = raw.received_at_us / _US
    if at < _FIRST_S:
        return "before-2000"
    if at > received + _DAY_S:
        return "in-the-future"
    return "years-ago" if at < received - _YEARS_S else None
