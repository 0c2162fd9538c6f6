"""The accounts of a whole site: who takes a row from terminal, outbox or ledger is seen within one cycle."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.stage import EDGE, TERMINAL, ZONE
from tests.edge.readers.zkteco_push.making import free_port, terminal
from tests.journeys.site import Site
from tests.waiting import until

CYCLE_S = 2
_SECTIONS = {
    "edge.toml": f"\n[account]\nevery_s = {CYCLE_S}\nquiet_s = 1\n",
    "central.toml": f"\n[account]\nevery_s = {CYCLE_S}\n",
}

_PI = Path(__file__).with_name("unset_edge.py")
_SERIAL = "CJ7F194760099"
_PUSH = """
[[reader]]
name = "{reader}"
kind = "zkteco-push"
serial = "{serial}"
address = "127.0.0.1"
port = {port}
zone = "Asia/Kolkata"
delay_s = 1
error_delay_s = 1
settle_s = 0.5
"""


class CountedSite(Site):
    """A site that counts its days every few seconds; the tests look at one terminal of it."""

    reader = TERMINAL

    def fault(self, name: str) -> None:
        """Let something go wrong at the terminal."""
        self.devices[TERMINAL].say({"do": "fault", "name": name})

    def _write(self, name: str, head: str, user: str, port: int, sections: list[str] | None = None) -> None:
        super()._write(name, head, user, port, [*(sections or []), _SECTIONS.get(name, "")])

    def account(self, day: date) -> tuple[int, dict[str, Any]]:
        """Exit status and answer of `punchwire account` for the terminal."""
        command = [str(Path(sys.executable).parent / "punchwire"), "account", *self._account()]
        done = subprocess.run(
            [*command, "--json", f"--date={day}"], capture_output=True, check=False, text=True, timeout=60
        )
        rows = {row["reader"]: row for row in json.loads(done.stdout or "[]")}
        return done.returncode, rows.get(self.reader, {})

    def equal_day(self) -> date:
        """Wait until a day of the last weeks on which people punched has closed, equal on all sides."""
        today = datetime.now(UTC).astimezone(ZONE).date()
        found: list[date] = []

        def closed() -> bool:
            for days in range(1, 8):
                day = today - timedelta(days=days)
                status, row = self.account(day)
                if row.get("verdict") == "equal" and row.get("device", {}).get("count", 0) > 2:
                    assert status == 0
                    assert row["device"] == row["outbox"] == row["ledger"]
                    found.append(day)
                    return True
            return False

        until(closed, 60.0, every_s=0.5)
        return found[0]

    def history(self, day: date) -> list[tuple[str, list[str]]]:
        """The verdicts on the terminal's day as the audit keeps them, each with its causes."""
        query = "SELECT detail FROM audit WHERE verb = 'account' AND subject = ? ORDER BY audit_id"
        with self.database() as db:
            lines = [json.loads(detail) for (detail,) in db.execute(query, (f"{EDGE}/{self.reader}/{day}",))]
        return [(line["outcome"], list(line["causes"])) for line in lines]

    def alarmed(self, says: str) -> bool:
        """Whether the board shows the terminal's account, and says so."""
        line = self.board().get(self.reader, {})
        return (
            line.get("color") == "orange"
            and line.get("reason") == "account-differs"
            and says in line.get("evidence", "")
        )


class PushSite(CountedSite):
    """The same for one more terminal, which pushes to a Pi whose clock is synchronised."""

    reader = "back-gate"

    def __init__(self, folder: Path, *, log: int) -> None:
        super().__init__(folder, log=log)
        clock = folder / "clock.json"
        clock.write_text('{"synced": true, "off_s": 0}')
        command = (sys.executable, str(_PI), str(clock), "--config", self._file("edge.toml"), "run")
        self.edge = self._program("edge", *command)
        port = free_port()
        self._there = terminal(port, serial=_SERIAL, users=100, log=log)
        self._more_readers = _PUSH.format(reader=self.reader, port=port, serial=_SERIAL)

    def build(self) -> None:
        """Start the terminal, too."""
        super().build()
        self._there.start()

    def clear(self) -> None:
        """Stop the terminal, too."""
        self._there.stop()
        super().clear()

    def fault(self, name: str) -> None:
        """Let something go wrong at the terminal."""
        self._there.fault(name)

    def settles(self, within_s: float = 60.0) -> None:
        """Wait until the ledger holds what the terminal holds, punch by punch."""
        held = Counter(row.pin for row in self._there.log)
        until(lambda: Counter(self.badges(self.reader)) == held, within_s, every_s=0.2)


_KINDS: dict[str, type[CountedSite]] = {"pulled": CountedSite, "pushing": PushSite}


@pytest.fixture(params=_KINDS)
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[CountedSite]:
    """A site at work whose terminal has a past."""
    made = _KINDS[request.param](tmp_path, log=300)
    try:
        made.build()
        yield made
    finally:
        made.clear()


def low_and_high(day: date) -> tuple[bytes, bytes]:
    """The ids of a day lie between these."""
    first = (day - date(1970, 1, 1)).days * 86_400_000
    return first.to_bytes(6, "big") + bytes(10), (first + 86_400_000).to_bytes(6, "big") + bytes(10)


def test_a_punch_that_is_taken_from_the_ledger_comes_back(site: CountedSite) -> None:
    """The loss is found and named, the outbox sends the punch again, and the audit knows of it."""
    day = site.equal_day()
    with site.database() as db:
        query = (
            "DELETE FROM punch_rows WHERE punch_id = (SELECT min(punch_id) FROM punches"
            " WHERE reader = ? AND punch_id >= ? AND punch_id < ?)"
        )
        assert db.execute(query, (site.reader, *low_and_high(day))).rowcount == 1
    until(lambda: len(site.history(day)) == 3, 60.0, every_s=0.2)
    assert site.history(day) == [("equal", []), ("differs", ["not-in-ledger"]), ("equal", [])]
    site.settles()
    assert site.account(day)[0] == 0


def test_rows_that_are_taken_from_the_outbox_come_back(site: CountedSite) -> None:
    """What the outbox lacks is read again from the terminal."""
    day = site.equal_day()
    site.outbox_settles()
    with closing(sqlite3.connect(site.folder / "outbox.db", isolation_level=None)) as db:
        seen = (
            "SELECT seq FROM seen JOIN readers ON number = reader"
            " WHERE name = ? AND punch_id >= ? AND punch_id < ? LIMIT 1"
        )
        (seq,) = db.execute(seen, (site.reader, *low_and_high(day))).fetchone()
        row = "DELETE FROM facts WHERE seq = (SELECT max(seq) FROM facts WHERE seq <= ?)"
        assert db.execute(row, (seq,)).rowcount == 1
    site.edge.start()
    until(lambda: len(site.history(day)) == 3, 60.0, every_s=0.2)
    assert site.history(day) == [("equal", []), ("differs", ["not-at-edge"]), ("equal", [])]
    site.settles()


def test_a_record_that_is_taken_from_the_terminal_is_on_the_board(site: CountedSite) -> None:
    """Nobody can put it back, so a person is told, and the punch is safe in the ledger."""
    site.equal_day()
    site.fault("record-removed")
    until(lambda: site.alarmed("1 missing in the terminal's log"), 60.0, every_s=0.5)
    day = date.fromisoformat(site.board()[site.reader]["evidence"][:10])
    status, row = site.account(day)
    assert status == 1
    assert row["verdict"] == "differs"
    assert row["device"]["count"] == row["ledger"]["count"] - 1
    assert [(cause["cause"], cause["count"], len(cause["punch_ids"])) for cause in row["causes"]] == [
        ("not-on-device", 1, 1)
    ]


def test_a_log_that_is_cleared_is_told_apart_from_a_loss(site: CountedSite) -> None:
    """Who cleared it on purpose is not cried after."""
    day = site.equal_day()
    site.fault("log-cleared")
    until(lambda: len(site.history(day)) == 2, 60.0, every_s=0.2)
    assert site.history(day) == [("equal", []), ("explained", ["log-cleared"])]
    status, row = site.account(day)
    assert (status, row["verdict"], row["device"]["count"]) == (0, "explained", 0)
    assert site.board()[site.reader].get("reason") != "account-differs"
