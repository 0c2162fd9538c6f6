"""Promises of `employees`, `facets`, `filters` and `export`, with central itself at the other end."""

import csv
import io
import json
import subprocess
import sys
from argparse import ArgumentParser
from datetime import date, timedelta
from pathlib import Path

import pytest

from admin.cli import main
from admin.errors import UsageError
from admin.person import lines
from admin.selecting import add_people_flags, people_of, told
from central.ledger import people
from simulators.mosquitto import Mosquitto
from tests.central.centre import PEOPLE, centre, hand_edge, utc_now
from tests.central.facts import terminal_punch
from wire.people import OrgFilter
from wire.person import BadgeHeld, PersonAnswer, UnitsHeld

PUNCHWIRE = str(Path(sys.executable).with_name("punchwire"))
SPAN = ("--from", "2026-05-11", "--to", "2026-05-11")


def _run(broker: Mosquitto, *arguments: str) -> subprocess.CompletedProcess[str]:
    secret = str(broker.password_file("anna"))
    place = ["--host", "127.0.0.1", "--port", str(broker.port), "--user", "anna", "--password-file", secret]
    return subprocess.run(
        [PUNCHWIRE, *arguments, *place], capture_output=True, text=True, timeout=90, check=False
    )


def test_people_are_listed_counted_saved_and_exported(broker: Mosquitto, tmp_path: Path) -> None:
    """One filter means the same people to every verb, and each says how many they are."""
    with centre(broker, str(tmp_path / "ledger.db")) as central, hand_edge(broker) as edge:
        edge.tell(*(terminal_punch(number, user=str(number)) for number in (1, 2)))
        listed = _run(broker, "employees", "--search", "a", "--sort", "name", "--desc", "--limit", "2")
        assert [line.split()[:2] for line in listed.stdout.splitlines()[1:]] == [
            ["E9", "Chetan"],
            ["E2", "Bina"],
        ]
        assert "search 'a': 3 of 3 employees" in listed.stderr
        after = listed.stderr.split("--after ")[1].strip()
        rest = _run(
            broker, "employees", "--search", "a", "--sort", "name", "--desc", "--after", after, "--json"
        )
        assert [row["employee_id"] for row in json.loads(rest.stdout)] == ["E1"]
        with central.ledger.write() as connection:
            people.save(connection, PEOPLE[:1], utc_now() + timedelta(seconds=1))
        counted = _run(broker, "facets", "--exclude", "E9")
        assert "      3  (none)" in counted.stdout
        assert "exclude E9: 2 of 3 employees" in counted.stderr
        asha = _run(broker, "person", "E1")
        assert asha.stdout.splitlines()[0] == "E1 Asha: no dates of employment"
        assert asha.stdout.splitlines()[-1].split() == ["user", "id", "1"]
        then = json.loads(_run(broker, "person", "E9", "--on", "2026-05-11", "--json").stdout)
        assert (then["employed"], then["units"], "badges" in then) == (True, [{}], False)
        drawn = _run(broker, "tree", "--depth", "2", "--on", "2026-05-11")
        assert drawn.stdout == "        3  (none)\n        3    (none)\n"
        assert "everybody: 3 of 3 employees" in drawn.stderr
        there = _run(broker, "employees", "--on", "2026-05-11", "--employee", "E1", "--json")
        assert [row["employee_id"] for row in json.loads(there.stdout)] == ["E1"]
        assert _run(broker, "filters", "save", "mine", "--include", "E2").returncode == 0
        assert _run(broker, "filters").stdout == "mine: include E2\n"
        days = _run(broker, "report", "attendance", *SPAN, "--saved", "mine", "--json")
        assert {row["employee"] for row in json.loads(days.stdout)} <= {"E2"}
        summed = _run(broker, "report", "attendance", *SPAN, "--by", "department", "--csv")
        assert summed.stdout.splitlines()[0].startswith("department,days,presence_minutes,")
        counted = _run(broker, "report", "headcount", *SPAN, "--csv")
        assert counted.stdout.splitlines()[0] == "date,hour,zone,people,presence_minutes,may_change"
        assert _run(broker, "report", "headcount", *SPAN, "--by", "date").returncode == 2
        more = _run(broker, "employees", "--saved", "mine", "--include", "E1", "--include", "E9", "--json")
        assert [row["employee_id"] for row in json.loads(more.stdout)] == ["E1", "E9"]
        assert "include E1 E9: 2 of 3 employees" in more.stderr
        rows = _run(broker, "export", "punches", *SPAN, "--saved", "mine")
        assert [row["employee"] for row in csv.DictReader(io.StringIO(rows.stdout))] == ["E2"]
        assert "include E2: 1 of 3 employees" in rows.stderr
        assert "include E2: 1 of 3 employees" in days.stderr
        lines = _run(broker, "export", "punches", *SPAN, "--json-lines")
        assert [json.loads(line)["name"] for line in lines.stdout.splitlines()] == ["Asha", "Bina"]
        refused = _run(broker, "employees", "--filter", "status=Activ")
        assert (refused.returncode, "nobody has the status 'Activ'" in refused.stderr) == (1, True)
        unsaved = _run(broker, "employees", "--saved", "yours")
        assert (unsaved.returncode, "no filter is saved as 'yours'; there are mine" in unsaved.stderr) == (
            1,
            True,
        )


def test_a_shared_filter_is_saved_told_used_and_deleted(broker: Mosquitto, tmp_path: Path) -> None:
    """The list says which filters are shared, and every verb finds them by name."""
    with centre(broker, str(tmp_path / "ledger.db")):
        assert _run(broker, "filters", "save", "mine", "--include", "E2").returncode == 0
        assert _run(broker, "filters", "save", "ours", "--shared", "--include", "E1").returncode == 0
        assert _run(broker, "filters").stdout == "mine: include E2\nours (shared): include E1\n"
        ours = _run(broker, "employees", "--saved", "ours", "--json")
        assert [row["employee_id"] for row in json.loads(ours.stdout)] == ["E1"]
        assert _run(broker, "filters", "delete", "ours", "--shared").stdout == "mine: include E2\n"


def test_a_past_is_told_line_by_line() -> None:
    """Each stage with its dates, open ends empty, and what was left out at the end."""
    told_ = PersonAnswer(
        employee_id="E1",
        name="Asha",
        joined=date(2024, 4, 1),
        units=(
            UnitsHeld(until=date(2026, 5, 31), department="QC"),
            UnitsHeld(since=date(2026, 6, 1), department="R&D"),
        ),
        badges=(BadgeHeld(form="user-id", value="7", edge="pune-01", since=date(2026, 6, 1)),),
        more=3,
    )
    heads = "from until status sbu state branch department sub department designation employee type"
    assert [line.split() for line in lines(told_, None)] == [
        ["E1", "Asha:", "employed", "from", "2024-04-01"],
        heads.split(" "),
        ["2026-05-31", "QC"],
        ["2026-06-01", "R&D"],
        ["from", "until", "badge"],
        ["2026-06-01", "user", "id", "7", "at", "pune-01"],
        ["...", "and", "3", "more,", "from", "before"],
    ]
    gone = PersonAnswer(employee_id="E1", name="Asha", employed=False, units=(UnitsHeld(),))
    assert [next(lines(gone, date(2026, 5, 1))), list(lines(gone, None))[-1]] == [
        "E1 Asha: not employed on 2026-05-01",
        "no badge",
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--filter", "shoe-size=43"), "the dimensions are status, sbu"),
        (("--filter", "status"), "'status' is not DIMENSION=VALUE"),
        (("--colour", "red"), "unrecognized arguments: --colour"),
        (("--limit", "0"), "'0' is not a whole number"),
        (("--sort", "shoe-size"), "invalid choice"),
    ],
)
def test_a_misspelled_flag_is_told_before_anybody_is_asked(
    arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in the flags needs no broker to be found."""
    with pytest.raises(SystemExit, match="2"):
        main(["employees", *arguments])
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "people"),
    [
        (("--department", "QC", "--filter", "department=R&D"), OrgFilter(department=("QC", "R&D"))),
        (("--sub-department", " Assembly "), OrgFilter(sub_department=("Assembly",))),
        (("--saved", "mine", "--ignore-case"), OrgFilter(saved="mine", ignore_case=True)),
        ((), OrgFilter()),
    ],
)
def test_flags_make_a_filter(flags: tuple[str, ...], people: OrgFilter) -> None:
    """Each dimension has a flag of its own beside `--filter`; values add up."""
    parser = ArgumentParser()
    add_people_flags(parser)
    assert people_of(parser.parse_args(flags)) == people


def test_a_name_that_no_filter_can_have_is_refused_at_once() -> None:
    """A name with a line break is a mistake on the command line, not a question for central."""
    parser = ArgumentParser()
    add_people_flags(parser)
    with pytest.raises(UsageError, match="nobody can be chosen so"):
        people_of(parser.parse_args(["--saved", "a\nb"]))


def test_a_filter_is_told_as_the_flags_that_give_it() -> None:
    """The echo can be typed again, and empty values have a name."""
    people_of_filter = OrgFilter(
        status=("", "Active"), sub_department=("QC",), search="pat", ignore_case=True
    )
    assert (
        told(people_of_filter)
        == "status=(none), status=Active, sub-department=QC, search 'pat', ignoring case"
    )
    assert told(OrgFilter(employees=("E1", "E2"), exclude=("E3",))) == "employees E1 E2, exclude E3"
    assert told(OrgFilter()) == "everybody"
