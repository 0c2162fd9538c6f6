"""Promises of the days with the real central as a process, a real broker, and the commands of people."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto
from tests.central.centre import HandEdge, hand_edge, serving
from tests.central.days.works import OFFICE
from tests.central.facts import terminal_punch
from tests.central.program import Program
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.days import DayResult

PEOPLE = """employee_id,name,status,sbu,branch,department,user_ids
E1,Asha,Active,Works,Pune,QC,1
E2,Bina,Active,Works,Pune,Stores,2
"""
_MONTH_AGO = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(
    days=30
)
MONDAY = _MONTH_AGO - timedelta(days=_MONTH_AGO.weekday())
"""A Monday a month ago, as a wall time: central runs by the real clock."""
SINCE = (MONDAY - timedelta(days=30)).date().isoformat()
SHIFTS = OFFICE.replace("2026-05-01", SINCE)
DATE = MONDAY.date().isoformat()

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def command(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands to its end."""
    path = str(Path(sys.executable).with_name(program))
    return subprocess.run([path, *arguments], capture_output=True, text=True, timeout=90, check=False)


class Site:
    """A central as a process, its files, and somebody who listens to the days."""

    def __init__(self, folder: Path, broker: Mosquitto, database: str) -> None:
        self.folder = folder
        self.broker = broker
        self.program = Program(folder, broker, database)

    def central(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of punchwire-central."""
        return command("punchwire-central", *arguments, "--config", str(self.program.config))

    def ask(self, *arguments: str) -> str:
        """Run a verb of punchwire as Anna; returns what it prints."""
        place = ("--host", "127.0.0.1", "--port", str(self.broker.port), "--user", "anna")
        secret = ("--password-file", str(self.broker.password_file("anna")))
        done = command("punchwire", *arguments, *place, *secret)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, name: str, text: str) -> str:
        """A file of this site."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def site(tmp_path: Path, broker: Mosquitto, database: str) -> Iterator[Site]:
    """A site with two people and an office shift, whose central runs."""
    made = Site(tmp_path, broker, database)
    assert made.central("import", made.write("people.csv", PEOPLE), "--apply").returncode == 0
    assert made.central("user", "add", "anna", "--role", "administrator").returncode == 0
    assert made.central("shifts", made.write("shifts.toml", SHIFTS), "--apply").returncode == 0
    made.program.start()
    yield made
    made.program.kill()


@contextmanager
def listening(site: Site) -> Iterator[tuple[Peer, HandEdge]]:
    """Somebody who hears every day that is published, and an edge, once central is there."""
    with peer(site.broker, "central") as hrms, hand_edge(site.broker) as edge:
        hrms.subscribe(TOPICS.prefix + "/days/#")
        serving(hrms)
        yield hrms, edge


def day(hrms: Peer, employee: str, date: str) -> DayResult | None:
    """The latest that was published of a day."""
    return hrms.last(TOPICS.day(employee, date), DayResult)


def test_a_punch_is_heard_as_a_day_and_told_in_reports(site: Site) -> None:
    """From the wire to the topic of the day, the reports in every form, and the explanation."""
    with listening(site) as (hrms, edge):
        edge.tell(
            terminal_punch(1, user="1", wall=MONDAY + timedelta(hours=9, minutes=10), how="catch-up"),
            terminal_punch(2, user="1", wall=MONDAY + timedelta(hours=17), direction=1, how="catch-up"),
            terminal_punch(3, user="2", wall=MONDAY + timedelta(hours=9), how="catch-up"),
        )
        until(lambda: (told := day(hrms, "E1", DATE)) and told.work_s == 470 * 60)
        until(lambda: day(hrms, "E2", DATE))
    span = ("--from", DATE, "--to", DATE)
    rows = json.loads(site.ask("report", "attendance", *span, "--json"))
    assert [(row["employee"], row["status"], row["late_minutes"]) for row in rows] == [
        ("E1", "present", 10),
        ("E2", "present", 0),
    ]
    table = site.ask("report", "late", *span)
    assert "Asha" in table
    assert "Bina" not in table
    sheet = list(csv.DictReader(io.StringIO(site.ask("report", "missing", *span, "--csv"))))
    assert [(row["employee"], row["missing"]) for row in sheet] == [("E2", "OUT")]
    filtered = json.loads(site.ask("report", "timecard", *span, "--json", "--department", "Stores"))
    assert [row["employee"] for row in filtered] == ["E2"]
    assert filtered[0]["shift"] == f"office@{SINCE}#1"
    told = site.ask("day", "E1", DATE)
    for words in (
        f"E1 Asha, {DATE}: present",
        "10 min after Report Time 09:00.",
        "C2.3: the shift office comes from the organization ACCUMAX, the nearest that names one.",
        f"office@{SINCE}#1 of the organization, row mon: 09:00 to 17:00",
        "pune-01/front-gate",
    ):
        assert words in told


@on_sqlite
def test_changed_shifts_are_taken_up_by_the_running_central(site: Site) -> None:
    """The command says how many days it touches, and the daemon computes and publishes just those."""
    with listening(site) as (hrms, edge):
        edge.tell(terminal_punch(1, user="1", wall=MONDAY + timedelta(hours=9, minutes=10), how="catch-up"))
        until(lambda: day(hrms, "E1", DATE))
        until(lambda: day(hrms, "E1", (MONDAY + timedelta(days=1)).date().isoformat()))
        later = site.write("later.toml", SHIFTS.replace(SINCE, DATE).replace("09:00", "09:10"))
        shown = site.central("shifts", later)
        assert "days.mon.report: 09:00 -> 09:10" in shown.stdout
        assert "nothing is written yet" in shown.stdout
        applied = site.central("shifts", later, "--apply")
        # Of the other one today is known at the most, and touched if it is a working day.
        assert re.search(r"written; \d+ days of [12] people will be computed again", applied.stdout)
        until(lambda: (told := day(hrms, "E1", DATE)) and told.shift == f"office@{DATE}#2")
        assert (told := day(hrms, "E1", DATE))
        assert told.late_s == 0


def test_no_mark_is_lost_however_central_is_killed(site: Site) -> None:
    """Central is killed right behind its receipts; in the end every day is there and was heard."""
    with listening(site) as (hrms, edge):
        dates = [MONDAY - timedelta(days=back) for back in range(12)]
        for number, date in enumerate(dates):
            edge.tell(
                terminal_punch(number, user="1", wall=date + timedelta(hours=9), how="catch-up"),
                terminal_punch(100 + number, user="2", wall=date + timedelta(hours=10), how="catch-up"),
            )
            if number % 3 == 2:
                # The receipt came: the punches are in the ledger. Their days may not be computed yet.
                site.program.kill()
                site.program.start()
                serving(hrms)
        expected = {
            (employee, date.date().isoformat()): hour
            for date in dates
            for employee, hour in (("E1", 9), ("E2", 10))
        }

        def heard() -> dict[tuple[str, str], int]:
            told = {key: day(hrms, *key) for key in expected}
            return {key: one.clockings[0].at.hour for key, one in told.items() if one and one.clockings}

        until(lambda: heard() == expected)


@on_sqlite
def test_mistakes_in_settings_are_lines_with_a_place(site: Site) -> None:
    """A file with mistakes changes nothing; each is told with the file's name, and the status says so."""
    text = OFFICE.replace('"09:00"', '"9"', 1).replace('shift = "office"', 'shift = "offize"')
    refused = site.central("shifts", site.write("bad.toml", text), "--apply")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        'bad.toml: shifts.office.days.mon.report: "9" is not a time of day',
        'bad.toml: units[1].shift: "offize" is not among the shifts; did you mean "office"?',
    ]
    missing = site.central("shifts", str(site.folder / "nothing.toml"))
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    custom = site.write(
        "assigned.csv", f"employee_id,shift,effective_from\nE1,offize,{SINCE}\nE9,office,{SINCE}\n"
    )
    assert site.central("shifts", custom, "--apply").stderr.splitlines() == [
        'assigned.csv: line 2, shift: "offize" is not among the shifts; did you mean "office"?',
        'assigned.csv: line 3, employee_id: "E9" is not among the employees',
    ]
    assigned = site.central(
        "shifts", site.write("assigned.csv", "employee_id,shift\nE1,office\n"), "--from", SINCE
    )
    assert f"custom shift of E1, in force from {SINCE}" in assigned.stdout
    table = site.write("holidays.csv", "date,calendar\n2026-05-12,plant\n2026-13-01,plant\n")
    refused = site.central("shifts", table)
    assert refused.stderr == 'holidays.csv: line 3, date: "2026-13-01" is not a date\n'
