"""Fixtures that every part of the tests shares: a real broker, started fresh for the test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto

ACCOUNTS = {"central": "c-secret", "pune-01": "e-secret", "surat-02": "f-secret", "anna": "a-secret"}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto with default limits, real accounts and the ACL of `docs/topics.md`."""
    mosquitto = Mosquitto(tmp_path / "broker", ACCOUNTS)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()
