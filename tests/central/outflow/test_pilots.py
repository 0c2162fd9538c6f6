"""A pilot branch is taken in, shown and computed; no exporter hears of it until it is none any more."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from central.cli import main
from central.exporters.exporter import What
from central.exporters.http import HttpExporter, HttpOptions
from central.ledger import exports, holds
from central.ledger.database import Ledger
from central.ledger.people import People
from central.ledger.workdays.tables import workdays
from central.outflow.pages import Pages
from central.outflow.pilots import Pilots
from central.outflow.sender import Plan, Sender
from simulators.mosquitto import Mosquitto
from tests.central.conftest import NOW
from tests.central.days.works import MONDAY, OFFICE, SITES, Works, person
from tests.central.exporters.hrms import Hrms, running_hrms
from tests.central.exporters.test_http import SECRET
from tests.central.program import Program
from tests.peer import TOPICS, peer
from tests.waiting import until
from wire.board import BoardEntry

SURAT = Pilots(frozenset({"surat-02"}), frozenset({"surat", "surat-02"}))
NONE = Pilots()


@pytest.fixture
def hrms() -> Iterator[Hrms]:
    """The other side."""
    with running_hrms() as running:
        yield running


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """A works with E1 at Pune and E2 at Surat, and a Monday of work behind both."""
    made = Works(ledger, tmp_path, (person(1), person(2, branch="Surat")))
    made.settings(OFFICE, since=MONDAY)
    for user, edge in (("1", "pune-01"), ("2", "surat-02")):
        made.punch("2026-05-11 08:55", user=user, edge=edge)
        made.punch("2026-05-11 17:05", user=user, edge=edge)
    made.settle()
    return made


def send(
    works: Works, hrms: Hrms, pilots: Pilots, what: What = "days", rows: int = 200
) -> list[dict[str, Any]]:
    """Start central's sender anew, let it send until nothing is left; returns what came."""
    secret = works.folder / "hrms.secret"
    secret.write_text(SECRET)
    exporter = HttpExporter("payroll", HttpOptions(url=hrms.url, secret_file=secret))
    pages = Pages(works.ledger, People(works.ledger), SITES.zones, pilots)
    sender = Sender(Plan("payroll", exporter, (what,), rows), pages, works.ledger)
    before = len(hrms.rows())
    for _ in range(1000):
        if not sender.turn(what):
            sender.stop(0)
            return hrms.rows()[before:]
    raise AssertionError("it never comes to an end")


def held(works: Works) -> int:
    """How many rows are held back."""
    with works.ledger.read() as connection:
        return sum(holds.counts(connection).values())


@pytest.mark.parametrize("rows", [1, 2, 200])
def test_the_days_of_a_pilot_are_held_back_and_then_sent_as_a_whole(
    works: Works, hrms: Hrms, rows: int
) -> None:
    """Others' days go out meanwhile; without the flag each held day comes once, as it is by then."""
    assert {row["employee"] for row in send(works, hrms, SURAT, rows=rows)} == {"E1"}
    works.punch("2026-05-11 19:30", user="2", edge="surat-02")
    works.punch("2026-05-12 09:00", user="2", edge="surat-02")
    works.settle()
    assert send(works, hrms, SURAT, rows=rows) == []
    assert held(works) > 1
    late = send(works, hrms, NONE, rows=rows)
    dates = [row["date"] for row in late]
    assert {row["employee"] for row in late} == {"E2"}
    assert sorted(dates) == sorted(set(dates))
    assert {"2026-05-11", "2026-05-12"} <= set(dates)
    (monday,) = [row for row in late if row["date"] == "2026-05-11"]
    assert len(monday["clockings"]) > 2
    assert held(works) == 0
    assert send(works, hrms, NONE, rows=rows) == []


@pytest.mark.parametrize("rows", [1, 3, 200])
def test_the_punches_of_a_pilot_are_held_back_too(works: Works, hrms: Hrms, rows: int) -> None:
    """What was punched at a reader of a pilot comes when the pilot is over, and once."""
    assert [row["edge"] for row in send(works, hrms, SURAT, "punches", rows)] == ["pune-01"] * 2
    works.punch("2026-05-12 09:00", user="2", edge="surat-02")
    late = send(works, hrms, NONE, "punches", rows)
    assert sorted((row["wall"], row["employee"]) for row in late) == [
        ("2026-05-11T08:55:00", "E2"),
        ("2026-05-11T17:05:00", "E2"),
        ("2026-05-12T09:00:00", "E2"),
    ]
    assert send(works, hrms, NONE, "punches", rows) == []


def test_who_leaves_the_pilot_takes_his_days_along(works: Works, hrms: Hrms) -> None:
    """A person who turns out to belong elsewhere is held back no longer than until the next start."""
    send(works, hrms, SURAT)
    works.hire(person(2, branch="Pune"))
    works.settle()
    assert {row["employee"] for row in send(works, hrms, SURAT)} == {"E2"}
    assert held(works) == 0


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_meanwhile_the_hrms_ends_with_every_day_as_it_is(
    works: Works, hrms: Hrms, seed: int
) -> None:
    """Flags come and go, the other side fails, days change: nothing is missing in the end, or told before."""
    dice = random.Random(seed)  # noqa: S311 - a schedule
    pilots = NONE
    for step in range(12):
        match dice.randrange(4):
            case 0:
                pilots = SURAT if pilots is NONE else NONE
            case 1:
                hrms.answers = [(503, {}, b"busy")]
            case _:
                user, edge = dice.choice([("1", "pune-01"), ("2", "surat-02")])
                works.punch(
                    f"2026-05-{dice.randrange(11, 13)} {9 + step % 12:02}:{step:02}", user=user, edge=edge
                )
                works.settle()
        came = send(works, hrms, pilots, rows=dice.choice([1, 2, 200]))
        assert pilots is NONE or all(row["employee"] == "E1" for row in came)
    hrms.answers = []
    send(works, hrms, NONE)
    last = {(row["employee"], row["date"]): row for row in hrms.rows()}
    with works.ledger.read() as connection:
        stored = [json.loads(result) for result in connection.execute(select(workdays.c.result)).scalars()]
    worked = [row for row in stored if row.get("clockings")]
    assert len(worked) >= 2
    assert [row for row in worked if last[row["employee"], row["date"]] != row] == []


def test_the_board_and_the_command_say_which_branch_is_a_pilot(
    tmp_path: Path, broker: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits at the HRMS for what does not come yet."""
    central = Program(tmp_path, broker, str(tmp_path / "ledger.db"))
    section = '[[branch]]\nedge = "{}"\n{}'
    central.config.write_text(
        central.config.read_text()
        + section.format("pune-01", "pilot = true\n")
        + section.format("surat-02", "")
    )
    central.start()
    try:
        with peer(broker, "anna") as anna:
            anna.subscribe(TOPICS.whole_board)
            places = {edge: TOPICS.board(edge, None) for edge in ("pune-01", "surat-02")}
            until(lambda: all(anna.last(place, BoardEntry) for place in places.values()))
            shown = {edge: anna.last(place, BoardEntry) for edge, place in places.items()}
        assert {edge: entry.pilot for edge, entry in shown.items() if entry} == {
            "pune-01": True,
            "surat-02": False,
        }
    finally:
        central.kill()
    assert main(["check-config", "--config", str(central.config)]) == 0
    assert "pilots: pune-01" in capsys.readouterr().out


def test_the_command_says_how_many_rows_are_held_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who misses a branch at the HRMS finds it where he looks for trouble."""
    config = tmp_path / "central.toml"
    config.write_text(
        f'[central]\ntimezone = "Asia/Kolkata"\ndatabase = "{tmp_path}/ledger.db"\n[broker]\nhost = "h"\n'
    )
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    with ledger.write() as connection:
        exports.keep(connection, exports.Stand("hrms", "days", b"", 5, None, None, ""))
        holds.hold(connection, "hrms", "days", [holds.day_row("E2", day) for day in range(3)])
    ledger.close()
    assert main(["exports", "--config", str(config)]) == 0
    assert "5 rows sent, nothing yet; 3 of pilots are held back" in capsys.readouterr().out
    assert main(["exports", "--json", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)["held"] == 3
