"""The reports: which workdays they tell of, and what stands in their cells."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from central.reports import REPORTS, WHO, AsOf, Reported, clockings, is_in, lacking, pauses
from wire.days import Clocking, DayResult, DayRule
from wire.reporting import ReportKind

MONDAY = date(2026, 5, 11)
NOW = datetime(2026, 5, 11, 18, 0, tzinfo=UTC)
CARRY = timedelta(hours=16)
PUNCH = "0" * 32


def clocking(at: str, direction: Any, how: Any = "read", *, day: int = 11) -> Clocking:
    """A clocking on a date of May 2026; an added one where `how` says where its time comes from."""
    hour, minute = map(int, at.split(":"))
    real = how in ("read", "inferred")
    return Clocking(
        at=datetime(2026, 5, day, hour, minute, 30, tzinfo=UTC),
        direction=direction,
        how=how,
        punch=PUNCH if real else None,
        reader="pune-01/gate" if real else "",
    )


def workday(*sequence: Clocking, status: Any = "present", **more: Any) -> DayResult:
    """A Monday."""
    return DayResult(
        employee="E1", date=MONDAY, status=status, rule=DayRule(source="none"), clockings=sequence, **more
    )


FULL = workday(
    clocking("09:10", "IN"),
    clocking("12:30", "OUT"),
    clocking("13:00", "IN"),
    clocking("17:20", "OUT"),
    late_s=659,
    overtime_s=1199,
    work_s=28_800,
    break_s=1800,
    lunch_s=600,
)
NIGHT = workday(clocking("22:00", "IN"), clocking("06:05", "OUT", day=12))
FORGOT = workday(clocking("09:00", "IN"), clocking("17:00", "OUT", "knock off"), flags=("out_added",))
INSIDE = workday(
    clocking("09:00", "IN"), clocking("18:00", "OUT", "as of"), status="open", flags=("out_added",)
)


def told(kind: ReportKind, *days: DayResult) -> list[dict[str, object]]:
    """The rows of a report, by column."""
    report = REPORTS[kind]
    return [
        dict(zip(report.header, report.row(Reported("Asha", "QC", day)), strict=True))
        for day in days
        if report.tells(day, AsOf(NOW, CARRY))
    ]


def test_every_row_says_whose_workday_it_is() -> None:
    """All kinds begin with the same columns, and rows are as wide as their header."""
    for kind, report in REPORTS.items():
        assert report.header[: len(WHO)] == WHO, kind
        assert len(report.row(Reported("Asha", "QC", FULL))) == len(report.header)


def test_lengths_are_cut_to_minutes_each_for_itself() -> None:
    """10 min 59 s late is 10 minutes, 19 min 59 s of overtime are 19 (R26)."""
    (row,) = told("attendance", FULL)
    assert (row["late_minutes"], row["overtime_minutes"], row["work_minutes"]) == (10, 19, 480)
    assert (row["first_in"], row["last_out"]) == ("2026-05-11 09:10", "2026-05-11 17:20")


def test_an_added_clocking_is_nobodys_first_or_last() -> None:
    """Where the OUT was added, the report does not claim that anybody saw it."""
    (row,) = told("attendance", FORGOT)
    assert (row["first_in"], row["last_out"]) == ("2026-05-11 09:00", None)


def test_a_timecard_shows_the_whole_sequence() -> None:
    """Added clockings are called so, and the date behind the workday has a mark."""
    assert clockings(FORGOT) == "09:00 IN, 17:00 OUT added"
    assert clockings(NIGHT) == "22:00 IN, 06:05+1 OUT"
    assert pauses(FULL) == "12:30 to 13:00"


@pytest.mark.parametrize("kind", ["overtime", "breaks", "late"])
def test_reports_on_one_figure_tell_only_of_days_that_have_it(kind: ReportKind) -> None:
    """Who was punctual, had no break or no overtime is not listed."""
    assert [row["employee"] for row in told(kind, FULL, NIGHT, FORGOT)] == ["E1"]


@pytest.mark.parametrize(
    ("kind", "figure"),
    [("overtime", "overtime_s"), ("breaks", "break_s"), ("late", "late_s"), ("late", "early_leave_s")],
)
def test_what_would_be_shown_as_nothing_is_not_listed(kind: ReportKind, figure: str) -> None:
    """Fifty-nine seconds are no minute (R26), so a line about them would have nothing to say."""
    assert told(kind, workday(**{figure: 59})) == []
    assert len(told(kind, workday(**{figure: 60}))) == 1


@pytest.mark.parametrize(
    ("day", "lacks"),
    [
        (FULL, ""),
        (FORGOT, "OUT"),
        (INSIDE, ""),
        (workday(status="absent"), "no punch"),
        (workday(status="off"), ""),
        (workday(status="awaiting", awaiting=("pune-01/gate",)), "awaiting pune-01/gate"),
        (
            workday(*FORGOT.clockings, flags=("out_added",), awaiting=("pune-01/gate",)),
            "OUT, awaiting pune-01/gate",
        ),
        (workday(*FULL.clockings, awaiting=("pune-01/gate",)), ""),
    ],
)
def test_what_is_missing_is_told_and_whom_it_may_still_come_from(day: DayResult, lacks: str) -> None:
    """An absence, a missing IN or OUT, a reader that was not read; a running day lacks nothing yet."""
    assert lacking(day) == lacks
    assert bool(told("missing", day)) == bool(lacks)


@pytest.mark.parametrize(
    ("day", "hours_later", "carry", "inside"),
    [
        (INSIDE, 0, CARRY, True),
        (FORGOT, 0, CARRY, True),
        (FULL, 0, CARRY, False),
        (FORGOT, 6.9, CARRY, True),
        (FORGOT, 7.1, CARRY, False),
        (FORGOT, 0, timedelta(hours=8), False),
        (FORGOT, 7.1, timedelta(hours=20), True),
    ],
)
def test_who_came_and_did_not_leave_is_in_while_the_rules_would_carry_it(
    day: DayResult, hours_later: float, carry: timedelta, *, inside: bool
) -> None:
    """An IN waits for its OUT as long as `[rules]` says, also past the end of the shift."""
    assert is_in(day, AsOf(NOW + timedelta(hours=hours_later), carry)) == inside
    (row,) = told("who-is-in", INSIDE)
    assert (row["since"], row["reader"]) == ("2026-05-11 09:00", "pune-01/gate")
