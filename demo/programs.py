"""Starts, kills and ends one program of the demo, its words kept in a file."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

STOP_S = 8.0


class Program:
    """A program of this project's environment, in a session of its own so that Ctrl-C is ours alone."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = [str(Path(sys.executable).with_name(arguments[0])), *arguments[1:]]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its output goes behind what the log already holds."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def run(self) -> None:
        """Start it and wait for its end. Raises RuntimeError with its last words when it fails."""
        self.start()
        if self._process is not None and self._process.wait() != 0:
            raise RuntimeError(f"{self.name} failed: {self.last_words()}")

    @property
    def runs(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None and self.runs:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would, with everything that it started."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as systemd would: ask, and after `STOP_S` insist."""
        if self._process is not None:
            self.signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
            self._end(signal.SIGKILL)

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _end(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            self._process.wait()
            self._process = None
