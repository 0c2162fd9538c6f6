"""The census of a terminal's log, day by day, and when a reader's day is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wire.account import EMPTY, Tally

_PATIENCE = timedelta(hours=24)
"""The last place on earth ends a date 12 h behind UTC; as long again a terminal may be out of reach."""


@dataclass(frozen=True, slots=True)
class Census:
    """What a terminal's log held when it was read at `read_at`, its own clock showing `shown`.

    `days` are tallies; a day from `since` to the one before `shown` that is not among them was empty.
    `begins` is of the oldest of the `records`, and `capacity` fit; where a terminal sends only the dates that
    it is asked for, `begins` is the oldest that came. For an order, `ids` are those of its span, ascending.
    """

    serial: str
    read_at: datetime
    shown: datetime
    records: int | None
    capacity: int | None
    begins: datetime | None
    since: date
    days: Mapping[date, Tally]
    ids: Sequence[bytes] = ()

    def of(self, day: date) -> Tally | None:
        """What the log held of a day; None if that was not counted, or the day was not over."""
        return self.days.get(day, EMPTY if self.since <= day < self.shown.date() else None)


def changed_days(before: Census | None, now: Census) -> set[date]:
    """The days of which a census tells something else than the one before; all if there was none."""
    if before is None:
        window = range(now.since.toordinal(), now.shown.toordinal())
        return {*now.days, *map(date.fromordinal, window)}
    return {day for day in before.days.keys() | now.days.keys() if before.of(day) != now.of(day)}


def closed_before(utc: datetime, census: Census | None, *, keeps_log: bool) -> date:
    """The first day of a reader that may still get punches.

    A terminal's day is over when its log was read behind it. One that is out of reach is waited for, and
    then the day closes without it.
    """
    if not keeps_log:
        return utc.date()
    given_up = (utc - _PATIENCE).date()
    return given_up if census is None else max(given_up, census.shown.date())
