"""Owns when the daily resync of a branch is due: once a day, spread over the branches by a stable hash."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from hashlib import blake2b
from typing import Annotated

import msgspec

from central.zones import midnight
from wire.facts import Span

FRESH = timedelta(hours=1)
"""A branch that had no daily resync before begins with its next turn, or with one that is this young."""


class DailyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[resync]` section: a resync of every branch a day, of its last `days`.

    `daily` is the branch's wall time of the earliest, "" for none at all; `spread_minutes` later it is the
    turn of the last branch.
    """

    daily: Annotated[str, msgspec.Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?\Z")] = "02:00"
    spread_minutes: Annotated[int, msgspec.Meta(ge=0, le=720)] = 180
    days: Annotated[int, msgspec.Meta(ge=1, le=92)] = 7


@dataclass(frozen=True, slots=True)
class Turn:
    """The latest turn of a branch: the name of its resync, the dates, when it was, and when the next is."""

    name: str
    span: Span
    at: datetime
    next_at: datetime


def turn(options: DailyOptions, edge: str, zone: tzinfo, now: datetime) -> Turn | None:
    """The turn of a branch that passed last; None if there are none."""
    if not options.daily:
        return None
    day = now.astimezone(zone).date()
    if _at(options, edge, day, zone) > now:
        day -= timedelta(days=1)
    return Turn(
        name=f"daily-{edge}-{day}",
        span=Span(first=day - timedelta(days=options.days - 1), last=day),
        at=_at(options, edge, day, zone),
        next_at=_at(options, edge, day + timedelta(days=1), zone),
    )


def _at(options: DailyOptions, edge: str, day: date, zone: tzinfo) -> datetime:
    begin = time.fromisoformat(options.daily)
    place = int.from_bytes(blake2b(edge.encode(), digest_size=8).digest(), "big") / (1 << 64)
    after_s = begin.hour * 3600 + begin.minute * 60 + int(place * options.spread_minutes * 60)
    return midnight(day, zone) + timedelta(seconds=after_s)
