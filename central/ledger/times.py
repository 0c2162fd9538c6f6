"""Owns how the database keeps times: instants and wall times in microseconds, dates in days, since 1970."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time has no zone
_EPOCH_DAY = date(1970, 1, 1)
MS_PER_DAY = 86_400_000


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def wall_micros(wall: datetime) -> int:
    """Microseconds since 1970 of a naive time, read as if it were UTC."""
    since = wall - NAIVE_EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(us: int) -> datetime:
    """The aware time so many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=us)


def wall_moment(us: int) -> datetime:
    """The naive time so many microseconds after 1970."""
    return NAIVE_EPOCH + timedelta(microseconds=us)


class Micros(TypeDecorator[datetime]):
    """A datetime as microseconds since an epoch: an aware one is an instant, a naive one a wall time."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, epoch: datetime) -> None:
        super().__init__()
        self.epoch = epoch
        self._micros = micros if epoch.tzinfo else wall_micros

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        del dialect
        return None if value is None else self._micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        del dialect
        return None if value is None else self.epoch + timedelta(microseconds=value)


class Day(TypeDecorator[date]):
    """A date as days since 1970."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:
        """To the database."""
        del dialect
        return None if value is None else (value - _EPOCH_DAY).days

    def process_result_value(self, value: int | None, dialect: Dialect) -> date | None:
        """From the database."""
        del dialect
        return None if value is None else _EPOCH_DAY + timedelta(days=value)
