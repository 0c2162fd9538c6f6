"""Who follows which version of which shift on which date."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta

import pytest

from central.directory.employee import Employee, Past
from central.rules.shift import row_of
from central.schedule.changes import Changes, compare, told
from central.schedule.reading import Known, read_settings
from central.schedule.rosters import Rosters, differing
from central.schedule.rosters import told as reason
from central.schedule.version import Version

DAY = '{ workday = true, report = "%s", knock_off = "17:00" }'
OFFICE = '[shifts.%s]\ntype = "regular"\nstart_date = 2026-01-01\nrows = [ ' + DAY + " ]\n"
E1 = Employee(employee_id="E1", name="Asha", department="QC", sbu="Works")
KNOWN = Known({"office", "night", "late"}, {"plant", "state"}, {"E1"})


class Book:
    """Versions, as files add them."""

    def __init__(self) -> None:
        self.versions: list[Version] = []

    def apply(self, since: str, text: str) -> Changes:
        """Add what a file changes."""
        draft = read_settings(tomllib.loads(f"effective_from = {since}\n{text}"), KNOWN)
        assert draft.mistakes == ()
        units = {"department": frozenset({"QC"}), "division": frozenset({"Works"})}
        changes = compare(draft, self.versions, units)
        self.versions += changes.versions
        return changes

    def on(self, day: str, employee: Employee = E1) -> str | None:
        """The version of the shift that an employee follows on a date."""
        shift = Rosters(self.versions).of(employee).on(date.fromisoformat(day)).shift
        return None if shift is None else shift.version


def unit(kind: str, name: str, shift: str, more: str = "") -> str:
    """A unit with its shift."""
    return f'[[units]]\nkind = "{kind}"\nid = "{name}"\nshift = "{shift}"\n{more}\n'


@pytest.fixture
def book() -> Book:
    """Three shifts from the first of January 2026, and the office for all."""
    made = Book()
    made.apply(
        "2026-01-01", OFFICE % ("office", "09:00") + OFFICE % ("night", "10:00") + OFFICE % ("late", "11:00")
    )
    made.apply("2026-01-01", unit("organization", "All", "office"))
    return made


def test_the_units_of_each_date_decide(book: Book) -> None:
    """Who moved to another department follows its shift from that day on, and the old one's before."""
    book.apply("2026-01-01", unit("department", "QC", "night"))
    book.apply("2026-03-01", unit("department", "QC", "late"))
    past = (
        Past(date(2026, 2, 1), ("", "", "", "", "QC", "", "", "")),
        Past(date(2026, 2, 10), ("", "", "", "", "IT", "", "", "")),
    )
    moved = replace(E1, past=past)
    days = ("2025-12-31", "2026-01-15", "2026-02-01", "2026-02-09", "2026-02-10", "2026-03-01")
    names = [None if (one := book.on(day, moved)) is None else one.split("@")[0] for day in days]
    assert names == [None, *map(str, names[1:])]
    assert [name and ("night" in name, "office" in name, "late" in name) for name in names] == [
        None,
        (True, False, False),
        (False, True, False),
        (False, True, False),
        (True, False, False),
        (False, False, True),
    ]
    rosters = Rosters(book.versions)
    assert rosters.of(moved) is rosters.of(replace(moved, employee_id="E7"))


def test_the_nearest_unit_that_names_a_shift_decides(book: Book) -> None:
    """The person's own shift, else the department's, the division's, the organization's (C2.3)."""
    assert book.on("2026-01-01") == "office@2026-01-01#1"
    book.apply("2026-02-01", unit("division", "Works", "night"))
    assert book.on("2026-02-01") == "night@2026-01-01#1"
    book.apply("2026-02-01", unit("department", "QC", "late"))
    assert book.on("2026-02-01") == "late@2026-01-01#1"
    book.apply("2026-02-01", '[custom_shifts]\nE1 = "office"')
    assert book.on("2026-02-01") == "office@2026-01-01#1"
    assert book.on("2026-01-31") == "office@2026-01-01#1"


def test_an_empty_name_gives_the_decision_back(book: Book) -> None:
    """A custom shift ends with an empty name, from a date on."""
    book.apply("2026-02-01", '[custom_shifts]\nE1 = "night"')
    book.apply("2026-03-01", '[custom_shifts]\nE1 = ""')
    assert [book.on(f"2026-0{month}-15") for month in (1, 2, 3)] == [
        "office@2026-01-01#1",
        "night@2026-01-01#1",
        "office@2026-01-01#1",
    ]


def test_nothing_is_in_force_before_its_date(book: Book) -> None:
    """Before the first version there is no shift."""
    assert book.on("2025-12-31") is None


def test_a_correction_of_the_past_leaves_later_versions_in_force(book: Book) -> None:
    """A version holds until the next date for which there is one, whenever either was written."""
    book.apply("2026-06-01", OFFICE % ("office", "08:00"))
    changes = book.apply("2026-03-01", OFFICE % ("office", "08:30"))
    assert [book.on(f"2026-{month}-15") for month in ("02", "03", "06")] == [
        "office@2026-01-01#1",
        "office@2026-03-01#3",
        "office@2026-06-01#2",
    ]
    assert changes.advice == ("shift office: office@2026-06-01#2 stays in force from 2026-06-01 on",)


def test_of_two_versions_of_one_date_the_later_number_is_in_force(book: Book) -> None:
    """A mistake is corrected by another version; the first is kept and no longer used."""
    book.apply("2026-01-01", OFFICE % ("office", "08:00"))
    assert book.on("2026-01-01") == "office@2026-01-01#2"
    assert [str(version) for version in book.versions if version.item.name == "office"] == [
        "office@2026-01-01#1",
        "office@2026-01-01#2",
    ]


def test_calendars_are_shared_and_named_in_the_version(book: Book) -> None:
    """Exceptions come from the shift itself, then from calendars of units, then from those of the shift."""
    book.apply(
        "2026-01-01",
        '[calendars.plant]\n"2026-03-04" = { workday = false }\n"2026-03-05" = { workday = false }\n'
        '[calendars.state]\n"2026-03-05" = %s\n"2026-03-06" = { workday = false }\n'
        % (DAY % "12:00")
        + '[[units]]\nkind = "department"\nid = "QC"\ncalendars = ["plant", "state"]\n'
        + OFFICE % ("office", "09:00")
        + '[shifts.office.exceptions]\n"2026-03-04" = %s\n' % (DAY % "13:00"),
    )
    entry = Rosters(book.versions).of(E1).on(date(2026, 3, 4))
    assert entry.shift is not None
    assert entry.shift.version == "office@2026-01-01#2 + plant@2026-01-01#1 + state@2026-01-01#1"
    assert (entry.source, entry.unit) == ("organization", "All")
    reports = {day: row_of(entry.shift, date(2026, 3, day))[0] for day in (4, 5, 6, 7)}
    assert [reports[day].workday for day in (4, 5, 6, 7)] == [True, False, False, True]
    assert reports[4].report == 13 * 3600


def test_who_shares_the_settings_shares_the_roster(book: Book) -> None:
    """Plans are made once for all people of a unit."""
    rosters = Rosters(book.versions)
    other = Employee(employee_id="E2", name="Bina", department="Stores", sbu="Works")
    assert rosters.of(E1) is rosters.of(other)


def test_only_what_changes_becomes_a_version(book: Book) -> None:
    """Applying a file again changes nothing; a change is told field by field."""
    again = book.apply("2026-01-01", OFFICE % ("office", "09:00") + unit("organization", "All", "office"))
    assert again.versions == ()
    assert told(again) == ["unchanged  shift office", "unchanged  organization All"]
    changed = book.apply("2026-02-01", OFFICE % ("office", "09:15") + '[custom_shifts]\nE1 = "night"')
    assert told(changed) == [
        "changed    shift office, in force from 2026-02-01",
        "             rows[1].report: 09:00 -> 09:15",
        "new        custom shift of E1, in force from 2026-02-01",
        "             shift: night",
    ]


def test_what_will_surprise_is_told_beforehand(book: Book) -> None:
    """Advice of the rules, units that nobody belongs to, and exceptions that come too late."""
    changes = book.apply(
        "2026-02-01",
        '[calendars.plant]\n"2026-01-26" = { workday = false }\n'
        + unit("department", "Qc", "late")
        + '[shifts.strict]\ntype = "regular"\nstart_date = 2026-01-01\novertime = { after_end = true }\n'
        + 'rows = [ { workday = true, report = "09:00", knock_off = "17:00", min_overtime = 30 } ]\n',
    )
    assert [line.split(": who")[0] for line in changes.advice] == [
        "shift strict: rows[1]: min_overtime 30",
        "calendar plant: 2026-01-26 has no effect, as it lies before 2026-02-01",
        "department Qc: nobody in the directory belongs to it",
    ]


def test_only_dates_on_which_something_else_is_expected_are_touched(book: Book) -> None:
    """A new version touches the dates that it changes, and their neighbours, whose limits may move."""
    before = Rosters(book.versions)
    text = OFFICE % ("office", "09:00") + '[shifts.office.exceptions]\n"2026-03-10" = { workday = false }\n'
    book.apply("2026-02-01", text)
    after = Rosters(book.versions)
    first, last = date(2026, 1, 1), date(2026, 5, 1)
    day = timedelta(days=1)
    tenth = date(2026, 3, 10)
    assert differing(before.of(E1), after.of(E1), first, last) == [(tenth - day, tenth + day)]
    assert differing(before.of(E1), before.of(E1), first, last) == []
    assert differing(before.of(E1), after.of(E1), first, tenth) == [(tenth - day, tenth)]
    everything = Rosters().of(E1)
    assert differing(everything, after.of(E1), first, last) == [(first, last)]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("", "C2.3: the shift office comes from the organization All, the nearest that names one."),
        ('[custom_shifts]\nE1 = "night"', "C2.3: the shift night is E1's own."),
    ],
)
def test_why_a_person_follows_a_shift_is_a_sentence(book: Book, more: str, sentence: str) -> None:
    """The first reason of a day is whose shift it follows."""
    book.apply("2026-01-01", more)
    assert reason(Rosters(book.versions).of(E1).on(date(2026, 1, 1)), "E1") == sentence
    assert reason(Rosters().of(E1).on(date(2026, 1, 1)), "E1") == (
        "C2.3: neither E1 nor a unit of theirs names a shift."
    )
