"""What was so before a change stays so for the time before it: badges, units, and employment."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.directory.changes import changes
from central.directory.directory import Directory
from central.directory.employee import Credential, Employee, Past, shared
from central.directory.history import Backdated, dated
from central.directory.rows import COLUMNS, Refusal, Row, read_header, read_rows

MAY = date(2026, 5, 1)
JUNE = date(2026, 6, 1)
DAY = timedelta(days=1)


def person(employee_id: str, *badges: str, department: str = "") -> Employee:
    """Somebody with user ids."""
    credentials = frozenset(Credential("user-id", value) for value in badges)
    return Employee(employee_id=employee_id, name="Asha", department=department, credentials=credentials)


def imported(stored: dict[str, Employee], since: date | None, *people: Employee) -> dict[str, Employee]:
    """The directory after an import of these people with all columns."""
    rows = [Row(line, one, frozenset(COLUMNS)) for line, one in enumerate(people, 2)]
    found = changes(stored, rows, (), since)
    assert found.refused == ()
    return stored | {one.employee_id: one for one in found.to_store}


def who(stored: dict[str, Employee], badge: str, day: date | None) -> str | None:
    """Whose user id it is on a date."""
    found = Directory(stored.values()).who("pune-01", "user-id", badge, None, day)
    return None if found is None else found.employee_id


def test_badge_that_is_handed_on_keeps_its_past() -> None:
    """The punches of last month stay with whom they belonged to when they were made."""
    first = imported({}, MAY, person("E1", "7"), person("E2"))
    second = imported(first, JUNE, person("E1"), person("E2", "7"))
    assert [who(second, "7", day) for day in (MAY, JUNE - DAY, JUNE, JUNE + DAY, None)] == [
        "E1",
        "E1",
        "E2",
        "E2",
        "E2",
    ]
    assert shared(second.values()) == []


def test_badge_that_is_taken_away_and_given_back_has_a_gap() -> None:
    """Who lost a card and got it again did not hold it in between."""
    first = imported({}, MAY, person("E1", "7"))
    second = imported(first, date(2026, 5, 10), person("E1"))
    third = imported(second, date(2026, 5, 20), person("E1", "7"))
    days = [date(2026, 5, day) for day in (9, 10, 19, 20)]
    assert [who(third, "7", day) for day in days] == ["E1", None, None, "E1"]


def test_new_badge_was_always_meant() -> None:
    """A card that is registered late also explains the punches that waited for it."""
    stored = imported({}, MAY, person("E1"))
    assert who(imported(stored, JUNE, person("E1", "7")), "7", MAY) == "E1"


def test_correction_leaves_no_trace() -> None:
    """A mistake in the list was never true."""
    first = imported({}, MAY, person("E1", "7", department="QC"), person("E2"))
    second = imported(first, None, person("E1", department="R&D"), person("E2", "7"))
    assert who(second, "7", MAY) == "E2"
    assert second["E1"].on(MAY).department == "R&D"


def test_same_day_there_and_back_is_nothing() -> None:
    """A badge that was given and taken on one day was never held."""
    first = imported({}, MAY, person("E1", "7"), person("E2"))
    second = imported(first, JUNE, person("E1"), person("E2", "7"))
    third = imported(second, JUNE, person("E1", "7"), person("E2"))
    assert [who(third, "7", day) for day in (JUNE - DAY, JUNE, None)] == ["E1", "E1", "E1"]


def test_units_are_those_of_the_date() -> None:
    """Who moved to another department in June was in the old one in May."""
    stored: dict[str, Employee] = {}
    for since, department in ((MAY, "QC"), (JUNE, "R&D"), (date(2026, 7, 1), "QC")):
        stored = imported(stored, since, person("E1", department=department))
    days = (MAY, JUNE - DAY, JUNE, date(2026, 6, 30), date(2026, 7, 1))
    assert [stored["E1"].on(day).department for day in days] == ["QC", "QC", "R&D", "R&D", "QC"]


def test_change_before_a_stored_one_is_refused_with_both_dates() -> None:
    """The past is not written out of order by mistake."""
    stored = imported({}, MAY, person("E1", department="QC"))
    stored = imported(stored, JUNE, person("E1", department="R&D"))
    found = changes(stored, [Row(2, person("E1", department="IT"), frozenset(COLUMNS))], (), MAY)
    assert found.to_store == ()
    assert found.refused == (
        Refusal(2, "", "a change with effect from 2026-06-01 is stored, and this one is from 2026-05-01"),
    )
    with pytest.raises(Backdated):
        dated(stored["E1"], person("E1"), MAY, ())


def test_card_with_dates_is_read_told_and_held_between_them() -> None:
    """A visitor's card holds for as long as the list says."""
    header = read_header(["employee_id", "name", "cards", "joining_date", "leaving_date"])
    assert not isinstance(header, list)
    text = "24:ABCDEF [2026-05-01..2026-05-31]; 10D:0009334109 [..2026-04-30]"
    cells = ["E1", "Asha", text, "2026-04-01", "2026-12-31 00:00:00"]
    (row,) = read_rows(header, [(2, cells)], ()).rows
    assert (row.employee.joined, row.employee.left) == (date(2026, 4, 1), date(2026, 12, 31))
    told = [str(one) for one in sorted(row.employee.credentials)]
    assert told == [
        "card 24:ABCDEF from 2026-05-01 until 2026-05-31",
        "card 32:008E6D5D until 2026-04-30",
    ]
    directory = Directory([row.employee])
    held = [directory.who("x", "card", "", "24:ABCDEF", day) is not None for day in (MAY, JUNE)]
    assert held == [True, False]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("joining_date", "1/4/2026", "'1/4/2026' is no date such as 2026-05-31"),
        ("leaving_date", "2026-03-01", "lies before the joining date"),
        ("cards", "24:ABCDEF [2026-05-31..2026-05-01]", "'24:ABCDEF [2026-05-31..2026-05-01]' ends before"),
        ("cards", "24:ABCDEF [May..]", "'May' is no date such as 2026-05-31"),
    ],
)
def test_wrong_date_is_told_with_its_column(column: str, cell: str, reason: str) -> None:
    """Each mistake has its line, its column and what would be right."""
    names = ["employee_id", "name", "joining_date", "leaving_date", "cards"]
    header = read_header(names)
    assert not isinstance(header, list)
    cells = ["E1", "Asha", "2026-04-01", "", ""]
    cells[names.index(column)] = cell
    (refused,) = read_rows(header, [(2, cells)], ()).refused
    assert refused.column == column
    assert refused.reason.startswith(reason)


BADGES = st.sets(st.sampled_from("123"), max_size=2)
STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.lists(BADGES, min_size=3, max_size=3), st.sampled_from(["QC", "R&D"])),
    min_size=1,
    max_size=6,
)


@given(STEPS)
def test_every_day_is_as_the_last_import_before_it_said(steps: list[tuple[int, list[set[str]], str]]) -> None:
    """Whatever is imported when, the past is what was said in the past, and today is what was said last."""
    stored: dict[str, Employee] = {}
    day = MAY
    said: list[tuple[date, dict[str, str], str]] = []
    for pause, badges, department in steps:
        day += timedelta(days=pause)
        owned: dict[str, str] = {}
        people = []
        for place, wanted in enumerate(badges):
            mine = {badge for badge in wanted if badge not in owned}
            owned |= dict.fromkeys(mine, f"E{place}")
            people.append(person(f"E{place}", *sorted(mine), department=department))
        stored = imported(stored, day, *people)
        said.append((day, owned, department))
    assert shared(stored.values()) == []
    ever: set[str] = set()
    for place, (since, owned, department) in enumerate(said):
        last = place + 1 == len(said) or said[place + 1][0] > since
        if last and place > 0:
            assert stored["E0"].on(since).department == department
        for badge in "123":
            if last and (badge in owned or badge in ever):
                assert who(stored, badge, since) == owned.get(badge)
        ever |= owned.keys()
    again = imported(stored, day, *(replace(one, past=()) for one in people))
    assert again == stored


def test_past_is_kept_oldest_first() -> None:
    """The first version that ends behind a date is the one that was in force."""
    one = replace(
        person("E1", department="IT"),
        past=(Past(MAY, ("", "", "", "", "QC", "", "", "")), Past(JUNE, ("", "", "", "", "R&D", "", "", ""))),
    )
    assert [one.on(day).department for day in (MAY - DAY, MAY, JUNE)] == ["QC", "R&D", "IT"]
