"""Promises of reports and explained days as they are printed."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.board import lines
from admin.daysheet import day_lines, length
from admin.errors import UsageError
from admin.reports import write_csv
from admin.tabulating import headed, numbers, shown
from admin.totals import KEYS, added_up, totals
from wire.days import Clocking, DayResult, DayRule, Dropped
from wire.reporting import DayAnswer

NINE = datetime(2026, 5, 11, 9, 0, 30, tzinfo=UTC)
DAY = DayResult(
    employee="E1",
    date=date(2026, 5, 11),
    status="awaiting",
    rule=DayRule(source="weekly", key="mon"),
    shift="office@2026-05-01#1",
    shift_from="organization",
    starts=NINE.replace(second=0),
    ends=NINE.replace(hour=17, second=0),
    clockings=(
        Clocking(at=NINE, direction="IN", how="inferred", punch="a" * 32, reader="pune-01/gate"),
        Clocking(at=NINE.replace(hour=17), direction="OUT", how="knock off"),
    ),
    dropped=(Dropped(at=NINE.replace(second=50), punch="b" * 32, kept="a" * 32, reader="pune-01/gate"),),
    presence_s=28_799,
    flags=("out_added",),
    awaiting=("pune-01/gate",),
)


def test_a_day_is_explained_with_figures_punches_and_reasons() -> None:
    """Whatever the figures rest on is there: punches, duplicates, added clockings, the version, sentences."""
    told = "\n".join(day_lines(DayAnswer(name="Asha", day=DAY, why=("C5: because.",), stored=False)))
    for words in (
        "E1 Asha, 2026-05-11: awaiting pune-01/gate",
        "office@2026-05-01#1 of the organization, row mon: 09:00 to 17:00",
        "presence     7 h 59 min",
        "a" * 32,
        f"duplicate of {'a' * 32}",
        "added, knock off",
        "to be looked at: out added",
        "C5: because.",
        "or not yet",
    ):
        assert words in told
    assert "not yet" not in "\n".join(day_lines(DayAnswer(name="", day=DAY, why=(), stored=True)))


def test_lengths_are_cut_to_minutes() -> None:
    """59 seconds are no minute."""
    assert [length(seconds) for seconds in (0, 59, 60, 3599, 3600)] == [
        "0 h 00 min",
        "0 h 00 min",
        "0 h 01 min",
        "0 h 59 min",
        "1 h 00 min",
    ]


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    """A text that begins like a formula is disarmed; numbers stay numbers, and nothing is nothing."""
    out = io.StringIO()
    write_csv(out, ("name", "minutes", "note"), [("=1+1", -5, None), ('Asha "A"', 3, "@x")])
    assert out.getvalue() == 'name,minutes,note\n\'=1+1,-5,\n"Asha ""A""",3,\'@x\n'


def test_a_table_says_lengths_in_hours_and_times_without_the_date_of_their_row() -> None:
    """A night's end keeps its date, as it is another one; a program's words lose their underscores."""
    columns = ("employee", "date", "status", "first_in", "last_out", "early_leave_minutes", "note")
    rows = [
        ("E1", "2026-05-11", "no_shift", "2026-05-11 22:00", "2026-05-12 06:05", 725, "out_added"),
        ("E_2", "2026-05-11", "absent", None, None, 0, ""),
    ]
    assert lines(headed(columns), shown(columns, rows), numbers(columns)) == [
        "employee  date        status    first in  last out          early leave  note",
        "E1        2026-05-11  no shift  22:00     2026-05-12 06:05        12:05  out added",
        "E_2       2026-05-11  absent                                       0:00",
    ]


def test_a_table_without_dates_is_shown_as_it_is() -> None:
    """The report on punches to be looked at has no workdays, and times of their own."""
    columns = ("employee", "time", "reason")
    assert shown(columns, [("E1", "2000-01-01 09:05", "before-2000")]) == [
        ("E1", "2000-01-01 09:05", "before-2000")
    ]


COLUMNS = ("employee", "name", "department", "date", "status", "late_minutes", "work_minutes")
ROWS = [
    ("E1", "Asha", "QC", "2026-04-30", "present", 5, 480),
    ("E1", "Asha", "Stores", "2026-05-04", "present", 7, 470),
    ("E2", "Bina", "QC", "2026-05-04", "present", 0, 480),
    ("E2", "Bina", None, "2026-05-05", "absent", 0, 0),
]


def test_a_report_is_summed_up_by_unit_and_month() -> None:
    """Each combination is a line with its days and its minutes, in order; who has no unit is a line, too."""
    assert totals(COLUMNS, ROWS, ("department",)) == (
        ("department", "days", "late_minutes", "work_minutes"),
        [("", 1, 0, 0), ("QC", 2, 5, 960), ("Stores", 1, 7, 470)],
    )
    assert totals(COLUMNS, ROWS, ("month", "employee"))[1] == [
        ("2026-04", "E1", 1, 5, 480),
        ("2026-05", "E1", 1, 7, 470),
        ("2026-05", "E2", 2, 0, 480),
    ]
    head, body = totals(COLUMNS, ROWS[:1], ("date",))
    assert lines(headed(head), shown(head, body), numbers(head))[1].split() == [
        "2026-04-30",
        "1",
        "0:05",
        "8:00",
    ]
    assert totals(COLUMNS, [], ("date",))[1] == []


def test_the_hours_of_several_pages_add_up() -> None:
    """A headcount comes in pages of people; each hour is one line, in order."""
    nine, ten = ("2026-05-11", "09:00", "UTC+05:30"), ("2026-05-11", "10:00", "UTC+05:30")
    assert added_up([(*ten, 2, 90, 0), (*nine, 1, 60, 1), (*ten, 3, 100, 1)]) == [
        (*nine, 1, 60, 1),
        (*ten, 5, 190, 1),
    ]


def test_a_report_without_dates_is_not_summed_up_by_them() -> None:
    """What a report does not tell is said, and no total is made up."""
    with pytest.raises(UsageError, match="no column for --by month"):
        totals(("employee", "time"), [], ("employee", "month"))


@given(st.lists(st.sampled_from(ROWS), max_size=12), st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
def test_totals_lose_nothing(rows: list[tuple[Any, ...]], by: list[str]) -> None:
    """However rows are put together, days and minutes are those of the whole."""
    head, body = totals(COLUMNS, rows, by)
    for column in ("late_minutes", "work_minutes"):
        expected = sum(row[COLUMNS.index(column)] for row in rows)
        assert sum(int(row[head.index(column)] or 0) for row in body) == expected
    assert sum(int(row[head.index("days")] or 0) for row in body) == len(rows)
