"""Reads a list of people from another system's database, by its URL and a query."""

from datetime import date, datetime
from pathlib import Path

import msgspec
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from central.sources.table import SourceError, Table

NAME = "query"


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """A database that lists people.

    `url` is as SQLAlchemy writes it, without a password, which stands in `password_file`. The columns of the
    answer to `query` are called as the columns of a CSV file.
    """

    url: str
    query: str
    password_file: Path | None = None


def read_query(database: Database) -> Table:
    """Ask the query, once, in a transaction that is undone. Raises SourceError."""
    url = _url(database)
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ImportError) as error:
        raise SourceError([f"{url}: its driver is not installed ({error})"]) from None
    try:
        with engine.connect() as connection:
            answer = connection.execute(text(database.query))
            if not answer.returns_rows:
                raise SourceError([f"{NAME}: it gives no rows; a SELECT is wanted"])
            header = list(answer.keys())
            rows = [(line, [_text(cell) for cell in row]) for line, row in enumerate(answer, 1)]
    except SQLAlchemyError as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())
        raise SourceError([f"{url}: {why}"]) from None
    finally:
        engine.dispose()
    return Table(NAME, header, rows)


def query_in(path: Path) -> str:
    """The query that a file holds. Raises SourceError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SourceError([f"{path}: cannot be read"]) from None


def _url(database: Database) -> URL:
    try:
        url = make_url(database.url)
    except (ArgumentError, ValueError):
        raise SourceError([f"{database.url!r} is no URL of a database"]) from None
    if url.password is not None:
        raise SourceError([f"{url}: put the password into a file and name that file"])
    if url.get_backend_name() == "postgresql" and "+" not in url.drivername:
        url = url.set(drivername="postgresql+psycopg")
    if database.password_file is None:
        return url
    try:
        return url.set(password=database.password_file.read_text(encoding="utf-8").rstrip("\n"))
    except (OSError, UnicodeDecodeError):
        raise SourceError([f"{database.password_file}: cannot be read"]) from None


def _text(cell: object) -> str:
    """As a CSV file would have it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
