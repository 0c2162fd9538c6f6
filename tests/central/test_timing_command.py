"""The verb `review` of punchwire-central, as a person uses it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from central.cli import main
from central.ledger import audit, landing
from central.ledger.database import Ledger
from central.ledger.workdays import doubts
from central.streams import Parcel
from edge.readers.identity import terminal_punch_id
from tests.central.conftest import NOW
from wire.punch import Badge, Clock, Punch


@dataclass
class Desk:
    """A ledger with one punch of a terminal whose battery died, half an hour before it was read."""

    config: Path
    ledger: Ledger
    punch_id: str

    def run(self, *words: str) -> int:
        """Run the verb."""
        return main(["review", *words, "--config", str(self.config)])

    def doubts(self) -> int:
        """How many punches wait."""
        with self.ledger.read() as connection:
            return doubts.count(connection)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The desk."""
    config = tmp_path / "central.toml"
    config.write_text(
        f'[central]\ntimezone = "Asia/Kolkata"\ndatabase = "{tmp_path}/ledger.db"\n'
        '[broker]\nhost = "127.0.0.1"\n'
    )
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    wall = datetime.fromisoformat("2000-01-01 00:10")
    shown = datetime(2000, 1, 1, 0, 40, tzinfo=UTC)
    fact = Punch(
        punch_id=terminal_punch_id("SER", "1", wall),
        reader="gate",
        kind="terminal",
        badge=Badge(raw="1", form="user-id"),
        read_at=NOW,
        clock=Clock(trust="synced", boot_id="b", uptime_s=9, offset_s=(shown - NOW).total_seconds()),
        how="catch-up",
        device="SER",
        device_wall=wall,
    )
    with ledger.write() as connection:
        landing.land(connection, [Parcel("pune-01", "o", 1, 1, 0, ((1, fact),))], NOW)
        doubts.note(connection, [(bytes.fromhex(fact.punch_id), "before-2000")])
    yield Desk(config, ledger, fact.punch_id)
    ledger.close()


def test_what_waits_is_listed_with_the_time_that_was_meant(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people a line, for programs JSON; nothing changes by looking."""
    assert desk.run() == 0
    told = capsys.readouterr().out
    assert told.startswith(
        f"{desk.punch_id}  pune-01/gate  1: says 2000-01-01 00:10:00, meant 2026-05-11 13:00"
    )
    assert desk.run("--json") == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["punch"], line["reason"], line["edge"]) == (desk.punch_id, "before-2000", "pune-01")
    assert line["proposed"].startswith("2026-05-11 13:00")
    assert desk.doubts() == 1


@pytest.mark.parametrize(
    ("words", "counts"), [((), "2026-05-11 13:00:0"), (("--at", "2026-05-11T09:10"), "2026-05-11 09:10:00")]
)
def test_an_accepted_punch_leaves_the_list_and_is_audited(
    desk: Desk, words: tuple[str, ...], counts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It counts at the proposed time, or at the one that the person gives."""
    assert desk.run("--accept", desk.punch_id, *words) == 0
    assert capsys.readouterr().out.startswith(f"accepted: it counts at {counts}")
    assert desk.doubts() == 0
    with desk.ledger.read() as connection:
        entry = audit.entries(connection)[0]
    assert (entry.verb, entry.subject) == ("review", desk.punch_id)
    assert desk.run() == 0
    assert capsys.readouterr().out == "no punch waits for a review\n"


@pytest.mark.parametrize("punch_id", ["00" * 16, "nonsense"])
def test_an_unknown_punch_is_refused_in_one_line(
    desk: Desk, punch_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line names the punch and where to look."""
    assert desk.run("--accept", punch_id) == 1
    told = capsys.readouterr().err
    assert told == f"the ledger has no punch {punch_id!r}; see punchwire-central review\n"


def test_a_time_without_a_punch_is_refused(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """--at alone means nothing."""
    assert desk.run("--at", "2026-05-11T09:10") == 1
    assert capsys.readouterr().err.count("\n") == 1
