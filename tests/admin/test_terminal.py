"""Promises of the command on a terminal: colours, and a board that stays."""

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto
from tests.peer import TOPICS, peer
from wire.board import BoardEntry
from wire.vitals import Status

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
PUNCHWIRE = str(Path(sys.executable).with_name("punchwire"))


def _on_a_terminal(broker: Mosquitto, *arguments: str) -> tuple[int, str]:
    """Run the command on a pseudo-terminal of 160 columns; its exit status, and all that it wrote."""
    secret = str(broker.password_file("anna"))
    place = ["--host", "127.0.0.1", "--port", str(broker.port), "--user", "anna", "--password-file", secret]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [PUNCHWIRE, *arguments, *place], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    written = b""
    try:
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other side of a terminal that is closed
                break
            if not piece:
                break
            written += piece
        return process.wait(60), written.decode()
    finally:
        os.close(ours)
        process.kill()
        process.wait()


@pytest.mark.parametrize("verb", [["status"], ["watch", "--seconds", "2"]])
def test_a_terminal_gets_a_table_in_colour(broker: Mosquitto, verb: list[str]) -> None:
    """The board is a table whose colours are coloured; what evidence holds moves no cursor."""
    with peer(broker, "central") as central:
        central.send(TOPICS.central_status, Status(online=True, session="c", at=NOW), retain=True)
        entry = BoardEntry(
            edge="pune-01",
            reader="front-gate",
            color="red",
            since=NOW,
            online=False,
            reason="wrong-comm-key",
            evidence="said \x1b[2J[bold]no",
            next_step="Set comm_key in the [[reader]] section.",
        )
        central.send(TOPICS.board("pune-01", "front-gate"), entry, retain=True)
        status, written = _on_a_terminal(broker, *verb)
    assert status == 0
    assert "\x1b[1;31mred" in written
    assert "front-gate" in written
    assert "[[reader]]" in written
    assert "[bold]no" in written
    assert "\x1b[2J[bold]" not in written
