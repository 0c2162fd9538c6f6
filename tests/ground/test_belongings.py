"""Files that commands make for a daemon."""

import os
from datetime import UTC, datetime
from pathlib import Path

from central.ledger.database import Ledger
from edge.buffer.migrations import prepare

SOMEBODY = 12345 if os.geteuid() == 0 else os.geteuid()
"""Who runs the daemon; only root can make files for somebody else."""


def owners(folder: Path) -> dict[str, tuple[int, int]]:
    """Owner and permissions of each file."""
    return {path.name: (path.stat().st_uid, path.stat().st_mode & 0o777) for path in folder.iterdir()}


def test_a_ledger_made_by_root_belongs_to_the_daemon(tmp_path: Path) -> None:
    """People are imported with sudo before central first runs; central can write that ledger."""
    os.chown(tmp_path, SOMEBODY, -1)
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(datetime.now(UTC))
    there = owners(tmp_path)
    ledger.close()
    assert there == dict.fromkeys(("ledger.db", "ledger.db-wal", "ledger.db-shm"), (SOMEBODY, 0o640))


def test_an_outbox_made_by_root_belongs_to_the_daemon(tmp_path: Path) -> None:
    """Who migrates an outbox with sudo does not lock the edge out."""
    os.chown(tmp_path, SOMEBODY, -1)
    prepare(tmp_path / "outbox.db")
    assert set(owners(tmp_path).values()) == {(SOMEBODY, 0o640)}


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """A ledger with a past keeps its rows and its permissions."""
    (tmp_path / "ledger.db").touch(mode=0o600)
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(datetime.now(UTC))
    ledger.close()
    assert (tmp_path / "ledger.db").stat().st_mode & 0o777 == 0o600
