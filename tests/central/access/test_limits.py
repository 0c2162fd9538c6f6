"""What a manager is told: exactly what somebody who sees everybody is told, cut to his people."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.access.scope import EVERYBODY, Scope, Sight, sight, within
from central.directory.employee import Credential, Employee
from central.directory.selection import passes
from central.ledger import people
from central.ledger.database import Ledger
from central.ledger.staff import Staff
from central.outflow.rows import PUNCH_COLUMNS
from central.reports import WHO
from central.requests.answering import Answering
from central.requests.asking import Asking, Refusal
from central.requests.choosing import Choosing
from central.requests.exporting import DAY_COLUMNS
from central.requests.resyncs.planning import plan
from central.rules.plan import Options
from central.users import Users
from tests.central.conftest import NOW
from tests.central.days.works import OFFICE, SITES, ZONE, Works
from tests.central.directory.organisations import DATES, IDS, filters, pasts, staff, units
from wire.admin import Request
from wire.facts import Span
from wire.listing import ExportRequest, PunchesPage, PunchesRequest, Summary, SummaryRequest
from wire.people import EmployeesPage, EmployeesRequest, OrgFilter, TreeRequest
from wire.person import PersonRequest
from wire.reporting import DayRequest, ReportPage, ReportRequest
from wire.resync import ResyncRequest

WEEK = Span(first=date(2026, 5, 11), last=date(2026, 5, 13))
IDS_HERE = IDS[:8]
REPORTS = ("attendance", "timecard", "late", "who-is-in", "review")


class Company:
    """A company with a day of punches, and everything that answers about it."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        nobody = Employee(employee_id="", name="Somebody")
        self.works = Works(ledger, folder, [_as_here(place, nobody) for place in range(len(IDS_HERE))])
        self.works.settings(OFFICE)
        for user in range(1, len(IDS_HERE) + 2):
            for edge in ("pune-01", "surat-02"):
                self.works.punch(f"2026-05-13 09:0{user % 10}", 0, user=str(user), edge=edge)
            if user % 2:
                self.works.punch("2026-05-13 17:00", 1, user=str(user))
            self.works.punch("2000-01-01 09:00", user=str(user))
        self.works.at("2026-05-13 18:00")
        self.works.settle()
        self.people = people.People(ledger)
        self._answering = Answering(
            ledger, SITES.zones, SITES, Users(ledger, self.people), Options(zone=ZONE.key), Staff(ledger)
        )
        self.choosing = Choosing(Staff(ledger))

    @property
    def staff(self) -> Mapping[str, Employee]:
        """Everybody, by id."""
        return self.people.directory().employees

    def sight(self, scope: Scope) -> Sight:
        """What somebody with this scope sees."""
        return sight(self.people.directory(), scope)

    def ask(self, scope: Scope, verb: str, request: Request) -> Any:
        """The body of the answer."""
        asked = Asking("ravi", verb, request)
        return self._answering.answer(asked, self.sight(scope), self.works.now)[0]

    def punches(self, scope: Scope, **more: Any) -> list[tuple[Any, ...]]:
        """Owner and place of every punch listed, two a page."""
        found: list[tuple[Any, ...]] = []
        after = None
        while True:
            request = PunchesRequest(request_id="r", span=WEEK, limit=2, after=after, **more)
            page = self.ask(scope, "punches", request)
            assert isinstance(page, PunchesPage)
            found += [(row.employee, row.punch_id, row.name, row.edge, row.badge) for row in page.punches]
            after = page.after
            if after is None:
                return found

    def rows(self, scope: Scope, verb: str, kind: Any, people: OrgFilter) -> list[tuple[Any, ...]]:
        """Every row of a report or an export, three a page."""
        found: list[tuple[Any, ...]] = []
        kinds: dict[str, Any] = {"report": ReportRequest, "export": ExportRequest}
        after = None
        while True:
            request = kinds[verb](request_id="r", kind=kind, span=WEEK, people=people, limit=3, after=after)
            page = self.ask(scope, verb, request)
            assert isinstance(page, ReportPage)
            found += page.rows
            after = page.after
            if after is None:
                return found

    def lets(self, wanted: OrgFilter, who: str | None, when: str) -> bool:
        """Whether a filter lets a row through that is about somebody at some time, or about nobody."""
        if who is None:
            return wanted == OrgFilter()
        return passes(wanted, self.staff[who].on(date.fromisoformat(when[:10])))

    def becomes(self, organisation: Sequence[Employee]) -> None:
        """Import the same people with other places in the organisation."""
        with self._ledger.write() as connection:
            people.save(connection, [_as_here(*one) for one in enumerate(organisation)], self.works.now)


def _as_here(place: int, one: Employee) -> Employee:
    """Somebody of a random organisation as the person of the company who has this place.

    The first one's user id is, at surat-02, the last one's.
    """
    badges = {Credential("user-id", str(place + 1))}
    if place == len(IDS_HERE) - 1:
        badges.add(Credential("user-id", "1", "surat-02"))
    return replace(one, employee_id=IDS_HERE[place], credentials=frozenset(badges))


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    """One company for all organisations that the tests make of it."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"{folder}/ledger.db")
        ledger.migrate(NOW)
        yield Company(ledger, Path(folder))
        ledger.close()


slowly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
scopes = units.map(lambda held: Scope(frozenset(held)))
movers = st.builds(lambda one, past: replace(one, past=past), staff, pasts)
places = st.lists(movers, min_size=len(IDS_HERE), max_size=len(IDS_HERE))


@slowly
@given(places, st.lists(scopes, min_size=1, max_size=3))
def test_punches_and_figures_are_those_of_the_managers_people(
    company: Company, organisation: list[Employee], some: list[Scope]
) -> None:
    """Lists, pages, and every number: outsiders' punches and those of nobody are not there."""
    company.becomes(organisation)
    everything = company.punches(EVERYBODY)
    for scope in some:
        inside = {it.employee_id for it in company.staff.values() if within(scope, it)}
        assert company.punches(scope) == [row for row in everything if row[0] in inside]
        told = company.ask(scope, "summary", SummaryRequest(request_id="r"))
        assert isinstance(told, Summary)
        owners = [row[0] for row in everything]
        old = 1  # the punch of the year 2000, outside of the week
        mine = {who: owners.count(who) for who in inside}
        assert told.punches == sum(mine.values()) + old * len(inside)
        assert sum(told.by_reader.values()) == told.punches
        assert told.quarantined == 0
        for who in company.staff:
            if who in inside:
                assert company.punches(scope, employee=who) == [row for row in everything if row[0] == who]
            else:
                with pytest.raises(Refusal, match="nobody has the employee id"):
                    company.punches(scope, employee=who)


@slowly
@given(
    places,
    st.lists(st.tuples(scopes, filters, st.sampled_from(REPORTS), st.none() | DATES), min_size=1, max_size=4),
)
def test_reports_exports_and_lists_are_the_whole_ones_cut_to_the_managers_people(
    company: Company,
    organisation: list[Employee],
    some: list[tuple[Scope, OrgFilter, Any, date | None]],
) -> None:
    """Whatever the filter says: what it lets through within the limits, or a refusal without outsiders."""
    company.becomes(organisation)
    for scope, wanted, kind, day in some:
        inside = {it.employee_id for it in company.staff.values() if within(scope, it)}
        for verb, what in (("report", kind), ("export", "punches"), ("export", "days")):
            try:
                told = company.rows(scope, verb, what, wanted)
            except Refusal as refusal:
                _names_no_outsider(company, inside, str(refusal), wanted)
                continue
            assert told == [row for row in company.rows(EVERYBODY, verb, what, wanted) if row[0] in inside]
        drawn = TreeRequest(request_id="r", people=wanted, on=day, depth=2)
        request = EmployeesRequest(request_id="r", people=wanted, on=day)
        try:
            page = company.ask(scope, "employees", request)
        except Refusal:
            continue
        assert isinstance(page, EmployeesPage)
        whole = company.ask(EVERYBODY, "employees", request)
        assert page.employees == tuple(row for row in whole.employees if row.employee_id in inside)
        assert (page.selected, page.visible) == (len(page.employees), len(inside))
        units = Counter(row.sbu for row in page.employees)
        told_units = company.ask(scope, "tree", drawn).units
        assert {one.value: one.people for one in told_units if one.level == 1} == units


@slowly
@given(places, st.lists(st.tuples(filters, st.sampled_from(REPORTS[:4])), min_size=1, max_size=4))
def test_a_row_is_filtered_by_the_units_of_its_date(
    company: Company, organisation: list[Employee], some: list[tuple[OrgFilter, Any]]
) -> None:
    """A report or an export holds the rows whose person passes the filter as of the row's own date."""
    company.becomes(organisation)
    date_at = {"days": DAY_COLUMNS.index("date"), "punches": PUNCH_COLUMNS.index("wall")}
    for wanted, kind in some:
        for verb, what in (("report", kind), ("export", "days"), ("export", "punches")):
            place = date_at.get(what, WHO.index("date"))
            try:
                told = company.rows(EVERYBODY, verb, what, wanted)
            except Refusal:
                continue
            everything = company.rows(EVERYBODY, verb, what, OrgFilter())
            assert told == [row for row in everything if company.lets(wanted, row[0], row[place])]


def _names_no_outsider(company: Company, inside: set[str], told: str, people: OrgFilter) -> None:
    asked = repr(people)
    _, _, hint = told.partition("did you mean")
    for who in company.staff.values():
        if who.employee_id not in inside and f"'{who.employee_id}'" not in asked:
            assert who.employee_id not in hint.replace("?", "").replace(";", ",").split(", ")


@slowly
@given(places, scopes)
def test_no_cursor_leads_out_of_the_limits(
    company: Company, organisation: list[Employee], scope: Scope
) -> None:
    """A place in a list that somebody made up opens no door, not even to the person whom it names."""
    company.becomes(organisation)
    inside = {it.employee_id for it in company.staff.values() if within(scope, it)}
    for who in company.staff:
        for verb, kind in (("report", "attendance"), ("export", "days")):
            kinds: dict[str, Any] = {"report": ReportRequest, "export": ExportRequest}
            request = kinds[verb](request_id="r", kind=kind, span=WEEK, after=f"{who}@0")
            assert {row[0] for row in company.ask(scope, verb, request).rows} <= inside


@slowly
@given(places, scopes)
def test_days_and_resyncs_are_for_the_managers_people_alone(
    company: Company, organisation: list[Employee], scope: Scope
) -> None:
    """An outsider's day is as unknown as nobody's, and no device is asked for a badge of his."""
    company.becomes(organisation)
    whole = company.people.directory()
    inside = {it.employee_id for it in company.staff.values() if within(scope, it)}
    for who in company.staff:
        request = DayRequest(request_id="r", employee=who, date=date(2026, 5, 13))
        if who in inside:
            assert company.ask(scope, "day", request) == company.ask(EVERYBODY, "day", request)
            past = PersonRequest(request_id="r", employee=who)
            assert company.ask(scope, "person", past) == company.ask(EVERYBODY, "person", past)
            continue
        with pytest.raises(Refusal, match="nobody has the employee id"):
            company.ask(scope, "person", PersonRequest(request_id="r", employee=who))
        with pytest.raises(Refusal, match="nobody has the employee id") as refused:
            company.ask(scope, "day", request)
        _names_no_outsider(company, inside, str(refused.value), OrgFilter(employees=(who,)))
    if not company.staff:
        return
    resync = ResyncRequest(request_id="r", span=WEEK, dry_run=True)
    readers = {"pune-01": ["gate"], "surat-02": ["gate"]}
    try:
        chosen = company.choosing.choose(OrgFilter(), scope.units)
        planned = plan("ravi", resync, chosen, whole, readers, datetime.now(UTC), whole=scope == EVERYBODY)
    except Refusal:
        assert not inside
        return
    assert {one for piece in planned.pieces.values() for one in piece} == inside
