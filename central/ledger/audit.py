"""Owns the audit: who asked for what and what became of it. Rows are only added, each chained to the last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, LargeBinary, Select, cast, func, insert, select

from central.ledger.chain import BEGINNING, Broken, Line, follow, link
from central.ledger.schema import audit
from central.ledger.times import micros

_ONE_AT_A_TIME = 0x6175646974  # any number of ours that nobody else uses for its advisory locks
_AT_ONCE = 1000
_LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit; `detail` is whatever explains it, `digest` its place in the chain."""

    audit_id: int
    at: datetime
    actor: str
    verb: str
    subject: str
    detail: Mapping[str, Any]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for; None lets all through. `until` is excluded."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    verb: str | None = None
    subject: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the chain was followed: lines, the last of them, its hash, and where it broke, if it did.

    `complete` is False if there are more lines behind the last.
    """

    lines: int
    last: int
    digest: bytes
    broken: Broken | None
    complete: bool


def record(
    connection: Connection, at: datetime, actor: str, verb: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Add a line: `actor` is a person of the broker, or a part of central; `subject` what it was about.

    From here to the end of the transaction nobody else can add one.
    """
    audit_id = _next_id(connection)
    line = Line(audit_id, micros(at), actor, verb, subject, msgspec.json.encode(detail))
    connection.execute(
        insert(audit).values(
            audit_id=audit_id,
            at=at,
            actor=actor,
            verb=verb,
            subject=subject,
            detail=line.detail,
            digest=link(_head(connection), line),
        )
    )


def _next_id(connection: Connection) -> int:
    """The number of the next line. On PostgreSQL others wait here; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        query = select(func.nextval(func.pg_get_serial_sequence("audit", "audit_id")))
    else:
        query = select(func.coalesce(func.max(audit.c.audit_id), 0) + 1)
    return int(connection.execute(query).scalar_one())


def _head(connection: Connection) -> bytes:
    query = select(audit.c.digest).order_by(audit.c.audit_id.desc()).limit(1)
    head: bytes | None = connection.execute(query).scalar()
    return BEGINNING if head is None else head


def entries(connection: Connection, limit: int = 100) -> list[Entry]:
    """The latest lines, newest first."""
    return _entries(connection, select(audit).order_by(audit.c.audit_id.desc()).limit(limit))


def found(
    connection: Connection, wanted: Wanted, limit: int, after: int = 0
) -> tuple[list[Entry], int | None]:
    """The lines asked for behind the line `after`, oldest first, and where to go on, None at the end.

    There may be fewer than `limit`, even none, before the end.
    """
    query = select(audit).where(*_conditions(wanted)).order_by(audit.c.audit_id)
    matching: list[Entry] = []
    for _ in range(_LOOKED_AT // _AT_ONCE):
        page = _entries(connection, query.where(audit.c.audit_id > after).limit(_AT_ONCE))
        for entry in page:
            if wanted.outcome in (None, entry.detail.get("outcome")):
                if len(matching) == limit:
                    return matching, matching[-1].audit_id
                matching.append(entry)
        if len(page) < _AT_ONCE:
            return matching, None
        after = page[-1].audit_id
    return matching, after


def _conditions(wanted: Wanted) -> Iterator[Any]:
    if wanted.since is not None:
        yield audit.c.at >= wanted.since
    if wanted.until is not None:
        yield audit.c.at < wanted.until
    for column in ("actor", "verb", "subject"):
        if (value := getattr(wanted, column)) is not None:
            yield audit.c[column] == value


def _entries(connection: Connection, query: Select[Any]) -> list[Entry]:
    return [
        Entry(
            row.audit_id,
            row.at,
            row.actor,
            row.verb,
            row.subject,
            msgspec.json.decode(row.detail),
            row.digest,
        )
        for row in connection.execute(query)
    ]


def check(connection: Connection, after: int = 0, limit: int | None = None) -> Checked:
    """Follow the chain behind the line `after`, `limit` lines at the most, to its end or first break."""
    stored = select(audit.c.digest).where(audit.c.audit_id == after)
    before = connection.execute(stored).scalar() if after else BEGINNING
    if before is None:
        return Checked(0, after, b"", Broken(after, "it is not there any more"), complete=True)
    lines = 0
    while limit is None or lines < limit:
        page = _lines(connection, after, _AT_ONCE if limit is None else min(_AT_ONCE, limit - lines))
        reached = follow(before, after, page)
        if isinstance(reached, Broken):
            held = sum(line.audit_id < reached.audit_id for line, _ in page)
            return Checked(lines + held, after, before, reached, complete=True)
        after, before = reached
        lines += len(page)
        if len(page) < _AT_ONCE and (limit is None or lines < limit):
            return Checked(lines, after, before, None, complete=True)
    return Checked(lines, after, before, None, complete=False)


def _lines(connection: Connection, after: int, limit: int) -> list[tuple[Line, bytes]]:
    # Bytes whatever somebody put there: SQLite lets a text stand in a column of bytes.
    detail, digest = (cast(audit.c[name], LargeBinary) for name in ("detail", "digest"))
    query = (
        select(audit.c.audit_id, audit.c.at, audit.c.actor, audit.c.verb, audit.c.subject, detail, digest)
        .where(audit.c.audit_id > after)
        .order_by(audit.c.audit_id)
        .limit(limit)
    )
    return [
        (Line(audit_id, micros(at), actor, verb, subject, told), stored)
        for audit_id, at, actor, verb, subject, told, stored in connection.execute(query)
    ]


def line_of(connection: Connection, digest: bytes) -> int | None:
    """The number of the line with this hash, None if there is none."""
    query = select(audit.c.audit_id).where(audit.c.digest == digest)
    found_id: int | None = connection.execute(query).scalar()
    return found_id
