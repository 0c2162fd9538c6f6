"""Runs one worker process: asks it with a deadline, hears its events, and kills it without a word."""

import contextlib
import os
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import msgspec

from edge.errors import Lost, Misconfigured, ReaderFault, Unreachable
from edge.readers.zkteco.talk import Answer, Close, Event, Failed, Opened, Request

_A = TypeVar("_A")
_COMMAND = (sys.executable, "-P", "-m", "edge.readers.zkteco.worker")
_START_S = 20.0
"""What a new process may take to be there, on top of the first request's own time."""
_GRACE_S = 1.0
"""The worker knows its deadline; only one that hangs is killed this much later."""
_SLICE_S = 0.25
_QUIET_S = 0.75
"""While nobody punches, orders and the end of the daemon wait for no longer."""
_RECEIVE = 1 << 18
_LONGEST_LINE = 128 << 20
_FOR_A_PERSON = ("wrong-comm-key", "driver-missing")


class Stopped(Exception):
    """The daemon stops; leave everything."""


class Child:
    """A worker process and the two pipes to it. `stopping` says whether the daemon stops."""

    def __init__(self, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping
        self._rest = bytearray()
        self._events: deque[Event] = deque()
        self._answers = msgspec.json.Decoder(Answer)
        self._opened = False
        self._busy = False
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise Lost("fault", "the worker has no pipes")
        self._down = self._process.stdin.fileno()
        self._up = self._process.stdout.fileno()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ask(self, request: Request, kind: type[_A]) -> _A:
        """Send a request and wait for its answer.

        Raises Stopped, or the ReaderFault that fits: Unreachable until the session was opened, Lost
        afterwards, Misconfigured where a person must act.
        """
        deadline = time.monotonic() + request.within_s + _GRACE_S + (0 if self._opened else _START_S)
        self._busy = True
        with contextlib.suppress(BrokenPipeError):  # then its last words say why
            os.write(self._down, msgspec.json.encode(request) + b"\n")
        while (answer := self._hear(min(time.monotonic() + _SLICE_S, deadline))) is None:
            if self._stopping():
                raise Stopped
            if time.monotonic() >= deadline:
                self.kill()
                raise self._fault(
                    "deadline", f"no answer within {request.within_s:g} s; the worker was killed"
                )
        self._busy = False
        if isinstance(answer, Failed):
            raise self._fault(answer.reason, answer.evidence)
        if not isinstance(answer, kind):
            raise self._fault("fault", f"the worker answered {type(answer).__name__}")
        self._opened = self._opened or isinstance(answer, Opened)
        return answer

    def listen(self, seconds: float) -> Event | None:
        """The next live event, waiting for it so long at the most. Raises as `ask` does."""
        if not self._events:
            answer = self._hear(time.monotonic() + min(seconds, _QUIET_S), only_events=True)
            if isinstance(answer, Failed):
                raise self._fault(answer.reason, answer.evidence)
        return self._events.popleft() if self._events else None

    def leave(self, within_s: float) -> None:
        """Let the worker leave the terminal properly, unless it is busy; then it is gone."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if not self._busy:
                os.write(self._down, msgspec.json.encode(Close(within_s=within_s)) + b"\n")
                self._process.wait(within_s)
        self.kill()

    def kill(self) -> None:
        """End the process at once and give back the pipes. May be called again."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _fault(self, reason: str, evidence: str) -> ReaderFault:
        if reason in _FOR_A_PERSON:
            return Misconfigured(reason, evidence)
        return Lost(reason, evidence) if self._opened else Unreachable(reason, evidence)

    def _hear(self, until: float, *, only_events: bool = False) -> Answer | None:
        """The next line that is no event; None if there is none until then, or events were asked for."""
        while True:
            while (end := self._rest.find(b"\n")) >= 0:
                line = bytes(self._rest[:end])
                del self._rest[: end + 1]
                answer: Answer = self._answers.decode(line)
                if not isinstance(answer, Event):
                    return answer
                self._events.append(answer)
            if only_events and self._events:
                return None
            ready, _, _ = select.select([self._up], [], [], max(until - time.monotonic(), 0.0))
            if not ready:
                return None
            received = os.read(self._up, _RECEIVE)
            if not received:
                raise self._fault("fault", f"the worker ended by itself (status {self._process.wait()})")
            self._rest += received
            if len(self._rest) > _LONGEST_LINE:
                raise self._fault("read-rejected", "the answer is longer than any log")
