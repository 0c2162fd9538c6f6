"""Promises of `punchwire-simulate terminal`, run as a program."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from zk.exception import ZKNetworkError

from tests.simulators.pyzk import pyzk

COMMAND = (sys.executable, "-m", "simulators.cli", "terminal", "--port", "0")


class Program:
    """A running simulator and its two pipes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.ready = self.read()

    def read(self) -> dict[str, Any]:
        """The next line that it writes."""
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def do(self, verb: str, **order: Any) -> dict[str, Any]:
        """Give an order and return its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": verb, **order}) + "\n")
        self.process.stdin.flush()
        return self.read()


@contextmanager
def simulated(*options: str) -> Iterator[Program]:
    """A simulator that runs until the end of the block."""
    with subprocess.Popen(
        [*COMMAND, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


def attendance(program: Program, key: int = 0) -> list[Any]:
    """The log as pyzk reads it."""
    with pyzk(program.ready["port"], key=key) as client:
        got: list[Any] = client.get_attendance()
    return got


def test_a_terminal_is_driven_through_its_pipes() -> None:
    """One line when it is ready, then orders and answers, and the log as the terminal holds it."""
    with simulated("--users", "5", "--log", "50", "--serial", "XY1", "--comm-key", "77") as program:
        assert program.ready["serial"] == "XY1"
        record = program.do("punch", user_id="3", punch=1, at="2026-05-11T09:00:00")["record"]
        assert record == {
            "user_id": "3",
            "uid": 3,
            "wall": "2026-05-11T09:00:00",
            "status": 1,
            "punch": 1,
        }
        log = program.do("dump")["log"]
        assert len(log) == 51
        assert log[-1] == record
        assert [user["user_id"] for user in program.do("users")["users"]] == ["1", "2", "3", "4", "5"]
        assert len(attendance(program, key=77)) == 51


def test_faults_and_the_network_are_switched() -> None:
    """Faults come and go, and the terminal leaves the network and returns to the same port."""
    with simulated("--users", "5", "--log", "50") as program:
        program.do("fault", name="sizes-zero", times=1)
        assert attendance(program) == []
        assert len(attendance(program)) == 50
        program.do("down")
        with pytest.raises(ZKNetworkError):
            attendance(program)
        program.do("up")
        assert len(attendance(program)) == 50
        assert program.do("state")["records"] == 50


def test_people_punch_by_themselves_when_asked() -> None:
    """With --punch-every the log grows."""
    with simulated("--users", "5", "--punch-every", "0.02") as program:
        while program.do("state")["records"] < 3:
            pass


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"do": "dance"}, "there is punch, dump"),
        ({"do": "fault", "name": "rian"}, "no fault"),
        ({"do": "punch", "user_id": "99"}, 'no user "99"'),
        ({"do": "punch", "at": "soon"}, "soon"),
        ({"do": "punch", "hat": 1}, "hat"),
    ],
)
def test_a_mistake_is_told_and_survived(order: dict[str, Any], told: str) -> None:
    """A wrong order is answered with what is wrong, and the next one is obeyed."""
    with simulated("--users", "5") as program:
        assert told in program.do(**_verb(order))["error"]
        assert program.do("punch")["did"] == "punch"


def _verb(order: dict[str, Any]) -> dict[str, Any]:
    return {"verb": order["do"], **{key: value for key, value in order.items() if key != "do"}}


def test_the_end_of_input_and_a_signal_end_it() -> None:
    """It ends quietly, with success, when its driver is gone or asks it to."""
    with simulated() as program:
        assert program.process.stdin is not None
        program.process.stdin.close()
        assert program.process.wait(10) == 0
    with simulated() as program:
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(10) == 0


def test_a_taken_port_is_one_line() -> None:
    """Two on one port: the second says so in one line."""
    with simulated() as program:
        options = ["--port", str(program.ready["port"])]
        done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "choose another --port" in done.stderr
