"""A branch of one reader of any kind as a program, over a real outbox, that tells what the reader does.

Arguments: the kind, its options as JSON, the outbox file. Each line of input is a command, each answer a line
of JSON. The kind is found as the daemon finds it, so it may come from any package.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from edge import supervisor
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.desk import Counter, ReaderDesk
from edge.errors import ReaderFault
from edge.kernel import Timekeeper
from edge.orders import OrderBook
from edge.readers.registry import reader_class
from edge.supervisor import Station
from ground.settings import build
from wire.facts import Fact
from wire.order import RereadOrder
from wire.vitals import ReaderState

EFFECTS = ("open", "os.", "socket.", "subprocess.", "_thread.", "pty.", "fcntl.", "sqlite3.")
"""How the names of audit events begin that show an effect."""


class WatchedDesk(ReaderDesk):
    """The daemon's own desk, with a gate before its outbox and notes of what passed."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__("gate", outbox, Timekeeper(), OrderBook(), Counter())
        self.gate = threading.Event()
        self.gate.set()
        self.visits = 0
        self.longest_s = 0.0
        self.held = 0
        self.faults: list[tuple[str, str]] = []
        self.doubts: list[str] = []
        self.told: set[str] = set()

    def wait(self, seconds: float) -> bool:
        """Sleep or stop."""
        self._visited()
        return super().wait(seconds)

    def emit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Commit facts, once the gate is open."""
        self._pass_the_gate()
        return super().emit(facts, memo)

    def offer(self, facts: Sequence[Fact]) -> bool:
        """Commit facts, once the gate is open."""
        self._pass_the_gate()
        return super().offer(facts)

    def ok(self, **seen: Any) -> None:
        """Note that the device answered."""
        self.told |= set(seen)
        super().ok(**seen)

    def doubt(self, reason: str, evidence: str) -> None:
        """Note a trouble."""
        self.doubts.append(reason)
        super().doubt(reason, evidence)

    def failed(self, state: ReaderState, fault: ReaderFault) -> None:
        """Note how a session ended."""
        self.faults.append((state, fault.reason))
        super().failed(state, fault)

    def _pass_the_gate(self) -> None:
        self._visited()
        if not self.gate.is_set():
            self.held += 1
            self.gate.wait()

    def _visited(self) -> None:
        self.longest_s = max(self.longest_s, time.monotonic() - self.seen_at)
        self.visits += 1


class OneReader:
    """The program."""

    def __init__(self, kind: str, options: str, path: Path) -> None:
        supervisor.FIRST_PAUSE_S, supervisor.LONGEST_PAUSE_S = 0.05, 0.2
        prepare(path)
        self._desk = WatchedDesk(Outbox(path))
        made, mistakes = reader_class(kind), list[str]()
        built = build(made.Options, msgspec.json.decode(options), "reader[1]", mistakes)
        assert built is not None, mistakes
        with _Effects() as effects:
            reader = made("gate", built)
        self._effects = effects.seen
        self._station = Station(reader, self._desk)
        self._stopped_s = 0.0

    def run(self) -> None:
        """Obey until the input ends."""
        for line in sys.stdin:
            word, _, given = line.strip().partition(" ")
            if word == "start":
                self._station.start()
            elif word == "hold":
                self._desk.gate.clear()
            elif word == "release":
                self._desk.gate.set()
            elif word == "order":
                self._desk.give(msgspec.json.decode(given, type=RereadOrder))
            elif word == "stop":
                self._stopped_s = self._stop()
            sys.stdout.write(json.dumps(self._told()) + "\n")
            sys.stdout.flush()
        os._exit(0)

    def _stop(self) -> float:
        began = time.monotonic()
        self._desk.gate.set()
        self._station.ask_to_stop()
        self._station.join(20.0)
        return time.monotonic() - began

    def _told(self) -> dict[str, Any]:
        desk = self._desk
        return {
            "effects": self._effects,
            "state": desk.vital.state,
            "visits": desk.visits,
            "longest_s": max(desk.longest_s, time.monotonic() - desk.seen_at),
            "held": desk.held,
            "faults": desk.faults,
            "doubts": desk.doubts,
            "told": sorted(desk.told),
            "stopped_s": self._stopped_s,
        }


class _Effects:
    """Notes what this thread does to the world meanwhile."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._watching = False
        sys.addaudithook(self._heard)

    def _heard(self, event: str, _arguments: object) -> None:
        if self._watching and event.startswith(EFFECTS):
            self.seen.append(event)

    def __enter__(self) -> Self:
        self._watching = True
        return self

    def __exit__(self, *_: object) -> None:
        self._watching = False


if __name__ == "__main__":
    OneReader(sys.argv[1], sys.argv[2], Path(sys.argv[3])).run()
