"""Promises of the crew: duties that end, hang or are killed cost no punch and are done again."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto
from tests.central.facts import envelope, terminal_punch
from tests.central.program import Program
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.receipt import Receipt
from wire.vitals import Status

EDGE = "pune-01"


@pytest.fixture
def central(tmp_path: Path, broker: Mosquitto) -> Iterator[Program]:
    """A central at work on a file."""
    program = Program(tmp_path, broker, str(tmp_path / "ledger.db"))
    program.start()
    yield program
    program.kill()


@pytest.fixture
def edge(broker: Mosquitto, central: Program) -> Iterator[Peer]:
    """An edge, spoken by hand, once central and its duties are there."""
    with peer(broker, EDGE) as one:
        one.subscribe(TOPICS.receipts(EDGE))
        one.subscribe(TOPICS.central_status)
        until(lambda: (status := one.last(TOPICS.central_status, Status)) is not None and status.online)
        until(lambda: all(central.said(f"duty_taken duty={duty}") for duty in ("desk", "days")))
        yield one


def processes(parent: int) -> dict[str, int]:
    """The duties of a central: the process of each."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(state[1]) == parent and state[0] != "Z" and "central.duties" in words:
                found[words[words.index("central.duties") + 1]] = int(folder.name)
    return found


def receipt(edge: Peer) -> int:
    """How far the last receipt goes, 0 without any."""
    last = edge.last(TOPICS.receipts(EDGE), Receipt)
    return 0 if last is None else last.upto_seq


def send(edge: Peer, number: int) -> None:
    """One punch, and its receipt."""
    edge.send(TOPICS.facts(EDGE), envelope(number, terminal_punch(number), settled=number - 1))
    until(lambda: receipt(edge) == number)


def test_killed_duties_are_started_again_and_punches_go_on(central: Program, edge: Peer) -> None:
    """Each duty is killed; receipts come as ever, and another process takes its place."""
    before = processes(central.pid)
    assert sorted(before) == ["days", "desk"]
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    send(edge, 1)

    def anew() -> bool:
        now = processes(central.pid)
        return sorted(now) == ["days", "desk"] and not set(now.values()) & set(before.values())

    until(anew, within_s=60)
    send(edge, 2)
    assert central.said("duty_ended")


def test_hanging_duty_holds_up_no_punch(central: Program, edge: Peer) -> None:
    """Duties that stand still, even with the turn to write in hand, delay receipts by a moment only."""
    pids = processes(central.pid).values()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        send(edge, 1)
        send(edge, 2)
        assert time.monotonic() - began < 25
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_duties_end_with_their_central(central: Program, edge: Peer) -> None:
    """A central that is killed leaves nobody behind who would go on with its work."""
    del edge
    pids = list(processes(central.pid).values())
    central.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
