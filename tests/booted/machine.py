"""One booted Debian: a folder with a system in it, carried by systemd-nspawn, entered like a console."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.waiting import until

BOOT_S, OFF_S = 120.0, 20.0
REBOOT = 133
"""How systemd-nspawn ends when the machine wants to boot again and no service manager watches it."""
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}


class CommandFailed(Exception):
    """A command in the machine ended otherwise than it should; the text is its command line and its words."""


class Machine:
    """Debian in `root`, with the network of this machine. What its console says is kept in `console`."""

    def __init__(self, root: Path, console: Path) -> None:
        self.root = root
        self._console = console
        self._devices: dict[str, str] = {}
        self._nspawn: subprocess.Popen[bytes] | None = None

    def plug(self, name: str, device: str) -> None:
        """Let a device node of ours stand under `name` there, from the next boot on."""
        self._devices[name] = device

    def boot(self) -> None:
        """Start it, and return once systemd has started everything. Raises AssertionError after `BOOT_S`."""
        command = ["setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--quiet", "--boot", "--console=pipe"]
        command += [f"--directory={self.root}", "--machine=punchwire-booted", "--link-journal=no"]
        if not Path("/run/systemd/system").exists():
            command += ["--register=no", "--keep-unit"]
        command += [f"--bind={ours}:{theirs}" for theirs, ours in self._devices.items()]
        with self._console.open("ab") as console:
            self._nspawn = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        self._await_boot()

    def reboot(self) -> None:
        """Let it boot again, as `systemctl reboot` does."""
        leader = self._leader()
        with suppress(CommandFailed):
            self.run("systemctl", "reboot")
        until(lambda: not Path(f"/proc/{leader}").exists(), OFF_S)
        with suppress(subprocess.TimeoutExpired):
            if self._process.wait(2) == REBOOT:
                self.boot()
                return
        self._await_boot()

    def off(self) -> None:
        """Pull the plug."""
        if self._nspawn is None:
            return
        for pid in (*_children(self._nspawn.pid), self._nspawn.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._nspawn.wait()
        self._nspawn = None

    def run(
        self,
        *command: str,
        user: str = "root",
        folder: str = "/",
        given: str = "",
        within_s: float = 60.0,
        expected: int = 0,
    ) -> str:
        """Run a command there as `user` and return what it wrote. Raises CommandFailed.

        `given` is its standard input, `expected` the exit code that is right.
        """
        done = self.attempt(*command, user=user, folder=folder, given=given, within_s=within_s)
        if done.returncode != expected:
            said = f"{done.stdout}{done.stderr}".strip()
            raise CommandFailed(f"{' '.join(command)}\nended with {done.returncode}, not {expected}: {said}")
        return done.stdout

    def attempt(
        self,
        *command: str,
        user: str = "root",
        folder: str = "/",
        given: str = "",
        within_s: float = 60.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command there and return how it ended. Raises CommandFailed if it takes too long."""
        # A command that outlived this process would keep the machine from going down.
        enter = ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--target={self._leader()}"]
        enter += ["--mount", "--uts", "--ipc", "--net", "--pid"]
        home = "/root" if user == "root" else f"/home/{user}"
        settings = [f"{name}={value}" for name, value in {**_ENVIRONMENT, "HOME": home}.items()]
        as_user = [] if user == "root" else ["runuser", f"--user={user}", "--"]
        line = [*enter, "--cgroup", "--", *as_user, "env", "-i", f"--chdir={folder}", *settings, *command]
        try:
            return subprocess.run(
                line, check=False, capture_output=True, text=True, input=given, timeout=within_s
            )
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(f"{' '.join(command)}\ntook longer than {within_s:g} s") from error

    def file(self, path: str) -> Path:
        """Where a file of the machine lies, seen from here."""
        return self.root / path.lstrip("/")

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self._nspawn is not None, "the machine is off"
        return self._nspawn

    def _leader(self) -> int:
        """The machine's process 1, by our numbers."""
        children = _children(self._process.pid)
        if not children:
            raise CommandFailed(f"the machine is down: {self._console.read_text(errors='replace')[-500:]}")
        return children[-1]

    def _await_boot(self) -> None:
        began = time.monotonic()
        while (state := self._state()) != "running":
            if state == "degraded":
                failed = self.run("systemctl", "--failed", "--plain", "--no-legend")
                raise AssertionError(f"booted, and these units failed:\n{failed}")
            assert time.monotonic() - began < BOOT_S, f"not booted after {BOOT_S:g} s, systemd says: {state}"
            time.sleep(0.1)

    def _state(self) -> str:
        try:
            return self.attempt("systemctl", "is-system-running").stdout.strip()
        except CommandFailed as error:
            if self._process.poll() is not None:
                raise
            return str(error)


def _children(pid: int) -> Sequence[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
