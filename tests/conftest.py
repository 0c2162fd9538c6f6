"""Fixtures that every part of the tests shares: a real broker, started fresh for the test that asks."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from simulators.mosquitto import Mosquitto
from tests.central.postgres import Postgres

# A busy machine makes no example wrong. In CI the examples are the same each time, elsewhere new ones.
settings.register_profile(
    "patient",
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")

ACCOUNTS = {"central": "c-secret", "pune-01": "e-secret", "surat-02": "f-secret", "anna": "a-secret"}

# A shell that starts us in the background has us ignore Ctrl-C, and with us every program that we start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto with default limits, real accounts and the ACL of `docs/topics.md`."""
    mosquitto = Mosquitto(tmp_path / "broker", ACCOUNTS)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


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
