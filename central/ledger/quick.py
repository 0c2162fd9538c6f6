"""Owns how the hot statements reach the driver: as SQL that is not compiled first.

Only what every commit of the intake runs goes this way. Values are as the columns store them.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection


def run(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> int:
    """Run a statement, `?` for each value, with each row; returns how many rows it changed."""
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(_spelled(statement, connection.dialect.name), rows)  # type: ignore[arg-type] # both drivers do
        return int(cursor.rowcount)
    finally:
        cursor.close()


def ask(connection: Connection, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows that a query finds, `?` for each value."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_spelled(statement, connection.dialect.name), values)
        return list(cursor.fetchall())
    finally:
        cursor.close()


@lru_cache(maxsize=64)
def _spelled(statement: str, dialect: str) -> str:
    """The statement as the driver wants it."""
    return statement.replace("?", "%s") if dialect == "postgresql" else statement
