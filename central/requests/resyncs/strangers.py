"""Owns which badges that a resync met belong to nobody: at its readers, on its dates."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import Connection

from central.directory.directory import Directory
from central.ledger.resyncs import strangers, verdicts
from central.ledger.resyncs.holdings import Extent
from central.ledger.resyncs.jobs import Job
from central.ledger.resyncs.strangers import Badge, Stranger, Times
from central.zones import Zones, midnight

MOST = 5000
"""Badges of nobody that are kept of one resync."""
_DAY = timedelta(days=1)


def met(connection: Connection, job: Job, directory: Directory, zones: Zones) -> list[Stranger]:
    """What the ledger holds of nobody, and what a reader told that the ledger does not hold."""
    span, found = job.request.span, dict[strangers.Place, Stranger]()
    for edge, reader in sorted({(one.part.edge, one.part.reader) for one in job.asked}):
        zone = zones.of(edge)
        since, until = midnight(span.first, zone), midnight(span.last + _DAY, zone)
        extent = Extent(edge, reader, span, since, until, None)
        for badge, times in strangers.badges(connection, extent):
            for walls in _unowned(connection, extent, badge, times, directory, zones):
                _add(found, Stranger(badge.raw, edge, reader, *walls))
    places = {one.number: (one.part.edge, one.part.reader) for one in job.asked}
    for badge_text, part, count, first, last in verdicts.strangers(connection, job.job_id):
        _add(found, Stranger(badge_text, *places[part], count, first, last))
    return list(found.values())


def keep(connection: Connection, job: Job, found: Sequence[Stranger]) -> None:
    """Store what was met, the `MOST` that were met most often."""
    most = sorted(found, key=attrgetter("punches"), reverse=True)[:MOST]
    strangers.keep(connection, job.job_id, most)


def _unowned(
    connection: Connection,
    extent: Extent,
    badge: Badge,
    times: Times,
    directory: Directory,
    zones: Zones,
) -> Iterator[tuple[int, datetime, datetime]]:
    """How many punches of a badge are nobody's, with the first and the last wall time; nothing if none is."""
    edge, named = extent.edge, (badge.form, badge.raw, badge.canon)
    if not directory.dated(*named):
        if directory.who(edge, *named) is None:
            first, last = (zones.wall(edge, *both) for both in zip(times.walls, times.read, strict=True))
            yield times.punches, first, last
        return
    walls = [zones.wall(edge, *both) for both in strangers.moments(connection, extent, badge)]
    theirs = [wall for wall in walls if directory.who(edge, *named, wall.date()) is None]
    if theirs:
        yield len(theirs), min(theirs), max(theirs)


def _add(found: dict[strangers.Place, Stranger], one: Stranger) -> None:
    """Put what is told of one badge at one reader together."""
    place = one.badge, one.edge, one.reader
    if (known := found.get(place)) is None:
        found[place] = one
        return
    times = [at for at in (known.first, known.last, one.first, one.last) if at is not None]
    first, last = (min(times), max(times)) if times else (None, None)
    found[place] = Stranger(*place, known.punches + one.punches, first, last)
