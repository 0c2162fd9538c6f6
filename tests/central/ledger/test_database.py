"""The connection to the database: which names it understands, and how its troubles are told."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from central.ledger.database import Ledger, NoSuchDatabase, Unavailable, database_url
from tests.central.conftest import NOW
from tests.central.postgres import Postgres


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("/var/lib/x/ledger.db", "sqlite:////var/lib/x/ledger.db"),
        ("sqlite:///ledger.db", "sqlite:///ledger.db"),
        ("postgresql://pw@db/ledger", "postgresql+psycopg://pw:secret@db/ledger"),
        ("postgresql+psycopg2://pw@db/ledger", "postgresql+psycopg://pw:secret@db/ledger"),
    ],
)
def test_database_is_named_by_path_or_url(setting: str, url: str) -> None:
    """A plain path is a SQLite file; PostgreSQL gets its password from elsewhere."""
    assert database_url(setting, "secret").render_as_string(hide_password=False) == url


@pytest.mark.parametrize("setting", ["mysql://db/ledger", "sqlite://", "://", "what://ever"])
def test_database_that_keeps_no_ledger_is_refused(setting: str) -> None:
    """Anything else is told as a mistake of the configuration."""
    with pytest.raises(NoSuchDatabase):
        database_url(setting)


def test_commit_on_sqlite_survives_a_power_cut(tmp_path: Path) -> None:
    """The file is written ahead and synced in full at every commit."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    with ledger.read() as connection:
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
    ledger.close()
    assert modes == ["wal", 2]


def test_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    """A missing folder is told in one line, not as a trace."""
    ledger = Ledger(str(tmp_path / "nowhere" / "ledger.db"))
    with pytest.raises(Unavailable, match="unable to open"):
        ledger.migrate(NOW)
    ledger.close()


def test_damaged_file_is_unavailable(tmp_path: Path) -> None:
    """A file that is no database is the database's trouble, not that of the data."""
    (tmp_path / "ledger.db").write_bytes(b"not a database, " * 100)
    ledger = Ledger(str(tmp_path / "ledger.db"))
    with pytest.raises(Unavailable, match="not a database"):
        ledger.migrate(NOW)
    ledger.close()


def test_full_disk_is_unavailable_and_keeps_nothing(tmp_path: Path) -> None:
    """A transaction that does not fit leaves no trace, and the ledger works on when there is room."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    with pytest.raises(Unavailable, match="full"):
        _fill(ledger)
    ledger.close()
    assert ledger.migrate(NOW) == []
    ledger.close()


def _fill(ledger: Ledger) -> None:
    with ledger.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.execute(text("CREATE TABLE big (x BLOB)"))
        connection.execute(text("INSERT INTO big VALUES (zeroblob(100000))"))


def test_lock_of_another_program_is_waited_for(tmp_path: Path) -> None:
    """A backup or an import beside the service delays a commit and does not fail it."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ("ROLLBACK",))
    release.start()
    with ledger.write() as connection:
        connection.execute(text("DELETE FROM punch_rows"))
    release.join()
    other.close()
    ledger.close()


def test_server_that_restarted_is_used_again(postgres: Postgres) -> None:
    """PostgreSQL gone is Unavailable; when it is back the same ledger goes on."""
    ledger = Ledger(postgres.create("restarted"))
    ledger.migrate(NOW)
    postgres.restart()
    assert ledger.migrate(NOW) == []
    ledger.close()


_HEAR = text("INSERT INTO readers (edge, reader) VALUES ('pune-01', 'gate')")
_HEARD = text("SELECT count(*) FROM readers")


def _heard_by_a_server_that_dies(connection: Connection, postgres: Postgres) -> None:
    connection.execute(_HEAR)
    postgres.restart()


def test_something_else_is_done_while_the_disk_is_waited_for(ledger: Ledger) -> None:
    """It is done once, behind the block, and then the transaction is durable, as ever."""
    done: list[str] = []
    with ledger.write(lambda: done.append("meanwhile")) as connection:
        connection.execute(_HEAR)
        assert not done
    with ledger.read() as connection:
        assert (done, connection.execute(_HEARD).scalar()) == (["meanwhile"], 1)


def test_nothing_else_is_done_for_a_block_that_raises(ledger: Ledger) -> None:
    """What failed is undone, and there is nothing to wait for."""
    done: list[str] = []
    with pytest.raises(DBAPIError), ledger.write(lambda: done.append("meanwhile")) as connection:
        connection.execute(text("INSERT INTO readers (edge, reader) VALUES ('pune-01', NULL)"))
    with ledger.read() as connection:
        assert (done, connection.execute(_HEARD).scalar()) == ([], 0)


def test_commit_that_fails_beside_something_else_is_told(postgres: Postgres) -> None:
    """A server that went away before the commit is Unavailable, nothing is kept, and the ledger goes on."""
    ledger = Ledger(postgres.create("gone"))
    ledger.migrate(NOW)
    done: list[str] = []
    with pytest.raises(Unavailable), ledger.write(lambda: done.append("meanwhile")) as connection:
        _heard_by_a_server_that_dies(connection, postgres)
    with ledger.write() as connection:
        assert (done, connection.execute(_HEARD).scalar()) == (["meanwhile"], 0)
    ledger.close()
