"""The command punchwire-central, as a person or a script uses it."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from central.cli import main
from central.ledger import audit, people, quarantine
from central.ledger.database import Ledger
from central.streams import Unread
from tests.central.conftest import NOW
from tests.central.facts import terminal_punch
from wire.codec import encode

INDIA = ZoneInfo("Asia/Kolkata")
PEOPLE = """\
Employee ID,Name,Department,Salary,User IDs,Cards
E1,Asha,R&D,1,1042;surat-02:77,10D:0009334109
E2,Bina,QC,2,1043,
"""


class Site:
    """A folder with a configuration and an empty ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "central.toml"
        self.config.write_text(
            f'[central]\ntimezone = "Asia/Kolkata"\ndatabase = "{folder}/ledger.db"\n'
            '[broker]\nhost = "127.0.0.1"\n[[branch]]\nedge = "surat-02"\n'
        )

    def run(self, *words: str) -> int:
        """Run a verb."""
        return main([*words, "--config", str(self.config)])

    def people(self, text: str) -> str:
        """Write a list of people and return its path."""
        path = self.folder / "people.csv"
        path.write_bytes(text.encode())
        return str(path)

    def ledger(self) -> Ledger:
        """The ledger itself."""
        return Ledger(str(self.folder / "ledger.db"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_import_shows_first_and_writes_only_when_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --apply nothing is written; with it the same is done, and audited."""
    path = site.people(PEOPLE)
    assert site.run("import", path) == 0
    shown = capsys.readouterr()
    assert "new      E1 Asha: card 32:008E6D5D, user id 1042, user id 77 at surat-02\n" in shown.out
    assert shown.out.endswith(
        "2 new, 0 changed, 0 unchanged, 0 refused\nnothing is written yet: add --apply\n"
    )
    assert 'the column "Salary" is ignored' in shown.err
    ledger = site.ledger()
    with ledger.read() as connection:
        assert people.load(connection) == []
    assert site.run("import", path, "--apply") == 0
    with ledger.read() as connection:
        assert [one.name for one in people.load(connection)] == ["Asha", "Bina"]
        assert [entry.detail for entry in audit.entries(connection)] == [
            {"new": 2, "changed": 0, "refused": 0, "since": datetime.now(INDIA).date().isoformat()}
        ]
    ledger.close()
    assert site.run("import", path, "--apply") == 0
    assert capsys.readouterr().out.endswith("written\n0 new, 0 changed, 2 unchanged, 0 refused\n")


def test_import_tells_each_change_and_each_refused_row(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Good rows are written, refused ones are told with file, line and column, and the status says so."""
    site.run("import", site.people(PEOPLE), "--apply")
    capsys.readouterr()
    path = site.people(
        "employee_id;name;department;user_ids\nE1;Asha;QC;1042\nE4;Dev;;1043\nE5;Esha;;sura-02:5\nE6;Fay;qc;6\n"
    )
    assert site.run("import", path, "--apply") == 1
    told = capsys.readouterr()
    assert 'changed  E1 Asha: department "R&D" -> "QC"\n' in told.out
    assert 'value    department "qc" for 1 person, nobody had it so far; did you mean "QC"?\n' in told.out
    assert "new      E6 Fay: user id 6\n" in told.out
    assert told.err.splitlines() == [
        "people.csv:3: user_ids: user id 1043 of E4 Dev also belongs to E2 Bina",
        "people.csv:4: user_ids: 'sura-02' is no edge of the configuration; did you mean \"surat-02\"?",
    ]


def test_import_as_json_is_complete(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """A script gets every change and every refusal."""
    assert site.run("import", site.people(PEOPLE + "E2,Again,,,,\n"), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [one["employee_id"] for one in told["new"]] == ["E1", "E2"]
    assert told["refused"] == [{"line": 4, "column": "employee_id", "reason": "E2 stands in line 3 already"}]
    assert (told["applied"], told["ignored"], told["unchanged"]) == (False, ["Salary"], 0)
    assert told["values"] == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "people.csv: is empty"),
        (b"id,name\n", "people.csv:1: employee_id: the column is missing"),
        (b"employee_id,name\nE1,Ren\xe9e\n", "people.csv:2: is not UTF-8; save it as CSV UTF-8"),
        (b'employee_id,name\nE1,"x"y\n', "people.csv:2: is no CSV from here on"),
    ],
)
def test_file_that_is_no_list_of_people_is_told(
    site: Site, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    """What is wrong with a file as a whole is one line, with its place."""
    path = site.folder / "people.csv"
    path.write_bytes(content)
    assert site.run("import", str(path)) == 1
    assert told in capsys.readouterr().err
    assert site.run("import", str(site.folder / "nothing.csv")) == 1
    assert "nothing.csv: cannot be read (No such file or directory)" in capsys.readouterr().err


def test_rows_of_several_lines_keep_their_line_numbers(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell with a line break does not shift the lines that are told."""
    path = site.people('\ufeffemployee_id,name,branch\r\nE1,"A\r\nB",\r\nE2,,\r\n')
    assert site.run("import", path) == 1
    assert capsys.readouterr().err.splitlines() == [
        "people.csv:2: name: 'A\\r\\nB' holds a control character",
        "people.csv:4: name: is empty",
    ]


def test_migrate_makes_the_ledger_once(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """An installer can prepare the database before the service starts."""
    assert site.run("migrate") == 0
    assert "applied 0001-ledger" in capsys.readouterr().out
    assert site.run("migrate", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"applied": [], "unknown": []}


def test_quarantine_lists_and_replays(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be read is shown with its reason; after an upgrade it is stored."""
    assert site.run("quarantine") == 0
    assert capsys.readouterr().out == "nothing is in quarantine\n"
    ledger = site.ledger()
    with ledger.write() as connection:
        fact = Unread("pune-01", encode(terminal_punch(1)), "from the future", "outbox-1", 7)
        quarantine.keep(connection, [fact, Unread("pune-01", b"\xff", "no JSON")], NOW)
    ledger.close()
    assert site.run("quarantine", "--json") == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(one["seq"], one["reason"]) for one in entries} == {(7, "from the future"), (None, "no JSON")}
    assert site.run("quarantine", "--replay") == 1
    told = capsys.readouterr().out
    assert "pune-01  message, 1 bytes: no JSON" in told
    assert told.endswith("1 new punches were stored\n")


def test_mistakes_end_with_the_status_that_systemd_understands(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """78 for the configuration, 1 for a ledger that cannot be used, 2 for a wrong call; never a traceback."""
    assert site.run("check-config") == 0
    assert "good; 1 branches" in capsys.readouterr().out
    site.config.write_text(site.config.read_text().replace("ledger.db", "nowhere/ledger.db"))
    assert site.run("migrate") == 1
    assert "the ledger cannot be used: unable to open database file" in capsys.readouterr().err
    site.config.write_text("[central]\n[broker]\n")
    assert site.run("check-config") == 78
    assert len(capsys.readouterr().err.splitlines()) == 2
    with pytest.raises(SystemExit) as usage:
        site.run("fly")
    assert usage.value.code == 2
