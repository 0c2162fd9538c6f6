"""What people are answered about employees: pages, facets, saved filters, exports, all within their scope."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from central.directory.directory import Directory
from central.directory.employee import Credential, Past
from central.ledger import people
from central.ledger.database import Ledger
from central.ledger.staff import Staff
from central.outflow.rows import PUNCH_COLUMNS
from central.requests.asking import Refusal
from central.requests.choosing import Units
from central.requests.exporting import DAY_COLUMNS
from central.requests.staff import StaffDesk
from tests.central.conftest import NOW
from tests.central.days.works import MONDAY, OFFICE, SITES, Works, person
from wire.codec import MESSAGE_LIMIT, encode
from wire.facts import Span
from wire.listing import ExportRequest
from wire.people import (
    EmployeesPage,
    EmployeesRequest,
    Facets,
    FacetsRequest,
    FiltersRequest,
    OrgFilter,
    SavedFilters,
    Tree,
    TreeRequest,
)
from wire.person import PersonAnswer, PersonRequest
from wire.reporting import ReportPage

STAFF = (
    person(1, employee_type="Permanent"),
    person(2, department="Stores", employee_type="PERMANENT"),
    person(3, department="Stores", branch="Surat", employee_type="Contract"),
    person(4, status="Inactive"),
)
STORES: Units = frozenset({frozenset({("department", "Stores")})})


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """Four people, three of whom punched on Monday; it is Wednesday."""
    made = Works(ledger, tmp_path, STAFF)
    made.settings(OFFICE)
    for number in (1, 2, 4):
        for hour in range(9, 18, 2):
            made.punch(f"2026-05-11 {hour:02}:00", user=str(number))
    made.settle()
    return made


@pytest.fixture
def desk(works: Works) -> StaffDesk:
    """The desk that answers."""
    return StaffDesk(works.ledger, Staff(works.ledger), SITES.zones)


def seen(works: Works) -> Directory:
    """The directory now."""
    return people.People(works.ledger).directory()


def listed(desk: StaffDesk, works: Works, units: Units | None = None, **fields: object) -> EmployeesPage:
    """A page of employees."""
    request = msgspec.convert({"request_id": "r1", **fields}, EmployeesRequest)
    told = desk.answer("anna", seen(works), units, request)
    assert isinstance(told, EmployeesPage)
    return told


def exported(
    desk: StaffDesk, works: Works, kind: str, limit: int, units: Units | None = None, **filters: object
) -> Iterator[ReportPage]:
    """All pages of an export of the week."""
    after: str | None = None
    while True:
        request = ExportRequest(
            request_id="r1",
            kind=kind,  # type: ignore[arg-type]
            span=Span(first=MONDAY, last=date(2026, 5, 13)),
            people=msgspec.convert(filters, OrgFilter),
            limit=limit,
            after=after,
        )
        told = desk.answer("anna", seen(works), units, request)
        assert isinstance(told, ReportPage)
        yield told
        after = told.after
        if after is None:
            return


def test_a_page_echoes_what_was_understood_and_how_many_that_is(desk: StaffDesk, works: Works) -> None:
    """The filter comes back with the figures, before anything is done with it."""
    told = listed(desk, works, people={"department": ["Stores"]}, sort="name", descending=True, limit=1)
    assert told.people == OrgFilter(department=("Stores",))
    assert (told.selected, told.visible) == (2, 4)
    assert [one.employee_id for one in told.employees] == ["E3"]
    assert told.after is not None
    behind = listed(
        desk, works, people={"department": ["Stores"]}, sort="name", descending=True, after=told.after
    )
    assert [one.employee_id for one in behind.employees] == ["E2"]
    assert behind.after is None


def test_values_stay_apart_unless_case_is_ignored(desk: StaffDesk, works: Works) -> None:
    """Permanent and PERMANENT are two values of the source, and one for whoever says so."""
    assert listed(desk, works, people={"employee_type": ["Permanent"]}).selected == 1
    assert listed(desk, works, people={"employee_type": ["permanent"], "ignore_case": True}).selected == 2


def test_a_scope_hides_people_values_and_figures(desk: StaffDesk, works: Works) -> None:
    """A manager lists and counts his own people alone, and cannot ask for anybody else."""
    told = listed(desk, works, STORES)
    assert ([one.employee_id for one in told.employees], told.visible) == (["E2", "E3"], 2)
    facets = desk.answer("anna", seen(works), STORES, FacetsRequest(request_id="r1"))
    assert isinstance(facets, Facets)
    by_name = {one.dimension: {it.value: it.people for it in one.values} for one in facets.facets}
    assert by_name["department"] == {"Stores": 2}
    with pytest.raises(Refusal, match="nobody has the employee id 'E1'"):
        listed(desk, works, STORES, people={"include": ["E1"]})
    with pytest.raises(Refusal, match="nobody has the status 'Inactive'"):
        listed(desk, works, STORES, people={"status": ["Inactive"]})


def test_a_cursor_of_another_list_is_refused(desk: StaffDesk, works: Works) -> None:
    """Going on in another order would skip people, so it is told."""
    after = listed(desk, works, sort="name", limit=1).after
    with pytest.raises(Refusal, match="belongs to a list by name"):
        listed(desk, works, sort="branch", after=after)


def test_answers_fit_the_wire_whatever_the_directory_holds(ledger: Ledger) -> None:
    """Long names make shorter pages, and many long values make shorter facets; the figures stay whole."""
    long = [replace(person(n), name="ध" * 200, designation=f"{n} " + "ध" * 190) for n in range(600)]
    with ledger.write() as connection:
        people.save(connection, long, NOW)
    desk = StaffDesk(ledger, Staff(ledger), SITES.zones)
    everybody = people.People(ledger).directory()
    found: list[str] = []
    after: str | None = None
    while True:
        request = EmployeesRequest(request_id="r1", limit=500, after=after)
        told = desk.answer("anna", everybody, None, request)
        assert isinstance(told, EmployeesPage)
        assert len(encode(told)) < MESSAGE_LIMIT
        found += [one.employee_id for one in told.employees]
        after = told.after
        if after is None:
            break
    assert found == sorted(one.employee_id for one in long)
    facets = desk.answer("anna", everybody, None, FacetsRequest(request_id="r1", limit=500))
    assert isinstance(facets, Facets)
    assert len(encode(facets)) < MESSAGE_LIMIT
    by_name = {one.dimension: one for one in facets.facets}
    assert len(by_name["designation"].values) + by_name["designation"].more == 600


def saved(
    desk: StaffDesk, works: Works, user: str, units: Units | None = None, **fields: Any
) -> list[tuple[str, OrgFilter, bool]]:
    """The filters told to a user who asks something of them, and whether they are shared."""
    request = msgspec.convert({"request_id": "r1", **fields}, FiltersRequest)
    whole = seen(works)
    within = whole if units is None else whole.cut(lambda one: one.department == "Stores")
    told = desk.answer(user, within, units, request)
    assert isinstance(told, SavedFilters)
    return [(one.name, one.people, one.shared) for one in told.filters]


def test_each_user_keeps_filters_of_his_own(desk: StaffDesk, works: Works) -> None:
    """What one saves the other does not see; a name is reused, listed and deleted."""

    def ask(user: str, **fields: Any) -> dict[str, OrgFilter]:
        return {name: people for name, people, _ in saved(desk, works, user, **fields)}

    ask("anna", do="save", name="my stores", people={"department": ["QC"]})
    assert ask("anna", do="save", name="my stores", people={"department": ["Stores"]}) == {
        "my stores": OrgFilter(department=("Stores",))
    }
    assert ask("bela") == {}
    with pytest.raises(Refusal, match="there is no filter 'my stores'; there are none"):
        ask("bela", do="delete", name="my stores")
    with pytest.raises(Refusal, match="save needs the name"):
        ask("anna", do="save")
    assert ask("anna", do="delete", name="my stores") == {}


def test_a_shared_filter_is_told_to_all_within_their_limits(desk: StaffDesk, works: Works) -> None:
    """Only who sees everybody may share; a manager is told what of it is about people of his."""
    both = OrgFilter(department=("QC", "Stores"), exclude=("E1", "E2"))
    people = {"department": ["QC", "Stores"], "exclude": ["E1", "E2"]}
    saved(desk, works, "anna", do="save", name="both", shared=True, people=people)
    saved(desk, works, "anna", do="save", name="quality", shared=True, people={"department": ["QC"]})
    saved(desk, works, "bela", do="save", name="both", people={})
    assert saved(desk, works, "bela") == [
        ("both", OrgFilter(), False),
        ("both", both, True),
        ("quality", OrgFilter(department=("QC",)), True),
    ]
    stores = OrgFilter(department=("Stores",), exclude=("E2",))
    assert saved(desk, works, "mina", STORES) == [("both", stores, True)]
    for do in ("save", "delete"):
        with pytest.raises(Refusal, match="for administrators and HR"):
            saved(desk, works, "mina", STORES, do=do, name="both", shared=True)
    saved(desk, works, "anna", do="delete", name="quality", shared=True)
    assert saved(desk, works, "anna", do="delete", name="both", shared=True) == []


def test_columns_follow_imports(works: Works) -> None:
    """A change is seen by the next question, and without one nothing is read again."""
    staff = Staff(works.ledger)
    before = staff.columns()
    assert staff.columns() is before
    at = NOW
    for number in (5, 2):
        at += timedelta(seconds=1)
        with works.ledger.write() as connection:
            people.save(connection, [replace(person(number), name="Zara Newcomer")], at)
    now = staff.columns()
    with works.ledger.read() as connection:
        stored = people.load(connection)
    assert [now.texts(row)[:2] for row in range(len(now))] == [(one.employee_id, one.name) for one in stored]
    assert now.texts(1)[1] == "Zara Newcomer"


@pytest.mark.parametrize("kind", ["punches", "days"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_of_an_export_equal_the_whole(desk: StaffDesk, works: Works, kind: str, limit: int) -> None:
    """However it is cut, an export has the same rows in the same order."""
    whole = [row for page in exported(desk, works, kind, 1000) for row in page.rows]
    assert len(whole) > limit
    assert [row for page in exported(desk, works, kind, limit) for row in page.rows] == whole


def test_an_export_goes_on_while_punches_arrive(desk: StaffDesk, works: Works) -> None:
    """Rows that were there when it began come once and in order, whatever lands between two pages."""
    before = [row for page in exported(desk, works, "punches", 1000) for row in page.rows]
    found: list[tuple[object, ...]] = []
    minute = datetime(2026, 5, 11, 8, 31)  # noqa: DTZ001 - a wall time
    for page in exported(desk, works, "punches", 2):
        found += page.rows
        works.punch(f"{minute:%Y-%m-%d %H:%M}", user="3")
        works.punch("2026-05-12 20:00" if len(found) < 6 else f"2026-05-10 {minute:%H:%M}", user="3")
        minute += timedelta(minutes=47)
    assert len(found) == len(set(found))
    assert [row for row in found if row in before] == before
    walls = [str(row[PUNCH_COLUMNS.index("wall")]) for row in found]
    assert walls == sorted(walls)


def test_an_export_holds_whom_the_filter_selects(desk: StaffDesk, works: Works) -> None:
    """Punches and days of others are left out; those of nobody belong to an export of everybody."""
    works.punch("2026-05-12 10:00", user="77")
    owners = [row[0] for page in exported(desk, works, "punches", 1000) for row in page.rows]
    assert set(owners) == {"E1", "E2", "E4", None}
    for kind in ("punches", "days"):
        rows = [row for page in exported(desk, works, kind, 3, department=["Stores"]) for row in page.rows]
        assert {row[0] for row in rows} <= {"E2", "E3"}
        assert "E2" in {row[0] for row in rows}
        cut = [row for page in exported(desk, works, kind, 3, STORES) for row in page.rows]
        assert cut == rows


def test_rows_are_complete_and_survive_csv(desk: StaffDesk, works: Works) -> None:
    """A row has every column, and a program that reads the CSV gets back what was written."""
    for kind, columns in (("punches", PUNCH_COLUMNS), ("days", DAY_COLUMNS)):
        (page,) = exported(desk, works, kind, 1000)
        assert page.columns == columns
        out = io.StringIO()
        csv.writer(out).writerows([columns, *page.rows])
        back = list(csv.DictReader(io.StringIO(out.getvalue())))
        assert [tuple(row.values()) for row in back] == [
            tuple("" if cell is None else str(cell) for cell in row) for row in page.rows
        ]


@pytest.mark.parametrize("after", ["x", "0" * 31, "0" * 32, "E1@", "@3", "E1@x"])
@pytest.mark.parametrize("kind", ["punches", "days"])
def test_a_place_that_no_export_gave_out_is_refused(
    desk: StaffDesk, works: Works, kind: str, after: str
) -> None:
    """A cursor of somebody's own making is told to be none."""
    request = ExportRequest(
        request_id="r1",
        kind=kind,  # type: ignore[arg-type]
        span=Span(first=MONDAY, last=MONDAY),
        after=after,
    )
    with pytest.raises(Refusal, match="no place to go on from"):
        desk.answer("anna", seen(works), None, request)


JUNE = date(2026, 6, 1)
MOVED = (
    replace(
        person(1, department="Stores", joined=date(2026, 5, 2)),
        past=(Past(JUNE, ("Active", "Works", "", "Pune", "QC", "", "", "")),),
        credentials=frozenset(
            {
                Credential("user-id", "1", until=date(2026, 5, 31)),
                Credential("card", "24:ABCDEF", since=JUNE),
            }
        ),
    ),
    person(2, left=date(2026, 5, 31)),
    person(3, department="Stores", branch="Surat"),
)


def test_who_was_where_on_a_date(works: Works, desk: StaffDesk) -> None:
    """A list and its facets on a date have the units of that date, and only who was employed then."""
    works.hire(*MOVED)

    def on(day: str, units: Units | None = None, **fields: object) -> tuple[list[str], int]:
        told = listed(desk, works, units, on=day, **fields)
        return [f"{one.employee_id} {one.department}" for one in told.employees], told.visible

    assert on("2026-05-31") == (["E1 QC", "E2 QC", "E3 Stores", "E4 QC"], 4)
    assert on("2026-06-01") == (["E1 Stores", "E3 Stores", "E4 QC"], 3)
    assert on("2026-05-01") == (["E2 QC", "E3 Stores", "E4 QC"], 3)
    assert on("2026-05-31", people={"department": ["QC"]}, sort="name", descending=True, limit=1)[0] == [
        "E4 QC"
    ]
    assert on("2026-05-31", STORES) == (["E1 QC", "E3 Stores"], 2)
    with pytest.raises(Refusal, match="nobody has the department 'QC'"):
        on("2026-06-01", STORES, people={"department": ["QC"]})
    request = FacetsRequest(request_id="r1", on=date(2026, 5, 31))
    facets = desk.answer("anna", seen(works), None, request)
    assert isinstance(facets, Facets)
    by_name = {one.dimension: {it.value: it.people for it in one.values} for one in facets.facets}
    assert by_name["department"] == {"QC": 3, "Stores": 1}


def test_a_persons_past_is_told_whole_or_as_of_a_date(works: Works, desk: StaffDesk) -> None:
    """Units and badges with their dates; asked about one date, those of that date and whether employed."""
    works.hire(*MOVED)
    directory = seen(works)

    def ask(**fields: object) -> PersonAnswer:
        request = msgspec.convert({"request_id": "r1", "employee": "E1", **fields}, PersonRequest)
        told = desk.answer("anna", directory, None, request)
        assert isinstance(told, PersonAnswer)
        return told

    whole = ask()
    assert [(one.since, one.until, one.department) for one in whole.units] == [
        (None, date(2026, 5, 31), "QC"),
        (JUNE, None, "Stores"),
    ]
    assert [(one.value, one.since, one.until) for one in whole.badges] == [
        ("1", None, date(2026, 5, 31)),
        ("24:ABCDEF", JUNE, None),
    ]
    assert (whole.joined, whole.left, whole.employed) == (date(2026, 5, 2), None, None)
    then = ask(on="2026-05-01")
    assert ([one.department for one in then.units], [one.value for one in then.badges]) == (["QC"], ["1"])
    assert then.employed is False
    assert [one.value for one in ask(on="2026-06-01").badges] == ["24:ABCDEF"]
    with pytest.raises(Refusal, match="nobody has the employee id 'E77'"):
        ask(employee="E77")


def test_a_long_past_fits_the_wire(works: Works, desk: StaffDesk) -> None:
    """What does not fit is counted, and it is the oldest that is left out."""
    past = tuple(Past(date(2000, 1, 1) + timedelta(days=n), ("ध" * 200, *["ध" * 9] * 7)) for n in range(900))
    works.hire(replace(person(1), past=past))
    request = PersonRequest(request_id="r1", employee="E1")
    told = desk.answer("anna", seen(works), None, request)
    assert isinstance(told, PersonAnswer)
    assert told.units[-1].department == "QC"
    assert len(told.units) + told.more == 901
    assert len(encode(told)) < MESSAGE_LIMIT


def test_the_organisation_is_a_tree_that_fits_the_wire(works: Works, desk: StaffDesk) -> None:
    """Each unit stands before those within it; where there are too many, the deepest levels are left out."""

    def ask(depth: int, units: Units | None = None) -> Tree:
        request = TreeRequest(request_id="r1", depth=depth)
        told = desk.answer("anna", seen(works), units, request)
        assert isinstance(told, Tree)
        return told

    assert [(one.level, one.value, one.people) for one in ask(4).units] == [
        (1, "Works", 4),
        (2, "", 4),
        (3, "Pune", 3),
        (4, "QC", 2),
        (4, "Stores", 1),
        (3, "Surat", 1),
        (4, "Stores", 1),
    ]
    assert [one.people for one in ask(1, STORES).units] == [2]
    works.hire(*(person(n, sub_department=f"{n} " + "ध" * 90) for n in range(600)))
    whole = ask(5)
    assert len(encode(whole)) < MESSAGE_LIMIT
    assert whole.depth == 4
