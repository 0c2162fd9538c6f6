"""Owns the audit: who asked for what and what became of it. Rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from central.ledger.schema import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit; `detail` is whatever explains it."""

    audit_id: int
    at: datetime
    actor: str
    verb: str
    subject: str
    detail: Mapping[str, Any]


def record(
    connection: Connection, at: datetime, actor: str, verb: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Add a line: `actor` is a person of the broker, or a part of central; `subject` what it was about."""
    connection.execute(
        insert(audit).values(
            at=at, actor=actor, verb=verb, subject=subject, detail=msgspec.json.encode(detail)
        )
    )


def entries(connection: Connection, limit: int = 100) -> list[Entry]:
    """The latest lines, newest first."""
    query = select(audit).order_by(audit.c.audit_id.desc()).limit(limit)
    return [
        Entry(
            row["audit_id"],
            row["at"],
            row["actor"],
            row["verb"],
            row["subject"],
            msgspec.json.decode(row["detail"]),
        )
        for row in connection.execute(query).mappings()
    ]
