"""Promises of the worker process and of whoever runs it."""

import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from edge.errors import Lost, Misconfigured, Unreachable
from edge.readers.zkteco import child as child_module
from edge.readers.zkteco.child import Child, Stopped
from edge.readers.zkteco.talk import (
    Answer,
    Close,
    Dataset,
    Failed,
    Open,
    Opened,
    ReadLog,
    ReadSizes,
    Sizes,
)
from edge.readers.zkteco.worker import MEMORY_BYTES
from simulators.terminal import Terminal as Simulated
from tests.waiting import until

WORKER = (sys.executable, "-P", "-m", "edge.readers.zkteco.worker")


def opening(terminal: Simulated, within_s: float = 20.0) -> Open:
    """The request to open a simulated terminal."""
    return Open(
        address=terminal.address,
        port=terminal.port,
        transport="tcp",
        comm_key=0,
        live=True,
        within_s=within_s,
    )


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_worker_that_hangs_is_killed_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that answers nothing is ended a moment after the time that its request had."""
    monkeypatch.setattr(child_module, "_COMMAND", (sys.executable, "-c", "while True: pass"))
    monkeypatch.setattr(child_module, "_START_S", 0.0)
    child = Child(stopping=lambda: False)
    began = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        child.ask(ReadSizes(within_s=0.2), Sizes)
    assert caught.value.reason == "deadline"
    assert time.monotonic() - began < 10
    assert not alive(child.pid)


def test_a_stop_is_noticed_while_a_request_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's stop does not wait for any deadline, and the process is gone after it."""
    monkeypatch.setattr(child_module, "_COMMAND", (sys.executable, "-c", "while True: pass"))
    child = Child(stopping=lambda: True)
    began = time.monotonic()
    with pytest.raises(Stopped):
        child.ask(ReadSizes(within_s=60.0), Sizes)
    child.leave(1.0)
    assert time.monotonic() - began < 2
    assert not alive(child.pid)


def test_a_worker_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends without a word is a fault of its own, not silence."""
    monkeypatch.setattr(child_module, "_COMMAND", (sys.executable, "-c", "raise SystemExit(7)"))
    child = Child(stopping=lambda: False)
    with pytest.raises(Unreachable) as caught:
        child.ask(ReadSizes(within_s=60.0), Sizes)
    child.kill()
    assert caught.value.reason == "fault"
    assert "status 7" in caught.value.evidence


def test_a_missing_driver_is_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyzk installed the reader is parked with the word for it."""
    hide = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'zk': raise ModuleNotFoundError(\"No module named 'zk'\")\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from edge.readers.zkteco.worker import main\n"
        "main()\n"
    )
    monkeypatch.setattr(child_module, "_COMMAND", (sys.executable, "-c", hide))
    child = Child(stopping=lambda: False)
    with Simulated() as terminal, pytest.raises(Misconfigured) as caught:
        child.ask(opening(terminal), Opened)
    child.kill()
    assert caught.value.reason == "driver-missing"


def test_a_session_that_was_open_is_lost_not_unreachable() -> None:
    """Once the terminal has answered, its going away is a loss; the process ends with the session."""
    with Simulated(users=3, log=5) as terminal:
        child = Child(stopping=lambda: False)
        assert child.ask(opening(terminal), Opened).serial == terminal.serial
        terminal.stop()
        with pytest.raises(Lost) as caught:
            child.ask(ReadLog(within_s=5.0), Dataset)
        assert caught.value.reason == "connection-lost"
        child.kill()


def test_the_memory_of_a_worker_is_bounded() -> None:
    """Whatever a terminal sends, its worker cannot eat the Pi's memory."""
    with Simulated(users=3, log=5) as terminal:
        child = Child(stopping=lambda: False)
        child.ask(opening(terminal), Opened)
        limits = Path(f"/proc/{child.pid}/limits").read_text()
        child.kill()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max address space")]
    assert line.split()[3:5] == [str(MEMORY_BYTES)] * 2


def test_the_largest_log_fits_into_the_bound() -> None:
    """A log of 300,000 records of the largest layout is read within the worker's memory."""
    with Simulated(users=100, log=300_000, layout="49", capacity=400_000) as terminal:
        child = Child(stopping=lambda: False)
        child.ask(opening(terminal), Opened)
        content = child.ask(ReadLog(within_s=60.0), Dataset).content
        child.kill()
    assert len(content) == 4 + 300_000 * 49


def test_a_worker_ends_with_its_daemon() -> None:
    """When the daemon is killed its worker ends, too: no orphan holds the terminal's only place."""
    daemon = (
        "import sys, time\n"
        "from edge.readers.zkteco.child import Child\n"
        "from edge.readers.zkteco.talk import Open, Opened\n"
        "child = Child(stopping=lambda: False)\n"
        "child.ask(Open(address=sys.argv[1], port=int(sys.argv[2]), transport='tcp', comm_key=0, live=True,"
        " within_s=20.0), Opened)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with Simulated(users=3, log=5) as terminal:
        command = [sys.executable, "-c", daemon, terminal.address, str(terminal.port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            worker = int(process.stdout.readline())
            assert terminal.clients == 1
            process.kill()
        until(lambda: terminal.clients == 0)
        until(lambda: not alive(worker))


def test_what_pyzk_prints_is_no_answer() -> None:
    """The channel carries answers alone; print goes elsewhere."""
    noisy = (
        "from edge.readers.zkteco import worker\n"
        "run = worker.Worker.run\n"
        "def loud(self):\n    print('WRN: missing user data', flush=True)\n    run(self)\n"
        "worker.Worker.run = loud\nworker.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", noisy],
        input=msgspec.json.encode(ReadSizes(within_s=1.0)) + b"\n",
        capture_output=True,
        check=True,
    )
    answer = msgspec.json.decode(done.stdout, type=Answer)
    assert isinstance(answer, Failed)
    assert answer.evidence == "no session is open"


def test_close_ends_a_worker_that_never_opened_anything() -> None:
    """Leaving before the session stands is quiet and successful."""
    done = subprocess.run(
        WORKER, input=msgspec.json.encode(Close(within_s=1.0)) + b"\n", capture_output=True, check=True
    )
    assert done.stdout == b""
