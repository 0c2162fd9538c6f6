"""Owns the import of people: a list of them compared with the directory, and written if that is asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from central.directory.changes import Changes, changes
from central.directory.rows import Header, Refusal, read_header, read_rows
from central.ledger import audit, people
from central.ledger.database import Ledger
from central.sources.table import SourceError, Table


@dataclass(frozen=True, slots=True)
class Found:
    """What a file would change, or has changed; `ignored` names its columns that mean nothing."""

    changes: Changes
    ignored: tuple[str, ...]


def compare(ledger: Ledger, table: Table, edges: Collection[str], since: date | None) -> Found:
    """What the list would change from the date `since` on, or, without it, as if it had always been so.

    Raises SourceError and LedgerError.
    """
    header = _header(table)
    with ledger.read() as connection:
        return _found(connection, table, header, edges, since)


def apply(
    ledger: Ledger,
    table: Table,
    edges: Collection[str],
    since: date | None,
    now: datetime,
    *,
    most: int | None = None,
) -> Found:
    """Write what the list changes, except for its refused rows, in one transaction that is audited.

    If it would change more than `most` people who are stored already, nothing is written and SourceError
    is raised. So is LedgerError.
    """
    header = _header(table)
    with ledger.write() as connection:
        found = _found(connection, table, header, edges, since)
        changed = found.changes
        if most is not None and len(changed.changed) > most:
            why = f"{table.name}: it would change {len(changed.changed)} people, more than {most} at once"
            raise SourceError([f"{why}; look at it with punchwire-central import, and add --apply"])
        if not changed.to_store and not changed.refused:
            return found
        people.save(connection, changed.to_store, now)
        figures: dict[str, object] = {
            "new": len(changed.new),
            "changed": len(changed.changed),
            "refused": len(changed.refused),
            "since": None if since is None else since.isoformat(),
        }
        audit.record(connection, now, "punchwire-central", "import", table.name, figures)
    return found


def _header(table: Table) -> Header:
    header = read_header(table.header)
    if not isinstance(header, Header):
        raise SourceError([told(table.name, refusal) for refusal in header])
    return header


def _found(
    connection: Connection, table: Table, header: Header, edges: Collection[str], since: date | None
) -> Found:
    reading = read_rows(header, table.rows, edges)
    stored = {employee.employee_id: employee for employee in people.load(connection)}
    return Found(changes(stored, reading.rows, reading.refused, since), header.ignored)


def told(name: str, refusal: Refusal) -> str:
    """A refusal as a line for a person: list, line, column, reason."""
    column = f" {refusal.column}:" if refusal.column else ""
    return f"{name}:{refusal.line}:{column} {refusal.reason}"
