"""Time through a whole site: a Pi months behind, a terminal whose battery died, every part a process."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.programs import ProgramError
from demo.stage import EDGE, KEYBOARD, SERIAL, TERMINAL, ZONE
from tests.journeys.site import Site
from tests.waiting import until

MONTHS_S = 120 * 86_400
_EDGE = Path(__file__).with_name("unset_edge.py")


class Clocked(Site):
    """A site whose Pi has the clock that `sets` gives it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, log=50)
        self._told = folder / "clock.json"
        command = (sys.executable, str(_EDGE), str(self._told), "--config", self._file("edge.toml"), "run")
        self.edge = self._program("edge", *command)

    def sets(self, *, synced: bool, off_s: float = 0.0) -> None:
        """The Pi's kernel from now on."""
        fresh = self._told.with_suffix(".new")
        fresh.write_text(json.dumps({"synced": synced, "off_s": off_s}))
        fresh.replace(self._told)

    def review(self) -> list[dict[str, Any]]:
        """What punchwire-central lists for a review."""
        config = self._file("central.toml")
        said = self._program("review", "punchwire-central", "review", "--json", "--config", config).run()
        return [json.loads(line) for line in said.splitlines()]

    def moved_by_s(self) -> list[float]:
        """By how many seconds the repairs of the serial reader's punches differ from what they say."""
        query = (
            "SELECT repairs.read_at_us - punches.read_at_us FROM repairs JOIN punches USING (punch_id)"
            " WHERE reader = ?"
        )
        with self.database() as db:
            return [moved / 1e6 for (moved,) in db.execute(query, (SERIAL,))]

    def clock(self, *flags: str) -> dict[str, Any]:
        """What `punchwire clock` says of the terminal."""
        answer: dict[str, Any] = self.ask("clock", "--edge", EDGE, "--reader", TERMINAL, *flags)
        return answer

    def terminal_off_s(self) -> float:
        """By how much the terminal's clock is ahead in truth."""
        shows = datetime.fromisoformat(self.devices[TERMINAL].say({"do": "state"})["clock"])
        return (shows - datetime.now(UTC).astimezone(ZONE).replace(tzinfo=None)).total_seconds()

    def told(self) -> list[str]:
        """The words of the edge's events in the ledger."""
        with self.database() as db:
            query = "SELECT fact FROM edge_facts WHERE kind = 'edge-event'"
            return [json.loads(fact)["event"] for (fact,) in db.execute(query)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Clocked]:
    """A site with a terminal and a serial reader, whose Pi has just booted, months behind."""
    made = Clocked(tmp_path)
    del made.devices[KEYBOARD]
    made.sets(synced=False, off_s=-MONTHS_S)
    try:
        made.build()
        yield made
    finally:
        made.clear()


def test_a_pi_months_behind_is_repaired_when_it_meets_a_time_server(site: Clocked) -> None:
    """Cards wait for their time, terminals count; at the first sync all have it, and nobody did anything."""
    until(lambda: site.ledger_count() >= 50)
    while not site.badges(SERIAL):
        site.card()
    site.punches(3)
    until(lambda: {line["reason"] for line in site.review()} == {"clock-unset"})
    assert {line["reader"] for line in site.review()} == {SERIAL}
    site.sets(synced=True)
    until(lambda: site.review() == [], 60, every_s=0.5)
    assert site.moved_by_s() == [pytest.approx(MONTHS_S, abs=3)] * len(site.badges(SERIAL))
    until(lambda: site.ledger_count() == site.held_count())


def test_a_terminal_whose_battery_died_goes_to_review_with_its_true_time(site: Clocked) -> None:
    """A record of 2000-01-01 counts nowhere; the list says when it was, and a person lets it count."""
    site.sets(synced=True)
    until(lambda: site.ledger_count() >= 50)
    site.devices[TERMINAL].say({"do": "fault", "name": "clock-reset"})
    site.punches(1)
    until(lambda: [line["reason"] for line in site.review()] == ["before-2000"], 60)
    (line,) = site.review()
    assert line["says"].startswith("2000-01-01")
    late = datetime.fromisoformat(line["received"]) - datetime.fromisoformat(line["proposed"])
    assert timedelta(seconds=-3) <= late <= timedelta(seconds=60)
    until(lambda: site.told().count("clock_reset") == site.told().count("clock_off") == 1)
    config = site._file("central.toml")  # noqa: SLF001 - the stage is ours
    accepting = ("review", "punchwire-central", "review", "--accept", line["punch"], "--config", config)
    assert site._program(*accepting).run().startswith(b"accepted")  # noqa: SLF001
    until(lambda: site.review() == [])
    until(lambda: site.ledger_count() == site.held_count())


def test_an_administrator_sets_a_terminals_clock_from_afar(site: Clocked) -> None:
    """Refused while the Pi itself has no time; then the clock is set, and read back it is right."""
    until(lambda: site.ledger_count() >= 50)
    site.devices[TERMINAL].say({"do": "fault", "name": "clock-reset"})
    with pytest.raises(ProgramError, match="clock failed"):
        site.clock("--set", "--timeout", "60")
    assert site.terminal_off_s() < -20 * 365 * 86_400
    site.sets(synced=True)
    told = site.clock("--set", "--timeout", "60")
    assert (told["state"], told["after_s"]) == ("done", pytest.approx(0, abs=3))
    assert told["before_s"] < -20 * 365 * 86_400
    assert abs(site.terminal_off_s()) < 10
    assert site.told().count("clock_set") == 1
