"""Owns the connection to the ledger's database: SQLite in one file by default, PostgreSQL by URL.

LedgerError
├── Unavailable     the database cannot be read or written now: try again later
│   └── Damaged     nothing that is tried again will help: a person must put a backup in its place
└── NoSuchDatabase  the configuration names a database that this central cannot use: a person must act
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Table, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from central.ledger import migrations, quick
from central.ledger.engines import one_session, postgresql_engine, sqlite_engine
from central.ledger.lease import FileLease, Lease, LeaseLost, SessionLease
from central.ledger.outage import Outage
from central.ledger.steps import STEPS
from central.ledger.writing import Writing
from ground.belongings import make_file

_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REMEDY = "put a backup in its place: punchwire-central restore FILE"
Turn = Callable[[], AbstractContextManager[None]]
"""Waits until this process may write, and lets others write when the block has ended."""


class LedgerError(Exception):
    """Something is wrong with the ledger's database; the text says what."""


class Unavailable(LedgerError):
    """The database is away, locked, full or damaged. Nothing of the transaction was kept."""


class Damaged(Unavailable):
    """The file of the ledger is corrupt."""


class NoSuchDatabase(LedgerError):
    """The database's name cannot be understood, or its driver is not installed."""


class _TakenBack(Exception):
    """A transaction that was only tried."""


def database_url(database: str, password: str | None = None) -> URL:
    """The URL behind a setting: `postgresql://user@host/name`, `sqlite:///file`, or the path of a file."""
    try:
        url = make_url(database if "://" in database else f"sqlite:///{database}")
    except (ArgumentError, ValueError):
        raise NoSuchDatabase("neither a path nor a URL such as postgresql://user@host/name") from None
    kind = url.get_backend_name()
    if kind == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
        return url if password is None else url.set(password=password)
    if kind == "sqlite" and url.database:
        return url.set(drivername="sqlite")
    raise NoSuchDatabase(
        f"{kind} is no database that keeps a ledger; use a file for SQLite, or postgresql://"
    )


class Ledger:
    """The ledger's database. Constructed without effects; every thread may use it.

    `read` and `write` are transactions: `with ledger.write() as connection`. The functions of the other
    modules in this package take that connection.

    `turn` is how a process that shares a SQLite file with others of central is told when to write. `duty`
    names what only one central may do: it must be taken (`take_duty`) before anything is read or written.
    `outage` is where a daemon tells that the database does not answer; it raises Unavailable in any case.
    """

    def __init__(
        self,
        database: str,
        password: str | None = None,
        *,
        turn: Turn | None = None,
        duty: str | None = None,
        outage: Outage | None = None,
    ) -> None:
        self.url = database_url(database, password)
        self.damage = ""
        """What is corrupt in the file, once somebody met it."""
        self._sqlite = self.url.get_backend_name() == "sqlite"
        self._one_writer = threading.Lock()
        self._turn = turn or nullcontext
        self._outage = outage
        self._lease: Lease | None = None
        try:
            writing = self._engine = sqlite_engine(self.url) if self._sqlite else postgresql_engine(self.url)
            if duty is not None and self._sqlite:
                self._lease = FileLease(self.url, duty)
            elif duty is not None:
                self._lease = lease = SessionLease(lambda: one_session(self.url), duty)
                writing = lease.engine
        except ModuleNotFoundError as error:
            raise NoSuchDatabase(f"the driver {error.name} is missing; install punchwire[postgres]") from None
        self._writing = Writing(writing, keep=self._sqlite)

    def take_duty(self) -> bool:
        """Take the right to the duty if no other process has it. Raises Unavailable."""
        with self._translated():
            return self._lease is None or self._lease.take()

    def holds_duty(self) -> bool:
        """Whether the right to the duty is still ours; once lost it is lost for this process."""
        return self._lease is None or self._lease.is_held()

    def migrate(self, now: datetime) -> list[str]:
        """Make the tables, or bring them up to date; return the names of the steps that were missing."""
        if self._sqlite and self.url.database:
            make_file(Path(self.url.database))
        with self.write() as connection:
            return migrations.migrate(connection, now)

    def unknown_steps(self) -> list[str]:
        """Steps that a newer central applied and that this one does not know."""
        known = {step.name for step in STEPS}
        with self.read() as connection:
            return [name for name in migrations.applied(connection) if name not in known]

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger and changes nothing."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, meanwhile: Callable[[], None] | None = None) -> Iterator[Connection]:
        """A transaction, durable when the block has ended, undone if it raises.

        Raises Unavailable when the database is to blame, and what the block raised otherwise. On SQLite, and
        where a duty has one session to write in, the threads of this process take turns. `meanwhile` is what
        this thread does while the disk is waited for.
        """
        one = self._one_writer if self._sqlite or self._lease is not None else nullcontext()
        with (
            self._translated(writes=True),
            one,
            self._turn(),
            self._writing.transaction(meanwhile) as connection,
        ):
            yield connection

    def checkpoint(self) -> None:
        """Carry what was committed over into SQLite's file, beside those who read and write.

        Otherwise each commit that finds the log long does it, and whoever waits for that commit waits longer.
        Raises Unavailable.
        """
        if self._sqlite:
            with self.read() as connection:
                quick.ask(connection, "PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def trial(self) -> Iterator[Connection]:
        """A transaction like `write`, undone in any case: to see what something would change."""
        with suppress(_TakenBack), self.write() as connection:
            yield connection
            raise _TakenBack

    def damaged(self) -> Damaged:
        """What to tell a person of the damage."""
        return Damaged(f"{self.url.database} is damaged ({self.damage or 'by its own account'}); {_REMEDY}")

    def close(self) -> None:
        """Give up the connections, and the right to the duty."""
        self._writing.close()
        self._engine.dispose()
        if self._lease is not None:
            self._lease.close()

    @contextmanager
    def _translated(self, *, writes: bool = False) -> Iterator[None]:
        try:
            with self._understood():
                yield
        except Unavailable as error:
            if self._outage is not None:
                self._outage.met(error, writes=writes)
            raise
        if self._outage is not None:
            self._outage.over(writes=writes)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            self._raise_if_unavailable(error.orig)
            raise
        except (PoolTimeout, LeaseLost) as error:
            raise Unavailable(str(error)) from error
        except Exception as error:
            self._raise_if_unavailable(error)
            raise

    def _raise_if_unavailable(self, error: BaseException | None) -> None:
        """Data that it refuses is the caller's to judge; everything else is the database's own trouble."""
        driver: Any = self._engine.dialect.loaded_dbapi
        if isinstance(error, driver.Error) and not isinstance(
            error, driver.DataError | driver.IntegrityError
        ):
            told = " ".join(str(error).split()) or type(error).__name__
            if isinstance(error, sqlite3.Error) and _code(error) in _CORRUPT:
                self.damage = told
                raise self.damaged() from error
            raise Unavailable(told) from error


def _code(error: sqlite3.Error) -> int:
    """The error's primary code, whatever SQLite adds to it."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, in the words of the connection's database."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
