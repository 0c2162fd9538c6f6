"""Promises of the leases: one process does a duty, and writes nothing more once it has lost it."""

import subprocess
import sys
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import text

from central.ledger.database import Ledger, Unavailable
from tests.central.conftest import NOW
from tests.central.postgres import Postgres
from tests.waiting import until

HOLDER = """
import sys, time
from central.ledger.database import Ledger
print(Ledger(sys.argv[1], duty="days").take_duty(), flush=True)
time.sleep(600)
"""


def test_only_one_has_a_duty_until_it_gives_it_up(database: str) -> None:
    """Of two that ask one is refused, and asks with success when the other has closed; duties do not mix."""
    with closing(Ledger(database, duty="days")) as one, closing(Ledger(database, duty="days")) as other:
        assert one.take_duty()
        assert one.take_duty()
        assert not other.take_duty()
        with closing(Ledger(database, duty="desk")) as desk:
            assert desk.take_duty()
        assert one.holds_duty()
        one.close()
        until(other.take_duty)


def test_duty_of_a_killed_process_is_free(database: str) -> None:
    """SIGKILL is enough: nothing has to time out."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, database], stdout=subprocess.PIPE)
    with closing(Ledger(database, duty="days")) as waiting, holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        assert not waiting.take_duty()
        holder.kill()
        until(waiting.take_duty)


def test_whoever_lost_the_session_writes_nothing_more(postgres: Postgres) -> None:
    """The duty may be another's by now: a write fails and the loss can be seen, also after reconnecting."""
    database = postgres.create("lost_lease")
    with closing(Ledger(database, duty="days")) as held, closing(Ledger(database)) as plain:
        plain.migrate(NOW)
        assert held.take_duty()
        with held.write() as connection:
            connection.execute(text("CREATE TABLE mine (n INTEGER)"))
            session = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with plain.write() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": session})
        for _ in range(3):
            with pytest.raises(Unavailable), held.write() as connection:
                connection.execute(text("INSERT INTO mine VALUES (1)"))
        assert not held.holds_duty()
        with plain.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM mine")).scalar_one() == 0


def test_session_that_hangs_in_a_transaction_is_ended_by_the_server(postgres: Postgres) -> None:
    """A frozen central does not keep rows locked for ever: the server's patience is set for each session."""
    with closing(Ledger(postgres.create("hanging"))) as ledger, ledger.read() as connection:
        shown = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
        assert shown == "30s"
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
