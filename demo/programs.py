"""Starts, questions, kills and ends one program of the demo; its words are kept in a file."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

STOP_S = 8.0
ANSWER_S = 20.0


class ProgramError(Exception):
    """A program did not do what the demo needs; the text names it and ends with its last words."""


class Program:
    """A program of this environment, in a session of its own so that Ctrl-C is the demo's alone."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = [str(Path(sys.executable).parent / arguments[0]), *arguments[1:]]
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = b""

    def start(self, *, talk: bool = False) -> None:
        """Start it. With `talk` it is spoken to over its standard input and output."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talk else log,
                stderr=log,
                start_new_session=True,
            )

    def run(self) -> bytes:
        """Run it to its end and return what it wrote. Raises ProgramError when it fails."""
        with self.log.open("ab") as log:
            done = subprocess.run(self._command, stdin=subprocess.DEVNULL, stdout=-1, stderr=log, check=False)
        if done.returncode != 0:
            raise ProgramError(f"{self.name} failed: {self.last_words()}")
        return done.stdout

    def say(self, order: dict[str, Any]) -> dict[str, Any]:
        """Say one line of JSON and return the line that answers it. Raises ProgramError."""
        process = self._process
        if process is None or process.stdin is None:
            raise ProgramError(f"{self.name} does not run")
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """The next line of JSON that it writes. Raises ProgramError if it ends or is silent."""
        process, until = self._process, time.monotonic() + ANSWER_S
        if process is None or process.stdout is None:
            raise ProgramError(f"{self.name} does not run")
        while b"\n" not in self._heard:
            ready, _, _ = select.select([process.stdout], [], [], max(until - time.monotonic(), 0))
            piece = os.read(process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                raise ProgramError(f"{self.name} says nothing more: {self.last_words()}")
            self._heard += piece
        line, self._heard = self._heard.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def pid(self) -> int | None:
        """Its process id, None before it was started and after it was ended."""
        return None if self._process is None else self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended, None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """End it at once, with everything that it started."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()

    def stop(self) -> None:
        """End it as systemd would: ask, and after `STOP_S` insist."""
        if self._process is not None and self.runs:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        self.kill()

    def last_words(self, lines: int = 1) -> str:
        """The last lines of its log."""
        said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "\n".join(said[-lines:]) if said else "it said nothing"
