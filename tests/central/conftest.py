"""Fixtures of central's tests: a ledger on each database, and facts to put into it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from central.ledger.database import Ledger
from tests.central.postgres import Postgres

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
_names = count(1)


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
