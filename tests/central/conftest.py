"""Fixtures of central's tests: a ledger on each database, and facts to put into it."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from central.ledger.database import Ledger
from tests.central.postgres import Postgres

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
_names = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, one for the whole run."""
    # Not below pytest's own folder, which only its owner may enter; and short, since a socket's path is.
    with tempfile.TemporaryDirectory(prefix="pw-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "server")
        server.start()
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.create(f"ledger_{next(_names)}")


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """A migrated ledger on each database."""
    opened = Ledger(database)
    opened.migrate(NOW)
    yield opened
    opened.close()
