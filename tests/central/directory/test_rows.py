"""Reading a list of people: what is understood, and every mistake with its line and column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.directory.employee import Credential, Employee
from central.directory.rows import COLUMNS, Header, Reading, Refusal, read_header, read_rows

FULL = read_header(list(COLUMNS))
assert isinstance(FULL, Header)


def read(*rows: dict[str, str], edges: tuple[str, ...] = ("pune-01", "surat-02")) -> Reading:
    """Rows from line 2 on, each with an id and a name unless it says otherwise."""
    assert isinstance(FULL, Header)
    cells = [
        [({"employee_id": f"E{at}", "name": "Asha"} | row).get(column, "") for column in COLUMNS]
        for at, row in enumerate(rows, 1)
    ]
    return read_rows(FULL, enumerate(cells, 2), edges)


def test_header_is_found_in_any_spelling() -> None:
    """People's lists write their columns in many ways; what we do not know is named, not used."""
    header = read_header([" Employee ID", "NAME", "Sub-Department", "Salary", "user ids"])
    assert isinstance(header, Header)
    assert header.places == {"employee_id": 0, "name": 1, "sub_department": 2, "user_ids": 4}
    assert header.ignored == ("Salary",)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["name"], ("employee_id", "missing")),
        (["employee_id", "name", "departmnt"], ("departmnt", 'did you mean "department"?')),
        (["employee_id", "name", "cards", "Cards"], ("cards", "twice")),
    ],
)
def test_header_that_would_lose_a_column_is_refused(cells: list[str], told: tuple[str, str]) -> None:
    """A column that is missing, doubled or misspelled is told before any row is read."""
    refused = read_header(cells)
    assert isinstance(refused, list)
    assert any(one.column == told[0] and told[1] in one.reason for one in refused)


def test_badges_are_separated_by_semicolons_and_bound_to_an_edge_by_a_colon() -> None:
    """A person may have several user ids, some at one branch alone, and cards in any notation."""
    reading = read({"user_ids": "1042; surat-02:77", "cards": "10D:0009334109; 40:01026F6C3A"})
    assert [row.employee.credentials for row in reading.rows] == [
        {
            Credential("user-id", "1042"),
            Credential("user-id", "77", "surat-02"),
            Credential("card", "32:008E6D5D"),
            Credential("card", "40:01026F6C3A"),
        }
    ]


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        ({"employee_id": " "}, "employee_id", "empty"),
        ({"name": ""}, "name", "empty"),
        ({"name": "a\0b"}, "name", "control character"),
        ({"department": "x" * 201}, "department", "longer"),
        (
            {"sub_department": "Assembly", "department": ""},
            "sub_department",
            "'Assembly' is of no department",
        ),
        ({"user_ids": "sura-02:7"}, "user_ids", 'did you mean "surat-02"?'),
        ({"user_ids": ":7"}, "user_ids", "neither"),
        ({"cards": "09334109"}, "cards", "say which"),
        ({"cards": "hello"}, "cards", "no card number"),
    ],
)
def test_mistake_is_told_with_its_line_and_column(row: dict[str, str], column: str, told: str) -> None:
    """Whoever corrects the list is led to the cell."""
    reading = read({}, row)
    assert len(reading.rows) == 1
    assert [(one.line, one.column) for one in reading.refused] == [(3, column)]
    assert told in reading.refused[0].reason


def test_all_mistakes_of_a_row_are_told_at_once() -> None:
    """Nobody has to run an import once for each mistake."""
    reading = read({"name": "", "cards": "hello", "user_ids": "nowhere:1"})
    assert {one.column for one in reading.refused} == {"name", "cards", "user_ids"}


def test_second_row_of_a_person_names_the_first() -> None:
    """An employee id stands once."""
    reading = read({"employee_id": "E1"}, {"employee_id": "E1"})
    assert reading.refused == [Refusal(3, "employee_id", "E1 stands in line 2 already")]


def test_missing_column_leaves_what_is_stored_and_an_empty_cell_clears_it() -> None:
    """A list without cards must not take everybody's cards away."""
    header = read_header(["employee_id", "name", "branch", "user_ids"])
    assert isinstance(header, Header)
    (row,) = read_rows(header, [(2, ["E1", "Asha", "", ""])], ()).rows
    stored = Employee(
        employee_id="E1",
        name="Asha",
        branch="Pune",
        department="QC",
        credentials=frozenset({Credential("card", "24:ABCDEF"), Credential("user-id", "7")}),
    )
    after = row.over(stored)
    assert (after.branch, after.department) == ("", "QC")
    assert after.credentials == {Credential("card", "24:ABCDEF")}


@given(st.lists(st.lists(st.text(max_size=8), max_size=14), max_size=5))
def test_any_table_is_read_or_refused_row_by_row(table: list[list[str]]) -> None:
    """Whatever stands in a file, each row is understood, refused or empty, and nothing is raised."""
    assert isinstance(FULL, Header)
    reading = read_rows(FULL, list(enumerate(table, 2)), ())
    lines = {row.line for row in reading.rows} | {one.line for one in reading.refused}
    assert lines == {line for line, cells in enumerate(table, 2) if any(cell.strip() for cell in cells)}
