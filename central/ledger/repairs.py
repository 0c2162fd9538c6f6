"""Owns what stands beside the punches on their time: what dates a boot, repaired readings, accepted times.

The punches themselves never change. All functions run inside the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Float, Integer, LargeBinary, Table, Text, case, delete, select
from sqlalchemy import literal_column as literal

from central.ledger import quick
from central.ledger.contexts import contexts
from central.ledger.database import insert_into
from central.ledger.schema import metadata, punches
from central.ledger.times import MS_PER_DAY, Micros, micros, moment
from central.ledger.workdays import marks
from central.ledger.workdays.tables import doubts
from central.timing.boots import Boot, Sighting, mended, started

BootKey = tuple[str, str]
"""An edge, and the kernel's name of one of its boots."""

NAMELESS = ("", "unknown")
"""What an edge says that cannot ask its kernel; such boots are all alike."""
_AT_ONCE = 500
_INSTANT = Micros(datetime(1970, 1, 1, tzinfo=UTC))

boots = Table(
    "boots",
    metadata,
    Column("edge", Text, primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("first_uptime_s", Float, nullable=False),
    Column("first_at_us", _INSTANT, key="first_at", nullable=False),
    Column("last_uptime_s", Float, nullable=False),
    Column("last_at_us", _INSTANT, key="last_at", nullable=False),
)
"""The earliest and the latest instant of each boot at which its clock was synchronised."""

repairs = Table(
    "repairs",
    metadata,
    Column("punch_id", LargeBinary, primary_key=True),
    Column("day", Integer, nullable=False),
    Column("badge_key", Text, nullable=False),
    Column("read_at_us", _INSTANT, key="read_at", nullable=True),
    Column("within_s", Float, nullable=True),
    Column("accepted_at_us", _INSTANT, key="accepted_at", nullable=True),
    Column("actor", Text, nullable=True),
    Column("noted_at_us", _INSTANT, key="noted_at", nullable=False),
)
"""Punches whose time is another than they say: when they were truly read, or the time that a person gave.

`day` is the date of the time that counts, in days since 1970 UTC: under it, too, the punch is found.
"""

_NEW_BOOT = -1.0
_KNOWN = (
    "SELECT first_uptime_s, first_at_us, last_uptime_s, last_at_us FROM boots WHERE edge = ? AND boot_id = ?"
)


def learn(
    connection: Connection,
    seen: Mapping[BootKey, Iterable[Sighting]],
    unsure: Mapping[BootKey, Sequence[bytes]],
    at: datetime,
) -> None:
    """Take synchronised instants of boots, and new punches read without one; repair what they date."""
    wanted = {key for key in (*seen, *unsure) if key[1] not in NAMELESS}
    if not wanted:
        return
    known = _known(connection, wanted)
    for key in sorted(wanted):
        before = known.get(key)
        boot = before
        for sighting in sorted(seen.get(key, ()), key=lambda one: one.uptime_s):
            boot = started(sighting) if boot is None else boot.widened(sighting)
        if boot is None:
            continue
        if boot != before:
            _keep(connection, key, boot)
            same_start = before is not None and before.first == boot.first
            since_s = before.last.uptime_s if before is not None and same_start else _NEW_BOOT
            _mend(connection, boot, _of_boot(connection, key, since_s), at)
        elif key in unsure:
            _mend(connection, boot, _of_ids(connection, unsure[key]), at)


def _known(connection: Connection, wanted: set[BootKey]) -> dict[BootKey, Boot]:
    return {
        key: Boot(Sighting(first_s, moment(first_us)), Sighting(last_s, moment(last_us)))
        for key in wanted
        for first_s, first_us, last_s, last_us in quick.ask(connection, _KNOWN, key)
    }


def _keep(connection: Connection, key: BootKey, boot: Boot) -> None:
    adding = insert_into(connection, boots)
    names = ("first_uptime_s", "first_at", "last_uptime_s", "last_at")
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[boots.c.edge, boots.c.boot_id],
            set_={boots.c[name]: adding.excluded[name] for name in names},
        ),
        {
            "edge": key[0],
            "boot_id": key[1],
            "first_uptime_s": boot.first.uptime_s,
            "first_at": boot.first.at,
            "last_uptime_s": boot.last.uptime_s,
            "last_at": boot.last.at,
        },
    )


_UNSURE = (
    select(
        punches.c.punch_id,
        punches.c.day,
        punches.c.edge,
        punches.c.badge_key,
        punches.c.device_wall,
        punches.c.read_at,
        punches.c.clock_trust,
        punches.c.uptime_s,
        repairs.c.within_s,
    )
    .select_from(punches)
    .outerjoin(repairs, repairs.c.punch_id == punches.c.punch_id)
    # Spelled out, as in the index that it is to be found by.
    .where(punches.c.context_number < literal("0"))
)


def _of_boot(connection: Connection, key: BootKey, since_s: float) -> Sequence[Any]:
    edge, boot_id = key
    theirs = select(contexts.c.context).where(contexts.c.boot_id == boot_id)
    query = _UNSURE.where(
        punches.c.context_number.in_(theirs), punches.c.edge.concat("") == edge, punches.c.uptime_s > since_s
    )
    return connection.execute(query).all()


def _of_ids(connection: Connection, punch_ids: Sequence[bytes]) -> Sequence[Any]:
    found: list[Any] = []
    for start in range(0, len(punch_ids), _AT_ONCE):
        some = punch_ids[start : start + _AT_ONCE]
        found += connection.execute(_UNSURE.where(punches.c.punch_id.in_(some))).all()
    return found


def _mend(connection: Connection, boot: Boot, found: Iterable[Any], at: datetime) -> None:
    """Store the repairs that are better than what is known, and mark what they may change."""
    rows, touched = [], set()
    for punch in found:
        repair = mended(boot, punch.clock_trust, punch.read_at, punch.uptime_s)
        if repair is None or (punch.within_s is not None and punch.within_s <= repair.within_s):
            continue
        rows.append(
            {
                "punch_id": punch.punch_id,
                "day": punch.day if punch.device_wall is not None else _day(repair.read_at),
                "badge_key": punch.badge_key,
                "read_at": repair.read_at,
                "within_s": repair.within_s,
                "noted_at": at,
            }
        )
        touched.add((punch.badge_key, punch.edge, punch.day))
    if not rows:
        return
    adding = insert_into(connection, repairs)
    told = adding.excluded
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[repairs.c.punch_id],
            set_={
                repairs.c.day: case((repairs.c.accepted_at.is_(None), told.day), else_=repairs.c.day),
                repairs.c.read_at: told.read_at,
                repairs.c.within_s: told.within_s,
                repairs.c.noted_at: told.noted_at,
            },
        ),
        rows,
    )
    _doubt_no_more(connection, [row["punch_id"] for row in rows])
    marks.touch(connection, touched)


def accept(connection: Connection, punch_id: bytes, true_at: datetime, actor: str, at: datetime) -> bool:
    """Let a punch count at the time that a person gave it; False if the ledger has no such punch."""
    query = select(punches.c.day, punches.c.edge, punches.c.badge_key).where(punches.c.punch_id == punch_id)
    punch = connection.execute(query).first()
    if punch is None:
        return False
    adding = insert_into(connection, repairs)
    told = adding.excluded
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=[repairs.c.punch_id],
            set_={repairs.c[name]: told[name] for name in ("day", "accepted_at", "actor", "noted_at")},
        ),
        {
            "punch_id": punch_id,
            "day": _day(true_at),
            "badge_key": punch.badge_key,
            "accepted_at": true_at,
            "actor": actor,
            "noted_at": at,
        },
    )
    _doubt_no_more(connection, [punch_id])
    marks.touch(connection, {(punch.badge_key, punch.edge, punch.day)})
    return True


def _doubt_no_more(connection: Connection, punch_ids: Sequence[bytes]) -> None:
    """Take punches off the list for review; whoever computes their days puts back what belongs there."""
    for start in range(0, len(punch_ids), _AT_ONCE):
        some = punch_ids[start : start + _AT_ONCE]
        connection.execute(delete(doubts).where(doubts.c.punch_id.in_(some)))


def _day(at: datetime) -> int:
    return micros(at) // 1000 // MS_PER_DAY
