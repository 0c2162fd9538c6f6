"""Owns what workdays wait for: how far readers are read, who uses which, and who waits for whom."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, insert, or_, select, tuple_

from central.ledger.database import insert_into
from central.ledger.workdays.results import Place
from central.ledger.workdays.tables import contacts, uses, waits
from central.workdays.contacts import Reader


def load_contacts(connection: Connection) -> dict[Reader, int | None]:
    """Up to which instant each reader is read, in epoch seconds."""
    query = select(contacts.c.edge, contacts.c.reader, contacts.c.upto_s)
    return {(edge, reader): upto for edge, reader, upto in connection.execute(query)}


def keep_contacts(
    connection: Connection, changed: Mapping[Reader, int | None], gone: Collection[Reader]
) -> None:
    """Store how far readers are read, and forget those that their edges no longer have."""
    if changed:
        adding = insert_into(connection, contacts)
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=[contacts.c.edge, contacts.c.reader],
                set_={contacts.c.upto_s: adding.excluded.upto_s},
            ),
            [
                {"edge": edge, "reader": reader, "upto_s": upto}
                for (edge, reader), upto in sorted(changed.items())
            ],
        )
    for edge, reader in gone:
        connection.execute(delete(contacts).where(contacts.c.edge == edge, contacts.c.reader == reader))


def used(connection: Connection, employee_ids: Collection[str]) -> dict[str, dict[Reader, int]]:
    """The readers that each of these employees ever used, with the last day."""
    query = select(uses).where(uses.c.employee_id.in_(employee_ids))
    found: dict[str, dict[Reader, int]] = {}
    for employee_id, edge, reader, last in connection.execute(query):
        found.setdefault(employee_id, {})[edge, reader] = last
    return found


def users_of(connection: Connection, edges: Collection[str]) -> set[str]:
    """Everybody who ever used a reader of one of these edges."""
    query = select(uses.c.employee_id).where(uses.c.edge.in_(edges))
    return set(connection.execute(query).scalars())


def use(connection: Connection, rows: Iterable[tuple[str, Reader, int]]) -> None:
    """Store the last day on which employees used readers."""
    told = [
        {"employee_id": employee_id, "edge": edge, "reader": reader, "last_day": last}
        for employee_id, (edge, reader), last in rows
    ]
    if told:
        adding = insert_into(connection, uses)
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=[uses.c.employee_id, uses.c.edge, uses.c.reader],
                set_={uses.c.last_day: adding.excluded.last_day},
            ),
            told,
        )


def disuse(connection: Connection, employee_id: str) -> None:
    """Forget which readers an employee used."""
    connection.execute(delete(uses).where(uses.c.employee_id == employee_id))


def wait(connection: Connection, places: Mapping[Place, tuple[int, Collection[Reader]]]) -> None:
    """Replace what these workdays wait for: readers, to be read up to an instant; none ends the waiting."""
    if not places:
        return
    connection.execute(delete(waits).where(tuple_(waits.c.employee_id, waits.c.day).in_(list(places))))
    rows = [
        {"employee_id": employee_id, "day": day, "edge": edge, "reader": reader, "until_s": until}
        for (employee_id, day), (until, readers) in places.items()
        for edge, reader in readers
    ]
    if rows:
        connection.execute(insert(waits), rows)


def over(connection: Connection, limit: int) -> list[Place]:
    """Workdays that wait for a reader which has been read far enough, or which its edge no longer has."""
    query = (
        select(waits.c.employee_id, waits.c.day)
        .distinct()
        .outerjoin(contacts, (contacts.c.edge == waits.c.edge) & (contacts.c.reader == waits.c.reader))
        .where(or_(contacts.c.edge.is_(None), contacts.c.upto_s >= waits.c.until_s))
        .limit(limit)
    )
    return [(employee_id, day) for employee_id, day in connection.execute(query)]
