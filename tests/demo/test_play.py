"""The whole demo as a person starts it: to its end by itself, by keys on a terminal, and cut short."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DEMO = [sys.executable, "-m", "demo"]
DEADLINE_S = 90.0


def left_behind(folder: Path) -> list[str]:
    """Files in the folder, and processes that were started with something in it."""
    found = [str(path) for path in folder.iterdir()]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def test_it_ends_by_itself_with_an_equal_account(tmp_path: Path) -> None:
    """After N seconds the ledger holds exactly what the devices hold, and nothing is left on the machine."""
    done = subprocess.run(
        [*DEMO, "--seconds", "3", "--json"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["equal"]
    assert figures["held"] == figures["ledger"]
    assert figures["held"]["front-gate"] > 2000
    assert figures["held"]["canteen"] > 0
    assert (figures["missing"], figures["doubled"], figures["quarantined"]) == (0, 0, 0)
    assert figures["outbox"]["backlog"] == 0
    assert figures["outbox"]["settled"] == figures["outbox"]["newest"]
    assert left_behind(tmp_path) == []


class Console:
    """A terminal with the demo in it: what it shows, and keys to press."""

    def __init__(self, folder: Path) -> None:
        self._screen, end = pty.openpty()
        size = {"COLUMNS": "120", "LINES": "30", "TERM": "xterm"}
        self._process = subprocess.Popen(
            DEMO, cwd=ROOT, env=os.environ | size | {"TMPDIR": str(folder)}, stdin=end, stdout=end, stderr=end
        )
        os.close(end)
        self._shown = ""

    def shows(self, pattern: str) -> None:
        """Wait until the pattern has been on the screen since the last key."""
        deadline = time.monotonic() + DEADLINE_S
        while not re.search(pattern, self._shown):
            assert time.monotonic() < deadline, f"never showed {pattern}: {self._shown[-2000:]}"
            assert self._read(), f"ended without {pattern}: {self._shown[-2000:]}"

    def press(self, key: str) -> None:
        """Press a key."""
        self._shown = ""
        os.write(self._screen, key.encode())

    def exit_code(self) -> int:
        """Wait for the end."""
        while self._read():
            pass
        os.close(self._screen)
        return self._process.wait(DEADLINE_S)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._screen], [], [], 1.0)
        if not ready:
            return True
        try:
            piece = os.read(self._screen, 65536)
        except OSError:
            return False
        self._shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", piece.decode(errors="replace"))
        return bool(piece)


def test_keys_cut_the_network_and_kill_central_and_nothing_is_lost(tmp_path: Path) -> None:
    """Whatever the keys do to the site, the account at the end is equal."""
    console = Console(tmp_path)
    console.shows("ready after")
    console.press("n")
    console.shows("network is cut")
    console.press("p")
    console.shows("punched at every reader")
    console.press("n")
    console.shows("network is back")
    console.press("k")
    console.shows("killed with SIGKILL")
    console.press("p")
    console.shows("punched at every reader")
    console.press("k")
    console.shows("central starts again")
    console.shows("central up")
    console.press("r")
    console.shows("front-gate +reconciled")
    console.press("q")
    console.shows("equal: no punch is missing, none is doubled")
    assert console.exit_code() == 0
    assert left_behind(tmp_path) == []


def test_a_signal_clears_everything_away(tmp_path: Path) -> None:
    """SIGTERM in the middle leaves no process and no file behind."""
    process = subprocess.Popen(
        DEMO, cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert any("ready after" in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert left_behind(tmp_path) == []
