"""A whole site for the journeys: the demo's stage, and the ways in which a site is hurt."""

import json
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.account import compare_all
from demo.programs import Program, ProgramError
from demo.stage import LEDGER, SERIAL, TERMINAL, ZONE, Stage
from tests.waiting import until

STEADY_S = 2.0


class Site(Stage):
    """Broker, network, central, edge and devices of one test, as programs."""

    _more_readers = ""

    def add_reader(self, section: str, *, under: str) -> None:
        """Let the edge run below another program, with one reader more. Call it before `build`."""
        config = self._file("edge.toml")
        program = str(Path(sys.executable).parent / "punchwire-edge")
        self.edge = self._program("edge", under, program, "--config", config, "run")
        self._more_readers = section

    def _write(self, name: str, head: str, user: str, port: int, sections: list[str] | None = None) -> None:
        more = [self._more_readers] if name == "edge.toml" else []
        super()._write(name, head, user, port, [*(sections or []), *more])

    def badges(self, reader: str) -> list[str]:
        """The badges that the ledger holds of a reader, in the order of their arrival."""
        with suppress(sqlite3.OperationalError), self.database() as db:
            query = "SELECT badge_raw FROM punches WHERE reader = ? ORDER BY arrival_id, seq"
            return [badge for (badge,) in db.execute(query, (reader,))]
        return []

    def punches(self, count: int, reader: str = TERMINAL) -> None:
        """So many people punch, one after the other."""
        for _ in range(count):
            self.punch(reader)

    def card(self) -> None:
        """Somebody presents a card, if the edge has its reader open since a while.

        A reader without memory tells nobody of a card that came while its port was being opened.
        """
        process = self.edge._process  # noqa: SLF001 - the stage is ours
        if process is not None and time.time() - Path(f"/proc/{process.pid}").stat().st_ctime > STEADY_S:
            self.punch(SERIAL)

    def ledger_count(self) -> int:
        """Punches in the ledger's file."""
        with suppress(sqlite3.OperationalError), self.database() as db:
            return int(db.execute("SELECT count(*) FROM punches").fetchone()[0])
        return 0

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The ledger's file, to look at it or to hurt it."""
        db = sqlite3.connect(self.folder / LEDGER, timeout=10)
        try:
            with db:
                yield db
        finally:
            db.close()

    def held_count(self) -> int:
        """Punches in the devices."""
        return sum(len(held) for held in self.held().values())

    def settles(self, within_s: float = 60.0) -> None:
        """Wait until the ledger holds as many punches as the devices, then compare them one by one."""
        until(lambda: self.ledger_count() >= self.held_count(), within_s, every_s=0.2)
        held, ledger = self.held(), self.ledger()
        accounts = compare_all(held, ledger)
        assert all(it.equal for it in accounts), "\n".join(line for it in accounts for line in it.lines())

    def outbox_settles(self) -> None:
        """Wait until the edge, stopped cleanly, holds a receipt for every fact."""

        def nothing_waits() -> bool:
            marks = self.outbox()
            if marks["backlog"]:
                self.edge.start()
            return not marks["backlog"]

        until(nothing_waits, every_s=1.0)

    def resynced(self, *employees: str, first: str = "", last: str = "", dry: bool = False) -> dict[str, Any]:
        """Run a resync to its end through the people's command; returns its answer."""
        today = datetime.now(ZONE).date().isoformat()
        flags = [f"--employee={employee}" for employee in employees]
        flags.append("--dry-run" if dry else "--reason=a journey")
        answer: dict[str, Any] = self.ask(
            "resync", *flags, f"--from={first or today}", f"--to={last or today}", "--timeout=60"
        )
        return answer

    def freeze(self, program: Program, *, thaw: bool = False) -> None:
        """Stop a program in its tracks, as swapping or a debugger would; or let it go on."""
        assert program._process is not None  # noqa: SLF001 - the stage is ours
        program._process.send_signal(signal.SIGCONT if thaw else signal.SIGSTOP)  # noqa: SLF001

    def back_up(self) -> Path:
        """Copy the ledger as an online backup would."""
        copy = self.folder / "backup.db"
        with self.database() as db, sqlite3.connect(copy) as target:
            db.backup(target)
        target.close()
        return copy

    def restore(self, copy: Path) -> None:
        """Put a copy in the place of the ledger, while central does not run."""
        for ending in ("-wal", "-shm"):
            (self.folder / (LEDGER + ending)).unlink(missing_ok=True)
        shutil.copy(copy, self.folder / LEDGER)

    def board(self) -> dict[str, dict[str, Any]]:
        """The board's lines by reader, "" for the edge as a whole."""
        with suppress(ProgramError, json.JSONDecodeError):
            return {line.get("reader", ""): line for line in self.ask("status")}
        return {}

    def doubled_days(self) -> int:
        """Punches that the ledger holds twice by what they say, whatever their ids."""
        query = (
            "SELECT count(*) FROM (SELECT 1 FROM punches WHERE device_wall_us IS NOT NULL"
            " GROUP BY device, badge_raw, device_wall_us HAVING count(*) > 1)"
        )
        with self.database() as db:
            return int(db.execute(query).fetchone()[0])


def days_ago(days: int) -> str:
    """A date of the site's calendar."""
    return (datetime.now(UTC).astimezone(ZONE).date() - timedelta(days=days)).isoformat()
