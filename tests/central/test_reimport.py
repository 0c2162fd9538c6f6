"""The people, imported again by schedule."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from central.directory.directory import Directory
from central.ledger import audit, people
from central.ledger.database import Ledger
from central.reimport import Reimport
from central.sources.listing import PeopleOptions
from tests.waiting import until

HEAD = "employee_id,name,department,cards\n"


class Hr:
    """A file that HR keeps, and central looking at it."""

    def __init__(self, ledger: Ledger, folder: Path, most: int = 500) -> None:
        self.ledger = ledger
        self.file = folder / "people.csv"
        self.now = datetime(2026, 5, 11, 8, tzinfo=UTC)
        options = PeopleOptions(file=self.file, every_h=0.01, most_changes=most)
        self.reimport = Reimport(options, ledger, (), UTC, first_s=0.0, clock=lambda: self.now)

    def lists(self, *rows: str) -> None:
        """Write the file."""
        self.file.write_text(HEAD + "".join(f"{row}\n" for row in rows))

    def directory(self) -> Directory:
        """The people as they are stored."""
        with self.ledger.read() as connection:
            return Directory(people.load(connection))


@pytest.fixture
def hr(ledger: Ledger, tmp_path: Path) -> Hr:
    """HR."""
    return Hr(ledger, tmp_path)


def test_changes_hold_from_the_day_on_which_they_were_seen(hr: Hr) -> None:
    """A card that HR gives to somebody else is theirs from that day on, and the department, too."""
    hr.lists("E1,Asha,QC,24:ABCDEF", "E2,Bina,QC,")
    assert hr.reimport.turn()
    hr.now += timedelta(days=20)
    hr.lists("E1,Asha,R&D,", "E2,Bina,QC,24:ABCDEF")
    assert hr.reimport.turn()
    directory = hr.directory()
    before, after = (hr.now - timedelta(days=1)).date(), hr.now.date()
    held = [directory.who("x", "card", "", "24:ABCDEF", day) for day in (before, after)]
    assert [one and one.employee_id for one in held] == ["E1", "E2"]
    assert [directory.employees["E1"].on(day).department for day in (before, after)] == ["QC", "R&D"]


def test_nothing_new_leaves_no_line_in_the_audit(hr: Hr) -> None:
    """A look every hour that finds nothing does not fill the audit."""
    hr.lists("E1,Asha,QC,")
    for _ in range(3):
        assert hr.reimport.turn()
    with hr.ledger.read() as connection:
        assert len(audit.entries(connection)) == 1


def test_sudden_change_of_many_waits_for_a_person(ledger: Ledger, tmp_path: Path) -> None:
    """A list whose columns were mixed up does not rewrite the company overnight."""
    hr = Hr(ledger, tmp_path, most=2)
    hr.lists(*(f"E{number},Name,QC," for number in range(5)))
    assert hr.reimport.turn()
    hr.lists(*(f"E{number},QC,Name," for number in range(5)))
    assert not hr.reimport.turn()
    assert {one.department for one in hr.directory().employees.values()} == {"QC"}


def test_file_that_is_not_there_is_tried_again(hr: Hr) -> None:
    """The list may be away for a while; the thread goes on."""
    hr.reimport.start()
    until(lambda: hr.reimport.alive)
    assert not hr.reimport.turn()
    hr.lists("E1,Asha,QC,")
    assert hr.reimport.turn()
    hr.reimport.stop(10)
    assert not hr.reimport.alive
    assert list(hr.directory().employees) == ["E1"]


@pytest.mark.parametrize(
    "options", [{}, {"file": Path("a"), "url": "sqlite://"}, {"url": "sqlite://"}, {"query_file": Path("q")}]
)
def test_section_names_one_place(options: dict[str, str]) -> None:
    """A section [people] that names no place, or two, is a mistake."""
    with pytest.raises(ValueError, match="file"):
        PeopleOptions(**options)  # type: ignore[arg-type] # that is the point
