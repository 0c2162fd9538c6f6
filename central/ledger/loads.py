"""Owns what is made ready of a parcel before the ledger is asked: rows of punches, and what they touch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter

from central.ledger import punches as held
from central.ledger.contexts import Reader, context_number, context_of, reader_number
from central.ledger.punches import Row
from central.ledger.repairs import BootKey
from central.ledger.times import moment
from central.ledger.workdays.marks import Touched
from central.streams import Parcel, Unread
from central.timing.boots import Sighting
from wire.punch import Punch

_id_of = itemgetter(held.PUNCH_ID)
_touched_by = itemgetter(held.KEY, held.DAY)
_origin_of = itemgetter(held.READER, held.CONTEXT)
_context_of = itemgetter(held.CONTEXT)
_uptime_of = itemgetter(held.UPTIME)


@dataclass(frozen=True, slots=True)
class Gist:
    """What punches mean beside their own rows.

    `readers` are theirs, `fresh` those of punches that were not re-read. `sighted` holds of each boot the
    first and the last punch read by a synchronised clock, `unsure` the ids of those read by another one.
    """

    touched: frozenset[Touched]
    readers: frozenset[Reader]
    fresh: frozenset[Reader]
    sighted: Sequence[tuple[BootKey, Sighting]]
    unsure: Sequence[tuple[BootKey, bytes]]

    @classmethod
    def joined(cls, gists: Sequence["Gist"]) -> "Gist":
        """What they mean together."""
        return cls(
            frozenset().union(*(gist.touched for gist in gists)),
            frozenset().union(*(gist.readers for gist in gists)),
            frozenset().union(*(gist.fresh for gist in gists)),
            list(chain.from_iterable(gist.sighted for gist in gists)),
            list(chain.from_iterable(gist.unsure for gist in gists)),
        )


@dataclass(frozen=True, slots=True)
class Load:
    """A parcel, ready for the ledger: the rows of its punches want nothing but their arrival's number.

    `readers` and `contexts` are what the rows name by numbers, of each context one of its punches. `gist` is
    what all of them mean. `parcel` is without its punches: in memory they take three times their rows' room.
    """

    parcel: Parcel
    rows: Sequence[Row]
    readers: Mapping[int, Reader]
    contexts: Mapping[int, Punch]
    gist: Gist

    @classmethod
    def of(cls, parcel: Parcel) -> "Load":
        """Make a parcel ready."""
        rows: list[Row] = []
        readers: dict[int, Reader] = {}
        contexts: dict[int, Punch] = {}
        for seq, punch in parcel.punches:
            reader = (parcel.edge, punch.reader)
            of_reader, of_context = reader_number(reader), context_number(context_of(punch))
            readers[of_reader], contexts[of_context] = reader, punch
            rows.append(held.punch_row(punch, of_reader, of_context, seq))
        return cls(parcel.landed(), rows, readers, contexts, _gist(parcel.edge, rows, readers, contexts))

    @property
    def carries(self) -> bool:
        """Whether there is anything in it, be it unreadable."""
        return bool(self.rows) or self.parcel.carries

    def punch(self, row: Row) -> Punch:
        """The punch that a row was made of."""
        _, reader = self.readers[row[held.READER]]
        return held.punch_of(row, reader, self.contexts[row[held.CONTEXT]])

    def gist_of(self, rows: Sequence[Row]) -> Gist:
        """What some of the rows mean."""
        return _gist(self.parcel.edge, rows, self.readers, self.contexts)


def ready(message: Parcel | Unread) -> Load | Unread:
    """What came in a message, ready for the ledger."""
    return Load.of(message) if isinstance(message, Parcel) else message


def _gist(
    edge: str, rows: Sequence[Row], readers: Mapping[int, Reader], contexts: Mapping[int, Punch]
) -> Gist:
    origins = [(readers[reader], contexts[context]) for reader, context in set(map(_origin_of, rows))]
    boots = {number: (edge, punch.clock.boot_id) for number, punch in contexts.items()}
    synced = {number for number, punch in contexts.items() if punch.clock.trust == "synced"}
    return Gist(
        frozenset((key, edge, day) for key, day in set(map(_touched_by, rows))),
        frozenset(reader for reader, _ in origins),
        frozenset(reader for reader, punch in origins if punch.how != "reread"),
        _sighted((boots[number], some) for number, some in groupby(rows, _context_of) if number in synced),
        [(boots[row[held.CONTEXT]], _id_of(row)) for row in rows if row[held.CONTEXT] not in synced],
    )


def _sighted(rows: Iterable[tuple[BootKey, Iterable[Row]]]) -> list[tuple[BootKey, Sighting]]:
    by_boot: dict[BootKey, list[Row]] = {}
    for boot, some in rows:
        by_boot.setdefault(boot, []).extend(some)
    return [
        (boot, Sighting(row[held.UPTIME], moment(row[held.READ_AT])))
        for boot, some in by_boot.items()
        for row in (min(some, key=_uptime_of), max(some, key=_uptime_of))
    ]
