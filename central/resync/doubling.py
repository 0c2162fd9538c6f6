"""Owns which punches are one event at two readers: those that a workday drops as repeats of another's."""

from collections.abc import Iterator

from central.resync.conflicts import Ruling, TwoReaders, rule
from wire.days import DayResult


def doubled(day: DayResult) -> Iterator[tuple[str, Ruling]]:
    """The ids of punches, both of a pair, and what is said of them."""
    readers = {one.punch: one.reader for one in day.clockings if one.punch is not None}
    for one in day.dropped:
        kept = readers.get(one.kept)
        ruling = None if kept is None else rule(TwoReaders(kept, one.reader))
        if ruling is not None:
            yield one.punch, ruling
            yield one.kept, ruling
