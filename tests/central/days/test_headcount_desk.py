"""What people are answered about how many were in, hour by hour: within filters, limits and pages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

import pytest

from admin.totals import added_up
from central.access.scope import EVERYBODY, Scope, sight
from central.directory.employee import Past
from central.ledger.database import Ledger
from central.ledger.people import People
from central.ledger.staff import Staff
from central.requests.asking import Refusal
from central.requests.workdays import WorkdayDesk
from central.rules.plan import Options
from central.workdays.interpretation import Sites
from central.zones import Zones
from tests.central.days.works import MONDAY, OFFICE, SITES, ZONE, Works, person
from wire.facts import Span
from wire.people import OrgFilter
from wire.reporting import ReportPage, ReportRequest

STAFF = (person(1), person(2, department="Stores"), person(3, department="Stores"))
ONE_DAY = Span(first=MONDAY, last=MONDAY)
TWO_DAYS = Span(first=MONDAY, last=date(2026, 5, 12))


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """Three people who were in on Monday at nine; it is Wednesday."""
    made = Works(ledger, tmp_path, STAFF)
    made.settings(OFFICE)
    for number in (1, 2, 3):
        made.punch("2026-05-11 09:00", 0, user=str(number))
        made.punch(f"2026-05-11 {9 + number}:30", 1, user=str(number))
    made.settle()
    return made


def hours(
    works: Works,
    people: OrgFilter | None = None,
    *,
    scope: Scope = EVERYBODY,
    span: Span = ONE_DAY,
    limit: int = 500,
    sites: Sites = SITES,
) -> list[tuple[object, ...]]:
    """The hour and how many people were in, of all pages together."""
    pages = paged(works, people, scope=scope, span=span, limit=limit, sites=sites)
    found = added_up([row for page in pages for row in page.rows])
    return [(row[1], row[3]) for row in found if row[3]]


def paged(
    works: Works,
    people: OrgFilter | None = None,
    *,
    scope: Scope = EVERYBODY,
    span: Span = ONE_DAY,
    limit: int = 500,
    sites: Sites = SITES,
) -> Iterator[ReportPage]:
    """The pages of a headcount."""
    desk = WorkdayDesk(works.ledger, Staff(works.ledger), sites, Options(zone=ZONE.key))
    after: str | None = None
    while True:
        request = ReportRequest(
            request_id="r1",
            kind="headcount",
            span=span,
            people=people or OrgFilter(),
            limit=limit,
            after=after,
        )
        page = desk.report(request, sight(People(works.ledger).directory(), scope), works.now)
        yield page
        after = page.after
        if after is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_pages_of_any_size_add_up_to_the_same_hours(works: Works, limit: int) -> None:
    """Each page counts some of the people, nobody twice, and the last one is the end."""
    assert hours(works, limit=limit) == [("09:00", 3), ("10:00", 3), ("11:00", 2), ("12:00", 1)]


def test_a_page_ends_once_it_has_as_many_hours_as_a_message_carries(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many people were asked for: whoever is next goes to the next page, and nobody is lost."""
    for number in (1, 2, 3):
        works.punch("2026-05-12 09:00", 0, user=str(number))
        works.punch(f"2026-05-12 {9 + number}:30", 1, user=str(number))
    works.settle()
    whole = hours(works, span=TWO_DAYS)
    monkeypatch.setattr("central.requests.headcount._MOST_HOURS", 5)
    pages = list(paged(works, span=TWO_DAYS))
    assert [len(page.rows) for page in pages] == [6, 8]
    assert [
        (row[1], row[3]) for row in added_up([row for page in pages for row in page.rows]) if row[3]
    ] == whole


def test_only_those_are_counted_whom_the_filter_and_the_limits_leave(works: Works) -> None:
    """A manager counts his own people, whatever filter he gives."""
    stores = OrgFilter(department=("Stores",))
    assert hours(works, stores)[0] == ("09:00", 2)
    quality = Scope(frozenset({frozenset({("department", "QC")})}))
    assert hours(works, scope=quality) == [("09:00", 1), ("10:00", 1)]


def test_an_hour_goes_by_the_units_of_its_date(works: Works) -> None:
    """Who moved on Tuesday was in the old department on Monday."""
    before = Past(date(2026, 5, 12), ("Active", "Works", "", "Pune", "Melting", "", "", ""))
    works.hire(replace(STAFF[0], past=(before,)))
    assert hours(works, OrgFilter(department=("Melting",)))[0] == ("09:00", 1)
    assert hours(works, OrgFilter(department=("QC",), employees=("E1",))) == []


def test_the_shift_of_the_night_before_is_in_the_hours_of_a_date(works: Works) -> None:
    """Who came on Monday evening and left on Tuesday is in Tuesday's first hours."""
    works.punch("2026-05-11 22:00", 0, user="3")
    works.punch("2026-05-12 01:20", 1, user="3")
    works.settle()
    tuesday = Span(first=date(2026, 5, 12), last=date(2026, 5, 12))
    assert hours(works, span=tuesday)[:2] == [("00:00", 1), ("01:00", 1)]


def test_hours_are_counted_on_the_clock_of_the_persons_branch(works: Works) -> None:
    """The zone of a branch decides, though results are written on the organisation's clock."""
    abroad = Sites(Zones(ZONE, {"pune-01": UTC}), branches=SITES.branches)
    assert hours(works, sites=abroad)[0] == ("03:00", 3)


def test_more_than_a_month_is_refused(works: Works) -> None:
    """The hours of a page fit into one message; who wants more asks twice."""
    with pytest.raises(Refusal, match="31 days at the most"):
        hours(works, span=Span(first=MONDAY, last=date(2026, 6, 11)))
