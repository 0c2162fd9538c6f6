"""What is told of a ledger that does not answer, by databases that really do not."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from central.ledger.database import Ledger, Unavailable
from central.ledger.outage import Outage
from tests.central.conftest import NOW
from tests.central.postgres import Postgres

AWAY, BACK = "ledger_unavailable", "ledger_back"


@pytest.fixture(autouse=True)
def _every_word(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, "punchwire.ledger"):
        yield


def ask(ledger: Ledger) -> None:
    """Read, and bear that it cannot be done."""
    with suppress(Unavailable), ledger.read() as connection:
        connection.exec_driver_sql("SELECT 1")


def write(ledger: Ledger) -> None:
    """Write more than fits into a full file, and bear it."""
    with suppress(Unavailable), ledger.write() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS big (x TEXT)"))
        connection.execute(text("INSERT INTO big VALUES (:x)"), {"x": "x" * 100_000})


def limit(ledger: Ledger, pages: int) -> None:
    """Let the file grow to so many pages, or by a few."""
    with ledger.write() as writer, ledger.read() as reader:
        held = reader.exec_driver_sql("PRAGMA page_count").scalar_one()
        for connection in (writer, reader):  # each may be the next that writes
            connection.exec_driver_sql(f"PRAGMA max_page_count={held + pages}")


def test_a_server_that_is_away_is_told_once_and_so_is_its_return(
    postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is asked, a person reads one line for the beginning and one for the end."""
    ledger = Ledger(postgres.create("outage"), outage=Outage())
    ledger.migrate(NOW)
    postgres.stop()
    for _ in range(3):
        ask(ledger)
        write(ledger)
    assert caplog.messages == [AWAY]
    postgres.start_again()
    for _ in range(3):
        write(ledger)
        ask(ledger)
    ledger.close()
    assert caplog.messages == [AWAY, BACK]


def test_a_full_disk_is_not_over_because_it_can_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What writing began only writing ends, and the next time is told again."""
    ledger = Ledger(str(tmp_path / "ledger.db"), outage=Outage())
    ledger.migrate(NOW)
    limit(ledger, 2)
    for _ in range(3):
        write(ledger)
        ask(ledger)
    assert caplog.messages == [AWAY]
    limit(ledger, 1000)
    write(ledger)
    assert caplog.messages == [AWAY, BACK]
    limit(ledger, 2)
    write(ledger)
    ledger.close()
    assert caplog.messages == [AWAY, BACK, AWAY]


def test_a_command_tells_in_its_own_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without somebody to tell, nothing is logged: whoever called says it to the person."""
    ledger = Ledger(str(tmp_path / "nowhere" / "ledger.db"))
    ask(ledger)
    ledger.close()
    assert caplog.messages == []
