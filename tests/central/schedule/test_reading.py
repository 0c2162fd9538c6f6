"""Settings files: what they say, and every mistake in them told at once with its place."""

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.rules.shift import DayRow, Lunch, Overtime, Shift
from central.schedule.custom_sheet import is_custom, read_custom_sheet
from central.schedule.notation import flat, shift_from, written
from central.schedule.reading import Known, read_settings
from central.schedule.sheet import read_sheet
from central.schedule.version import Item

KNOWN = Known(shifts={"night"}, calendars={"gujarat"}, employees={"E1", "E1042"})

WHOLE = """
effective_from = 2026-03-01

[calendars.plant]
"2026-03-04" = { workday = false }

[shifts.guard]
type = "regular"
start_date = 2026-05-11
calendars = ["plant", "gujarat"]
overtime = { after_end = true }
rows = [
  { workday = true, report = "22:00", knock_off = "06:00", lunch = { mode = "flexible", minutes = 30 } },
  { workday = false },
]

[[units]]
kind = "department"
id = "Security"
shift = "guard"

[[units]]
kind = "division"
id = "ACCUMAX"
calendars = ["plant"]

[[units]]
kind = "organization"
id = "All of us"
shift = "night"

[custom_shifts]
E1 = "guard"
E1042 = ""
"""


def items(text: str) -> dict[str, Item]:
    """The items of a file without mistakes, by how they are called."""
    draft = read_settings(tomllib.loads(text), KNOWN)
    assert draft.mistakes == ()
    return {str(item): item for _, item in draft.items}


def mistakes(text: str) -> tuple[str, ...]:
    """What is wrong with a file."""
    draft = read_settings(tomllib.loads(text), KNOWN)
    assert draft.items == () or not draft.mistakes
    return draft.mistakes


def test_a_whole_file_is_understood() -> None:
    """Shifts, calendars, units and custom shifts, in the notation of scenario files."""
    found = items(WHOLE)
    assert set(found) == {
        "calendar plant",
        "shift guard",
        "department Security",
        "division ACCUMAX",
        "organization All of us",
        "custom shift of E1",
        "custom shift of E1042",
    }
    assert found["custom shift of E1042"].body == {"shift": None}
    assert found["division ACCUMAX"].body == {"shift": None, "calendars": ["plant"]}
    assert found["shift guard"].body["calendars"] == ["plant", "gujarat"]


@pytest.mark.parametrize("name", ["office-week", "night-cycle", "clock-change"])
def test_the_shifts_of_scenario_files_are_read_as_they_stand(name: str) -> None:
    """One notation everywhere: what explains a scenario also configures central."""
    folder = Path(__file__).parent.parent / "rules" / "scenarios"
    scenario = json.loads((folder / f"{name}.json").read_text())["input"]
    draft = read_settings({"effective_from": date(2026, 1, 1), "shifts": scenario["shifts"]}, Known())
    assert draft.mistakes == ()
    assert set(draft.shifts) == set(scenario["shifts"])


def test_every_mistake_is_told_with_its_place() -> None:
    """Nobody corrects a file one mistake at a time."""
    told = mistakes("""
shift = 1
[calendars.plant]
"2026-02-30" = { workday = false }
[shifts.guard]
type = "regular"
start_date = "soon"
calendars = ["gujrat"]
rows = [ { workday = true, report = "25:00", knock_off = "06:00" } ]
[[units]]
kind = "team"
id = "A"
shift = "nigth"
[[units]]
kind = "department"
id = "QC"
[custom_shifts]
E1043 = "night"
""")
    assert told == (
        "effective_from: missing",
        'calendars.plant.2026-02-30: "2026-02-30" is not a date',
        'shifts.guard.calendars[1]: "gujrat" is not among the calendars; did you mean "gujarat"?',
        'shifts.guard.start_date: "soon" is not a date',
        'shifts.guard.rows[1].report: "25:00" is not a time of day',
        'units[1].kind: "team" is not department or division or organization',
        'units[1].shift: "nigth" is not among the shifts; did you mean "night"?',
        "units[2].shift: missing; a unit names a shift, calendars, or both",
        'custom_shifts.E1043: "E1043" is not among the employees; did you mean "E1042"?',
        'shift: unknown key; did you mean "shifts"?',
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("effective_from = 2026-01-01\nshifts = 3", "shifts: 3 is not an object"),
        ("effective_from = 2026-01-01\n[shifts]\na = 3", "shifts.a: 3 is not a table"),
        ("effective_from = 2026-01-01\ncustom_shifts = []", "custom_shifts: a list is not an object"),
        (
            "effective_from = 0026-01-01",
            'effective_from: "0026-01-01" is not a date of the years 1900 to 2199',
        ),
        (
            """effective_from = 2026-01-01
units = [ { kind = "organization", id = "A", shift = "night" },
          { kind = "organization", id = "B", shift = "night" } ]""",
            "units[2].id: organization A stands in the file already",
        ),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, told: str) -> None:
    """One line says what is wrong, wherever it is."""
    assert mistakes(text) == (told,)


def lines(text: str) -> list[tuple[int, list[str]]]:
    """A table as the importer hands it over."""
    return [(number, line.split(",")) for number, line in enumerate(text.splitlines(), 1)]


def test_a_table_of_exceptions_becomes_calendars() -> None:
    """A date a row, several calendars in one file; without a date of its own each begins with its first."""
    draft = read_sheet(
        lines(
            "Date,Calendar,Workday,Report,Knock Off,Lunch_Minutes\n2026-03-04,plant,,,,\n"
            "2026-01-26,gujarat,no,,,\n2026-03-05,plant,yes,10:00,14:00,15\n"
        ),
        None,
    )
    assert draft.mistakes == ()
    found = {item.name: (since, item.body) for since, item in draft.items}
    assert found["gujarat"][0] == date(2026, 1, 26)
    assert found["plant"][0] == date(2026, 3, 4)
    assert flat(found["plant"][1])["2026-03-05.lunch.minutes"] == "15"
    assert found["plant"][1]["2026-03-04"] == {"workday": False, "min_overtime": 0, "max_overtime": None}


def test_every_mistake_in_a_table_is_told_with_its_line() -> None:
    """File, line and column, for all rows at once."""
    draft = read_sheet(
        lines(
            "date,calendar,workday,report,knock_off,min_overtime,lunch_begin,lunch_minutes\n"
            "2026-02-30,plant\n2026-03-04,\n2026-03-05,plant,maybe\n2026-03-06,plant,yes,9,17:00\n"
            "2026-03-07,plant,yes,09:00,17:00,ten\n2026-03-08,plant\n2026-03-08,plant\n"
            "2026-03-09,plant,yes,09:00,17:00,,12:00,30\n"
        ),
        None,
    )
    assert draft.mistakes == (
        'line 2, date: "2026-02-30" is not a date',
        "line 3, calendar: is empty",
        'line 4, workday: "maybe" is neither yes nor no',
        'line 5, report: "9" is not a time of day',
        'line 6, min_overtime: "ten" is not a whole number of minutes',
        "line 8, 2026-03-08 stands in the calendar plant already",
        "line 9, lunch_minutes: a lunch is either fixed or flexible, not both",
    )


def test_a_table_without_its_columns_is_refused() -> None:
    """The header is checked before any row."""
    draft = read_sheet(lines("date,calender\n2026-01-01,a"), None)
    assert draft.mistakes == (
        "line 1: the column calendar is missing",
        'line 1: unknown column "calender"; did you mean "calendar"?',
    )


STAFF = Known(shifts={"office", "guard"}, employees={"E1", "E2", "E3"})


def test_a_table_of_custom_shifts_becomes_an_assignment_a_row() -> None:
    """Each from its own date on, or all from the date that was asked for; an empty shift is none."""
    text = "Employee ID,Shift,Effective From\nE1,guard,2026-04-01\n,,\nE2,,2026-05-01\n"
    draft = read_custom_sheet(lines(text), None, STAFF)
    assert draft.mistakes == ()
    assert [(since, item.kind, item.name, item.body) for since, item in draft.items] == [
        (date(2026, 4, 1), "custom", "E1", {"shift": "guard"}),
        (date(2026, 5, 1), "custom", "E2", {"shift": None}),
    ]
    later = read_custom_sheet(lines(text), date(2026, 6, 1), STAFF)
    assert {since for since, _ in later.items} == {date(2026, 6, 1)}
    assert not read_custom_sheet(lines("shift,employee_id\noffice,E3"), date(2026, 6, 1), STAFF).mistakes


def test_every_mistake_in_a_table_of_custom_shifts_is_told_with_its_line() -> None:
    """Nothing of a table with a mistake is taken."""
    text = (
        "employee_id,shift,effective_from\nE9,guard,2026-04-01\nE1,gaurd,2026-04-01\nE2,guard,April\n"
        "E3,guard,2026-04-01,x\nE3,office,2026-05-01\nE1\n"
    )
    draft = read_custom_sheet(lines(text), None, STAFF)
    assert draft.items == ()
    assert draft.mistakes == (
        'line 2, employee_id: "E9" is not among the employees',
        'line 3, shift: "gaurd" is not among the shifts; did you mean "guard"?',
        'line 4, effective_from: "April" is not a date',
        "line 5, has 4 cells, the header has 3 columns",
        "line 6, E3 stands in the table already",
        'line 7, effective_from: "" is not a date',
        "line 7, E1 stands in the table already",
    )


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("employee_id,date", ("line 1: the column shift is missing", 'line 1: unknown column "date"')),
        (
            "employee_id,shift",
            ("line 1: nothing says from when; add the column effective_from, or ask with --from DATE",),
        ),
        ("employee_id,shift,shift", ("line 1: the column shift stands there twice",)),
    ],
)
def test_a_table_of_custom_shifts_needs_its_columns(header: str, told: tuple[str, ...]) -> None:
    """The header is checked before any row."""
    assert read_custom_sheet(lines(f"{header}\nE1,guard"), None, STAFF).mistakes == told


@pytest.mark.parametrize(
    ("header", "custom"), [("Employee ID,when", True), ("shift", True), ("date,calendar", False), ("", False)]
)
def test_a_table_is_known_by_its_columns(header: str, custom: bool) -> None:
    """One command takes both kinds of table."""
    assert is_custom(header.split(",")) is custom


minutes = st.integers(min_value=0, max_value=1439).map(lambda number: number * 60)
lunches = st.one_of(
    st.just(Lunch()),
    st.builds(lambda begin, end: Lunch("fixed", begin, end), minutes, minutes),
    st.builds(lambda length: Lunch("flexible", length=length), minutes),
)
extents = {"minimum": minutes, "maximum": st.none() | minutes}
rows = st.one_of(
    st.builds(DayRow, st.just(value=True), minutes, minutes, lunches, **extents),
    st.builds(DayRow, st.just(value=False), **extents),
)
dates = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
overtimes = st.builds(Overtime, *[st.booleans()] * 4)
exceptions = st.dictionaries(dates, rows, max_size=3)
shifts = st.one_of(
    st.builds(
        lambda week, overtime, dated: Shift("s", "weekly", tuple(week), overtime, date.min, dated),
        st.lists(rows, min_size=7, max_size=7),
        overtimes,
        exceptions,
    ),
    st.builds(
        lambda cycle, overtime, start, dated: Shift("s", "regular", tuple(cycle), overtime, start, dated),
        st.lists(rows, min_size=1, max_size=5),
        overtimes,
        dates,
        exceptions,
    ),
)


@given(shift=shifts)
def test_a_shift_written_and_read_again_is_the_same(shift: Shift) -> None:
    """What is stored of a shift is all of it, through JSON as well."""
    body = json.loads(json.dumps(written(shift)))
    assert shift_from(body, "s") == shift
    assert written(shift_from(body, "s")) == body
