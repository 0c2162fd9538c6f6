"""Two edges on one outbox would undo each other's work: the second is sent away."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.mosquitto import free_port
from tests.waiting import until

EDGE = '[edge]\nid = "pune-01"\nstate_dir = "{folder}/state"\n[broker]\nhost = "127.0.0.1"\nport = {port}\n'
PATIENCE_S = 60


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """An edge without readers, whose broker is away."""
    (tmp_path / "edge.toml").write_text(EDGE.format(folder=tmp_path, port=free_port()))
    return [sys.executable, "-m", "edge.cli", "--config", str(tmp_path / "edge.toml"), "run"]


@contextmanager
def at_work(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The edge, once it has started."""
    with log.open("wb") as written:
        process = subprocess.Popen(command, stderr=written)
    try:
        until(lambda: b"edge started" in log.read_bytes(), PATIENCE_S)
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_second_edge_is_sent_away_with_one_line(tmp_path: Path, command: list[str]) -> None:
    """Whoever starts one by hand beside the service reads what to do, and the service goes on."""
    with at_work(command, tmp_path / "first.log") as first:
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert first.poll() is None
    (line,) = second.stderr.splitlines()
    assert line.startswith(f"{tmp_path}/state: another process works here; stop the other edge first")
    assert second.returncode == 1


def test_an_edge_that_was_killed_is_followed_by_the_next(tmp_path: Path, command: list[str]) -> None:
    """The right to the folder ends with the process, and leaves nothing for a person to remove."""
    with at_work(command, tmp_path / "first.log"):
        pass
    with at_work(command, tmp_path / "second.log"):
        assert "another process" not in (tmp_path / "second.log").read_text()
