"""What every kind of reader owes the daemon, as tests for any kind that brings a rig with its device.

A class of tests inherits `Conformance`, or `ConformanceWithMemory` for devices that keep their punches, and
has a fixture `rig`.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import pytest

from edge.buffer.rows import Row
from tests.waiting import until
from wire.codec import decode_fact, encode
from wire.facts import Fact, RereadReport, Span
from wire.order import RereadOrder
from wire.punch import Punch
from wire.reasons import NEXT_STEP
from wire.vitals import ReaderVital

ROOT = Path(__file__).parents[3]
STOP_S, VISIT_S, STATES = 2.0, 10.0, ("absent", "silent", "working", "failing")
State = Literal["absent", "silent", "working", "failing"]
EDGE = '[edge]\nid = "pune-01"\nstate_dir = "."\n[broker]\nhost = "127.0.0.1"\n[[reader]]\nname = "gate"\n'


class Rig:
    """A device of one kind on the test's bench, away at first. A kind overrides what it has."""

    kind: ClassVar[str]
    under: ClassVar[tuple[str, ...]] = ()
    """The program below which the reader must run to see the device."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.badges: list[str] = []
        """Raw badges of everybody who punched, in order."""

    @property
    def options(self) -> dict[str, Any]:
        """The keys of the reader's section."""
        raise NotImplementedError

    @property
    def environment(self) -> Mapping[str, str]:
        """What the reader's process needs to find the device, and the package of its kind."""
        return {}

    def bring(self) -> None:
        """Put the device there, for the first time or again."""
        raise NotImplementedError

    def take_away(self) -> None:
        """Unplug it, cut it off."""
        raise NotImplementedError

    def punch(self) -> None:
        """Let somebody punch who did not before; note the badge."""
        raise NotImplementedError

    def silence(self) -> None:
        """Put something there that answers nothing."""
        self.bring()

    def babble(self) -> None:
        """Put something there that makes no sense."""
        raise NotImplementedError

    @property
    def acknowledged(self) -> int:
        """Punches that the device believes to be safe; 0 for one that asks for no such word."""
        return 0

    def clear(self) -> None:
        """Tidy up."""
        self.take_away()


class Branch:
    """A branch of one reader in a process of its own, seen from outside; killed at the end."""

    def __init__(self, rig: Rig) -> None:
        self.seen: dict[str, Any] = {}
        self.outbox = rig.folder / "outbox.db"
        command = [sys.executable, "-m", "tests.edge.readers.one_reader"]
        given = [rig.kind, json.dumps(rig.options), str(self.outbox)]
        self._process = subprocess.Popen(
            [*rig.under, *command, *given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            env={**os.environ, **rig.environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.behaved()
        finally:
            self._process.kill()
            with self._process:
                pass

    def ask(self, word: str, given: str = "") -> dict[str, Any]:
        """Give a command; returns what the reader did so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word} {given}\n")
        self._process.stdin.flush()
        self.seen = json.loads(self._process.stdout.readline())
        return self.seen

    def order(self, order_id: str = "o-1") -> None:
        """Ask the reader again for these days."""
        today = datetime.now(UTC).date()
        span = Span(first=today - timedelta(days=1), last=today + timedelta(days=1))
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        self.ask("order", encode(RereadOrder(order_id=order_id, expires_at=expires_at, span=span)).decode())

    @property
    def state(self) -> str:
        """What the supervisor knows of the reader."""
        return str(self.ask("look")["state"])

    @property
    def facts(self) -> list[Fact]:
        """What is committed, read from the file."""
        db = sqlite3.connect(self.outbox, timeout=10)
        try:
            rows = db.execute("SELECT seq, count, body FROM facts ORDER BY seq").fetchall()
        finally:
            db.close()
        return [decode_fact(fact.body) for row in rows for fact in Row(*row).facts()]

    @property
    def punches(self) -> list[Punch]:
        """The committed punches, without those that were asked for again."""
        return [fact for fact in self.facts if isinstance(fact, Punch) and fact.how != "reread"]

    def reports(self, order_id: str) -> list[RereadReport]:
        """The committed answers to an order."""
        return [fact for fact in self.facts if isinstance(fact, RereadReport) and fact.order_id == order_id]

    def begin(self) -> Self:
        """Let the reader begin, and wait until its device answers."""
        self.ask("start")
        until(lambda: self.state == "ok")
        return self

    def behaved(self) -> None:
        """Every error and doubt has a word with a next step, and the desk was never left alone for long."""
        seen = self.ask("look")
        states, reasons = zip(*seen["faults"], strict=True) if seen["faults"] else ((), ())
        assert set(states) <= {"unreachable", "lost", "parked"}
        assert set(reasons) <= set(NEXT_STEP) - {"fault"}, "an error that nobody foresaw"
        assert set(seen["doubts"]) <= {"", *NEXT_STEP}
        assert set(seen["told"]) <= set(ReaderVital.__struct_fields__)
        assert seen["longest_s"] < VISIT_S, "the watchdog would have taken the reader for stuck"


class Conformance:
    """The promises of every kind."""

    def test_a_reader_is_built_without_effects(self, rig: Rig) -> None:
        """The constructor opens, starts and changes nothing, whether the device is there or not."""
        with Branch(rig) as branch:
            assert branch.ask("look")["effects"] == []

    def test_a_key_that_the_kind_does_not_have_is_refused(self, rig: Rig) -> None:
        """A misspelled key is told with its place before the daemon starts."""
        keys = {"kind": rig.kind, **rig.options, "colour": "red"}
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        (rig.folder / "edge.toml").write_text(EDGE + "\n".join(lines), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "edge.cli",
            "--config",
            str(rig.folder / "edge.toml"),
            "check-config",
        ]
        environment = {**os.environ, **rig.environment}
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment)
        assert done.returncode == 78
        assert "reader[1].colour: unknown key" in done.stderr
        assert len(done.stderr.splitlines()) == 1

    def test_each_punch_is_committed_once(self, rig: Rig) -> None:
        """Everybody who punches is in the outbox, none of them twice, each with an id of its own."""
        rig.bring()
        with Branch(rig).begin() as branch:
            for _ in range(3):
                rig.punch()
                until(lambda: len(branch.punches) >= len(rig.badges))
            until(lambda: rig.acknowledged in (0, 3))
            branch.ask("stop")
            assert [punch.badge.raw for punch in branch.punches] == rig.badges
            assert len({punch.punch_id for punch in branch.punches}) == 3
            assert {punch.reader for punch in branch.punches} == {"gate"}

    def test_a_device_that_was_away_is_found_again(self, rig: Rig) -> None:
        """Cut off and brought back, a device is lost, then works, and nobody has to do anything."""
        rig.bring()
        with Branch(rig).begin() as branch:
            rig.punch()
            until(lambda: len(branch.punches) == 1)
            rig.take_away()
            until(lambda: branch.state in ("lost", "unreachable"))
            rig.bring()
            until(lambda: branch.state == "ok")
            rig.punch()
            until(lambda: len(branch.punches) == 2)
            assert [punch.badge.raw for punch in branch.punches] == rig.badges

    def test_an_order_is_answered(self, rig: Rig) -> None:
        """What is asked for again is named in a report that stands behind it."""
        rig.bring()
        with Branch(rig).begin() as branch:
            rig.punch()
            rig.punch()
            until(lambda: len(branch.punches) == 2)
            branch.order()
            until(lambda: branch.reports("o-1"))
            (report,) = branch.reports("o-1")
            assert (report.outcome, report.total, report.part, report.parts) == ("read", 2, 1, 1)
            assert set(report.punch_ids) == {punch.punch_id for punch in branch.punches}
            assert branch.facts[-1] == report

    def test_an_order_is_answered_though_the_device_is_away(self, rig: Rig) -> None:
        """A person hears in a word why a device cannot be read, or gets what the outbox holds."""
        with Branch(rig) as branch:
            branch.ask("start")
            branch.order()
            until(lambda: branch.reports("o-1"))
            (report,) = branch.reports("o-1")
            assert report.outcome == "read" or report.reason in NEXT_STEP

    @pytest.mark.parametrize("state", STATES)
    def test_the_reader_comes_by_and_stops_in_time(self, rig: Rig, state: State) -> None:
        """Whatever the device does, the reader keeps coming by at the desk, and a stop takes 2 s at most."""
        {"absent": rig.take_away, "silent": rig.silence, "working": rig.bring, "failing": rig.babble}[state]()
        with Branch(rig) as branch:
            visits = branch.ask("start")["visits"]
            until(lambda: branch.ask("look")["visits"] >= visits + 4)
            if state == "working":
                until(lambda: branch.state == "ok")
            assert branch.ask("stop")["stopped_s"] < STOP_S


class ConformanceWithMemory(Conformance):
    """Beside those, the promises of kinds whose devices keep their punches."""

    def test_nothing_is_acknowledged_before_it_is_committed(self, rig: Rig) -> None:
        """Power lost in the middle of a commit costs nothing: the device still has the punch and tells it."""
        rig.bring()
        with Branch(rig).begin() as branch:
            rig.punch()
            until(lambda: len(branch.punches) == 1 and rig.acknowledged in (0, 1))
            branch.ask("hold")
            rig.punch()
            until(lambda: branch.ask("look")["held"])
            assert rig.acknowledged in (0, 1)
            assert len(branch.punches) == 1
        with Branch(rig).begin() as branch:
            until(lambda: len(branch.punches) == 2)
            assert [punch.badge.raw for punch in branch.punches] == rig.badges
            until(lambda: rig.acknowledged in (0, 2))

    def test_ids_are_the_same_when_the_device_is_read_again(self, rig: Rig) -> None:
        """A new card in the Pi gives every punch the id that it had, so that central knows it."""
        rig.bring()
        with Branch(rig).begin() as branch:
            for _ in range(3):
                rig.punch()
            until(lambda: len(branch.punches) == 3)
            ids = {punch.punch_id for punch in branch.punches}
        for part in rig.folder.glob("outbox.db*"):
            part.unlink()
        with Branch(rig).begin() as branch:
            branch.order()
            until(lambda: branch.reports("o-1"))
            assert {it for report in branch.reports("o-1") for it in report.punch_ids} == ids
            assert {punch.punch_id for punch in branch.facts if isinstance(punch, Punch)} == ids
