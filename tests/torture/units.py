"""The daemons of a site as systemd runs them: prepared before each start, started again when they end."""

import os
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from demo.programs import Program

FINAL = (65, 78)
"""The exit codes that wait for a person (`RestartPreventExitStatus`)."""
_PAUSE_S = 0.5
"""Between an end and the next start; the units wait 2 s."""


class Unit:
    """One daemon. While it is wanted it is started again however it ends."""

    def __init__(self, name: str, command: Sequence[str], log: Path, before: Sequence[str] = ()) -> None:
        self.name = name
        self.program = Program(name, command, log)
        self.ended: list[int] = []
        """The exit codes with which it ended by itself."""
        self.before = Program(f"{name}-before", before, log) if before else None
        """What is run before each start."""
        self._wanted = False
        self._start_at = 0.0
        self._lock = threading.RLock()

    def start(self) -> None:
        """Start it, prepared as `ExecStartPre` does."""
        with self._lock:
            self._wanted = True
            if self.before is not None:
                with suppress(Exception):  # as the minus sign in the unit: the daemon itself says it again
                    self.before.run()
            self.program.start()

    def kill(self) -> None:
        """End it as a power cut would, with all its children."""
        with self._lock:
            self._wanted = False
            self.program.kill()

    def stop(self) -> int | None:
        """End it as systemd would; returns its exit code, None if it had to be killed."""
        with self._lock:
            self._wanted = False
            process = self.program._process  # noqa: SLF001 - the programs are ours
            self.program.stop()
            return None if process is None else process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if (pid := self.program.pid) is not None and self.program.runs:
            os.kill(pid, number)

    def children(self) -> list[int]:
        """The processes that it started."""
        if (pid := self.program.pid) is None:
            return []
        with suppress(OSError):
            told = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
            return [int(child) for children in told for child in children.split()]
        return []

    def limit_files(self, size: int | None) -> None:
        """Let no file of it grow beyond `size` bytes, as on a disk that is full; None lifts that."""
        if (pid := self.program.pid) is not None and self.program.runs:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    def tend(self) -> None:
        """Start it again if it ended by itself."""
        with self._lock:
            if not self._wanted:
                return
            if self.program.exit_code in FINAL:
                self.ended.append(self.program.exit_code)
                self._wanted = False
            elif self.program.exit_code is not None:
                if not self._start_at:
                    self.ended.append(self.program.exit_code)
                    self._start_at = time.monotonic() + _PAUSE_S
                elif time.monotonic() >= self._start_at:
                    self._start_at = 0.0
                    self.program.kill()
                    self.start()

    def said(self) -> str:
        """Everything in its log."""
        return (
            self.program.log.read_text(encoding="utf-8", errors="replace")
            if self.program.log.exists()
            else ""
        )


class Keeper:
    """Tends units in a thread of its own."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Tend nobody any more."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.1):
            for unit in list(self.units):
                unit.tend()


def copy_database(path: Path, copy: Path) -> None:
    """Copy a SQLite file as an online backup would, whoever works with it."""
    with closing(sqlite3.connect(path, timeout=10)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def remove_database(path: Path) -> None:
    """Delete a SQLite file with what belongs to it."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
