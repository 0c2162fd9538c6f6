"""What people are answered about workdays: pages of reports, and one day explained."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from central.access.scope import EVERYBODY, Sight, sight
from central.directory.employee import Past
from central.ledger.database import Ledger
from central.ledger.people import People
from central.ledger.staff import Staff
from central.requests.asking import Refusal
from central.requests.workdays import WorkdayDesk
from central.rules.plan import Options
from tests.central.days.works import MONDAY, OFFICE, SITES, ZONE, Works, person
from wire.facts import Span
from wire.people import OrgFilter
from wire.punch import Clock
from wire.reporting import DayRequest, ReportKind, ReportPage, ReportRequest

STAFF = (
    person(1),
    person(2, department="Stores"),
    person(3, department="Stores", branch="Surat"),
    person(4, status="Inactive"),
)


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """Four people, three of whom punched on Monday; it is Wednesday."""
    made = Works(ledger, tmp_path, STAFF)
    made.settings(OFFICE)
    for number in (1, 2, 4):
        made.punch("2026-05-11 09:00", user=str(number))
    made.settle()
    return made


@pytest.fixture
def desk(works: Works) -> WorkdayDesk:
    """The desk that answers."""
    return WorkdayDesk(works.ledger, Staff(works.ledger), SITES, Options(zone=ZONE.key))


def everything(works: Works) -> Sight:
    """What an administrator sees."""
    return sight(People(works.ledger).directory(), EVERYBODY)


def test_a_day_with_an_unsure_time_is_told_as_it_is_stored(works: Works, desk: WorkdayDesk) -> None:
    """The flag that the pipeline adds stands in the answer, with a sentence, and is no difference."""
    works.punch(
        "2026-05-12 09:05", clock=Clock(trust="synced", boot_id="b", uptime_s=9.0, offset_s=8.5 * 3600)
    )
    works.settle()
    request = DayRequest(request_id="r1", employee="E1", date=date(2026, 5, 12))
    told = desk.day(request, everything(works), works.now)
    assert told.stored
    assert "time_unsure" in told.day.flags
    assert told.why[-1].startswith("A clock was wrong or never set: ")


def pages(
    desk: WorkdayDesk, works: Works, kind: ReportKind, limit: int, people: OrgFilter
) -> Iterator[ReportPage]:
    """All pages of a report on Monday to Wednesday."""
    after: str | None = None
    while True:
        request = ReportRequest(
            request_id="r1",
            kind=kind,
            span=Span(first=MONDAY, last=date(2026, 5, 13)),
            people=people,
            limit=limit,
            after=after,
        )
        page = desk.report(request, everything(works), works.now)
        yield page
        after = page.after
        if after is None:
            return


def rows(
    desk: WorkdayDesk, works: Works, people: OrgFilter, *, limit: int = 500
) -> list[tuple[object, object]]:
    """Employee and date of every row of the attendance report."""
    return [
        (row[0], str(row[3])[-2:])
        for page in pages(desk, works, "attendance", limit, people)
        for row in page.rows
    ]


@pytest.mark.parametrize("limit", [1, 2, 5, 500])
def test_pages_of_any_size_make_the_same_report(desk: WorkdayDesk, works: Works, limit: int) -> None:
    """Going on behind the last row of a page loses nothing and repeats nothing."""
    found = rows(desk, works, OrgFilter(), limit=limit)
    expected = [("E1", day) for day in ("11", "12", "13")] + [("E2", day) for day in ("11", "12", "13")]
    assert found == [*expected, ("E3", "13"), ("E4", "11")]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (OrgFilter(department=("Stores",)), {"E2", "E3"}),
        (OrgFilter(department=("Stores", "QC")), {"E1", "E2", "E3", "E4"}),
        (OrgFilter(department=("Stores",), branch=("Surat",)), {"E3"}),
        (OrgFilter(department=("QC",), branch=("Surat",)), set()),
        (OrgFilter(employees=("E4", "E1")), {"E1", "E4"}),
        (OrgFilter(employees=("E4", "E1"), status=("Active",)), {"E1"}),
    ],
)
def test_filters_mean_any_within_and_all_across(
    desk: WorkdayDesk, works: Works, people: OrgFilter, expected: set[str]
) -> None:
    """Several values of a dimension widen it, several dimensions narrow each other."""
    assert {employee for employee, _ in rows(desk, works, people)} == expected


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        (OrgFilter(department=("Store",)), "nobody has the department 'Store'; did you mean Stores?"),
        (OrgFilter(sub_department=("X",)), "nobody has the sub department 'X'"),
        (OrgFilter(employees=("E9",)), "nobody has the employee id 'E9'"),
    ],
)
def test_a_misspelled_value_is_refused_with_what_may_be_meant(
    desk: WorkdayDesk, works: Works, people: OrgFilter, reason: str
) -> None:
    """An empty report is never the answer to a typing error."""
    with pytest.raises(Refusal) as refused:
        rows(desk, works, people)
    assert str(refused.value).startswith(reason)


def test_a_row_belongs_to_the_units_of_its_date(desk: WorkdayDesk, works: Works) -> None:
    """Who moved on Tuesday is in the old department's report on Monday, in the new one's from then on."""
    before = Past(date(2026, 5, 12), ("Active", "Works", "", "Pune", "Melting", "", "", ""))
    works.hire(replace(STAFF[0], past=(before,)))
    assert rows(desk, works, OrgFilter(department=("Melting",))) == [("E1", "11")]
    assert rows(desk, works, OrgFilter(department=("QC",), employees=("E1",)), limit=1) == [
        ("E1", "12"),
        ("E1", "13"),
    ]
    told = [row for page in pages(desk, works, "attendance", 500, OrgFilter()) for row in page.rows]
    assert [row[2] for row in told if row[0] == "E1"] == ["Melting", "QC", "QC"]
    later = ReportRequest(
        request_id="r1",
        kind="attendance",
        span=Span(first=date(2026, 5, 12), last=date(2026, 5, 13)),
        people=OrgFilter(department=("Melting",)),
    )
    with pytest.raises(Refusal, match="nobody has the department 'Melting'"):
        desk.report(later, everything(works), works.now)


def test_pages_follow_an_import_between_them(desk: WorkdayDesk, works: Works) -> None:
    """What is remembered of the past for the next page is forgotten once the directory has changed."""
    quality = OrgFilter(department=("QC",), employees=("E1",))
    assert len(rows(desk, works, quality)) == 3
    before = Past(date(2026, 5, 12), ("Active", "Works", "", "Pune", "Melting", "", "", ""))
    works.hire(replace(STAFF[0], past=(before,)))
    assert len(rows(desk, works, quality)) == 2


@pytest.mark.parametrize("after", ["", "E1", "E1@x", "@"])
def test_a_cursor_that_no_page_gave_out_is_refused(desk: WorkdayDesk, works: Works, after: str) -> None:
    """A cursor is taken as it was given, or not at all."""
    request = ReportRequest(request_id="r1", kind="late", span=Span(first=MONDAY, last=MONDAY), after=after)
    with pytest.raises(Refusal):
        desk.report(request, everything(works), works.now)


def test_punches_to_review_are_listed_with_owner_and_reason(desk: WorkdayDesk, works: Works) -> None:
    """A punch of 2000 is in the report of the day on which it was received, page by page."""
    for minute in range(3):
        works.punch(f"2000-01-01 00:0{minute}", user="2")
    works.punch("2000-01-01 00:05", user="99")
    works.settle()
    found = [row for page in pages(desk, works, "review", 2, OrgFilter()) for row in page.rows]
    assert [(row[0], row[3], row[4], row[5], row[6]) for row in found[:1]] == [
        ("E2", "2000-01-01 00:00", "pune-01/gate", "2", "before-2000")
    ]
    assert sorted(str(row[0]) for row in found) == ["E2", "E2", "E2", "None"]
    of_two = [
        row for page in pages(desk, works, "review", 2, OrgFilter(employees=("E2",))) for row in page.rows
    ]
    assert len(of_two) == 3


def test_a_day_is_explained_from_the_ledger_as_it_is(desk: WorkdayDesk, works: Works) -> None:
    """The explanation is the stored result with its reasons; a punch that was not computed yet shows."""
    request = DayRequest(request_id="d1", employee="E1", date=MONDAY)
    told = desk.day(request, everything(works), works.now)
    assert told.stored
    assert told.day == works.day(MONDAY, "E1")
    assert told.why[0].startswith("C2.3: the shift office comes from the organization ACCUMAX")
    works.punch("2026-05-11 16:00")
    ahead = desk.day(request, everything(works), works.now)
    assert not ahead.stored
    assert ahead.day.early_leave_s == 3600
    works.settle()
    assert desk.day(request, everything(works), works.now).stored


def test_a_day_that_waits_names_the_readers(desk: WorkdayDesk, works: Works) -> None:
    """The explanation says which reader may still bring punches."""
    works.at("2026-05-12 12:00")
    works.heartbeat(works.now, "gate")
    works.at("2026-05-12 18:00")
    works.settle()
    told = desk.day(
        DayRequest(request_id="d1", employee="E2", date=date(2026, 5, 12)), everything(works), works.now
    )
    assert told.day.awaiting == ("pune-01/gate",)
    assert told.why[-1] == (
        "The reader pune-01/gate has not been read past the end of the shift, so punches may still come."
    )


@pytest.mark.parametrize(
    ("employee", "day", "reason"),
    [
        ("E11", MONDAY, "nobody has the employee id 'E11'"),
        ("E1", date(2026, 5, 20), "2026-05-20 lies in the future"),
    ],
)
def test_a_day_that_cannot_be_told_is_refused(
    desk: WorkdayDesk, works: Works, employee: str, day: date, reason: str
) -> None:
    """Unknown people and days to come are refused with a reason."""
    with pytest.raises(Refusal) as refused:
        desk.day(DayRequest(request_id="d1", employee=employee, date=day), everything(works), works.now)
    assert str(refused.value).startswith(reason)
