"""Owns the processes beside the intake: starts them, tells them news, gives them turns, starts them again.

A duty (`central.duties`) is a process of its own, so that its work holds up no punch. It may end, hang or be
killed at any time: what it has in hand still stands in the ledger.
"""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from central.ledger.turns import Turns
from central.post import LONGEST_NEWS, Landed
from ground.journal import Journal

PATIENCE_S: Mapping[str, float] = {"desk": 0.1, "days": 0.5, "exchange": 0.5}
"""How long each duty lets an intake that is at work write before it."""
NICENESS: Mapping[str, int] = {"desk": 5, "days": 10, "exchange": 10}
"""How far each duty stands back where processors are short: the intake goes first, then what people ask."""
SILENT_S = 60.0
"""A duty that says nothing for so long hangs; it has something to say every second."""
HOLD_S = 10.0
"""How long a duty may write in one turn."""
DAMAGED = 65
"""The exit code of a duty that met damage in the ledger (`EX_DATAERR`)."""
_PAUSES_S = (0.1, 1.0, 5.0, 30.0)
_STEADY_S = 60.0
_STOP_S = 3.0
_LOOK_S = 0.2

journal = Journal("crew")


class Crew:
    """The duties, by name. Constructed without effects; `landed` is the intake's to call, and never waits."""

    def __init__(self, duties: Sequence[str], config: Path, turns: Turns) -> None:
        self._hands = [_Hand(duty, config, turns) for duty in duties]

    def start(self) -> None:
        """Start the processes, and go on starting those that end."""
        for hand in self._hands:
            hand.start()

    def landed(self, landed: Landed) -> None:
        """Tell everybody what a commit brought. Who has no time to listen finds it in the ledger."""
        news = msgspec.json.encode(landed)
        if len(news) <= LONGEST_NEWS:
            for hand in self._hands:
                hand.tell(news)

    def stop(self) -> None:
        """Let all finish what they have in hand, and end them."""
        for hand in self._hands:
            hand.ask_to_stop()
        for hand in self._hands:
            hand.join()

    @property
    def alive(self) -> bool:
        """Whether somebody looks after every duty."""
        return all(hand.alive for hand in self._hands)

    @property
    def damaged(self) -> bool:
        """Whether a duty met damage in the ledger."""
        return any(hand.damaged for hand in self._hands)


class _Hand:
    """One duty: its process, the thread that looks after it, and the lines between them."""

    def __init__(self, duty: str, config: Path, turns: Turns) -> None:
        self._duty = duty
        self._patience_s = PATIENCE_S[duty]
        self._config = config
        self._turns = turns
        self.damaged = False
        self._stopping = threading.Event()
        self._news: socket.socket | None = None
        self._news_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"crew:{duty}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def tell(self, news: bytes) -> None:
        with self._news_lock, suppress(OSError):
            if self._news is not None:
                self._news.send(news, socket.MSG_DONTWAIT)

    def ask_to_stop(self) -> None:
        self._stopping.set()
        self._close_news()

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(_STOP_S + HOLD_S)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        ended = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._once()
            self.damaged = code == DAMAGED
            if self._stopping.is_set():
                return
            ended = 0 if time.monotonic() - began > _STEADY_S else min(ended + 1, len(_PAUSES_S))
            pause_s = _PAUSES_S[max(ended - 1, 0)]
            journal.error("duty_ended", duty=self._duty, code=code, again_in_s=pause_s)
            self._stopping.wait(pause_s)

    def _once(self) -> int:
        """Start the process and serve it to its end; returns its exit code, negative for a signal."""
        news, their_news = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        turns, their_turns = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with turns, their_news, their_turns:
            process = self._start(their_news.fileno(), their_turns.fileno())
            their_news.close()
            their_turns.close()
            with self._news_lock:
                self._news = news
            if self._stopping.is_set():
                self._close_news()
            try:
                self._serve(turns)
            finally:
                self._close_news()
                process.kill()
        return process.wait()

    def _start(self, news: int, turns: int) -> "subprocess.Popen[bytes]":
        words = ["-m", "central.duties", self._duty, "--config", str(self._config)]
        lines = ["--news", str(news), "--turns", str(turns)]
        command = [sys.executable, *words, *lines]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(news, turns))  # noqa: S603 - ours

    def _serve(self, line: socket.socket) -> None:
        """Give turns until the process ends, hangs, or has had its time to stop."""
        began = heard_at = time.monotonic()
        while time.monotonic() - heard_at < self._last_s(at_work=heard_at > began):
            line.settimeout(_LOOK_S)
            try:
                word, _, number = line.recv(64).partition(b" ")
            except TimeoutError:
                continue
            except OSError:
                return
            heard_at = time.monotonic()
            if not word:
                return
            if word == b"ask" and not self._give_turn(line, number):
                return

    def _last_s(self, *, at_work: bool) -> float:
        """How long it may be silent now: when it shall stop, hardly, and not at all before it has begun."""
        if self._stopping.is_set():
            return _STOP_S if at_work else 0.0
        return SILENT_S

    def _give_turn(self, line: socket.socket, number: bytes) -> bool:
        """Let the process write, and wait until it has done so; False if it ended or took too long."""
        with self._turns.other(self._patience_s):
            until = time.monotonic() + HOLD_S
            with suppress(OSError):
                line.send(number)
                word = b"-"
                while word and time.monotonic() < until:
                    line.settimeout(max(until - time.monotonic(), 0.001))
                    word = line.recv(64)
                    if word == b"done " + number:
                        return True
        return False

    def _close_news(self) -> None:
        with self._news_lock:
            if self._news is not None:
                self._news.close()
                self._news = None
