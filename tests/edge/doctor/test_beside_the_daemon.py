"""Promises of the doctor beside a running daemon: it takes nothing from it, and shows what it sees."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.bedside import Away, visit
from simulators.mosquitto import Mosquitto
from tests.edge.doctor.branch import EDGE, ROOT, Branch, without_privileges
from tests.peer import peer
from tests.waiting import until
from wire.receipt import Receipt
from wire.topics import Topics
from wire.vitals import Status

TOPICS = Topics()


@contextmanager
def daemon(branch: Branch) -> Iterator[Path]:
    """The edge at work as a program; gives its state folder."""
    state = Path(str(branch.edge["state_dir"]))
    command = [sys.executable, "-m", "edge.cli", "--config", str(branch.toml), "run"]
    with (branch.folder / "edge.log").open("wb") as log:
        program = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        until(lambda: _answers(state))
        yield state
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0


def _answers(state: Path) -> bool:
    try:
        visit(state)
    except Away:
        return False
    return True


def test_each_start_of_the_daemon_is_a_life_of_its_own(branch: Branch) -> None:
    """Central can tell a daemon that went on from one that was started again, and since when each runs."""
    beats = []
    for _ in range(2):
        with daemon(branch) as state:
            beats += [visit(state).heartbeat, visit(state).heartbeat]
    first, again, other, _ = beats
    assert (first.life, first.boot_id) == (again.life, other.boot_id)
    assert other.life not in ("", first.life)
    running = [beat.running_s for beat in (first, again)]
    assert all(running_s is not None and 0 <= running_s < 60 for running_s in running)
    assert running == sorted(running)  # type: ignore[type-var] # none is None


def states(state: Path) -> list[tuple[str, str]]:
    """State and reason of each reader, as the daemon tells."""
    return [(vital.state, vital.reason) for vital in visit(state).heartbeat.readers]


@contextmanager
def statuses(broker: Mosquitto) -> Iterator[list[Status | None]]:
    """Each status of the edge from now on, its last will included."""
    heard: list[Status | None] = []
    topic = TOPICS.status(EDGE)
    with peer(broker, "central") as central:
        central.subscribe(topic)
        until(lambda: central.heard[topic])
        yield heard
        heard += central.all(topic, Status)


def test_a_visit_disturbs_neither_terminal_nor_broker(branch: Branch) -> None:
    """The terminal keeps the daemon's session and the broker its connection, and all is found good."""
    broker = branch.mosquitto()
    terminal = branch.terminal()
    branch.arguments = []
    with daemon(branch) as state:
        until(lambda: states(state) == [("ok", "")] and visit(state).online)
        with statuses(broker) as heard:
            diagnosis = branch.diagnosis()
        assert [status.online for status in heard if status] == [True]
        assert terminal.clients == 1
        assert states(state) == [("ok", "")]
    assert diagnosis.wrong == []
    assert "reader_failed" not in (branch.folder / "edge.log").read_text()
    told = {it["part"]: it["answered"] for it in diagnosis.told["findings"] if "daemon" in it["tried"]}
    assert f"{terminal.serial} answers" in told["reader gate"]
    assert "its devices are left to it" in told["edge"]
    assert "it is connected" in told["uplink"]


def test_a_receipt_is_not_taken_for_the_word_of_central(branch: Branch) -> None:
    """At a site that works the broker keeps the last receipt; central is still found online."""
    broker = branch.mosquitto()
    with peer(broker, "central") as central:
        central.send(TOPICS.receipts(EDGE), Receipt(outbox_id="o", upto_seq=7), retain=True)
    assert branch.diagnosis().wrong == []


def test_the_daemons_own_word_is_passed_on(branch: Branch) -> None:
    """A reader that the daemon cannot reach is told with the daemon's reason and evidence."""
    branch.reader("serial-rfid", device=str(branch.folder / "gone"), format="rdm6300")
    with daemon(branch) as state:
        until(lambda: states(state) == [("unreachable", "not-plugged")])
        diagnosis = branch.diagnosis()
    assert diagnosis.wrong == [("reader gate", "not-plugged")]
    assert str(branch.folder / "gone") in diagnosis.finding("reader gate", "not-plugged")["answered"]


def test_a_changed_file_needs_a_restart(branch: Branch) -> None:
    """What stands in edge.toml and what the daemon works by are compared."""
    with daemon(branch):
        branch.reader("serial-rfid", device="/dev/ttyS9", format="rdm6300")
        diagnosis = branch.diagnosis()
    assert diagnosis.wrong == [("edge", "restart-needed"), ("reader gate", "restart-needed")]


def test_who_may_not_ask_the_daemon_touches_nothing(branch: Branch) -> None:
    """Without an answer from the daemon a device might be in use: it is left alone."""
    branch.serial()
    with daemon(branch) as state:
        (state / "edge.sock").chmod(0)
        diagnosis = branch.diagnosis_elsewhere(*without_privileges())
    assert diagnosis.wrong == [("edge", "unseen")]
    assert "left alone" in str(diagnosis.told)


def test_the_socket_goes_with_the_daemon(branch: Branch) -> None:
    """After a stop, and after a kill that leaves the file, the daemon counts as away."""
    with daemon(branch) as state:
        assert (state / "edge.sock").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Away):
        visit(state)
    assert not (state / "edge.sock").exists()
    command = [sys.executable, "-m", "edge.cli", "--config", str(branch.toml), "run"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as program:
        until(lambda: _answers(state))
        os.kill(program.pid, signal.SIGKILL)
    assert (state / "edge.sock").exists()
    with pytest.raises(Away):
        visit(state)
    with daemon(branch):
        assert _answers(state)
