"""Promises of badges of nobody: told to whoever may know, at the readers and on the dates asked for."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as but

from central.access.scope import Scope
from central.directory.employee import Credential
from central.ledger.database import Ledger
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import Company, punch
from wire.people import OrgFilter
from wire.resync import ResyncShown

ONE = OrgFilter(employees=("E1",))
DOOR = ("surat-02", "door")


@pytest.fixture
def company(ledger: Ledger, tmp_path: Path) -> Company:
    """Two people at a gate; nobody has 99, there twice this week, once before, and once at a door."""
    made = Company(ledger, tmp_path, [person(1), person(2, department="Stores")], ("pune-01", "gate"), DOOR)
    made.at("2026-05-18 08:00")
    made.settings(OFFICE)
    made.hold(punch("2026-05-11 09:00"), punch("2026-05-11 09:01", "2"), punch("2026-05-10 09:00", "99"))
    made.hold(punch("2026-05-12 09:00", "99"), punch("2026-05-13 17:00", "99"))
    made.hold(punch("2026-05-12 19:00", "99", reader=DOOR, serial="S2"), reader=DOOR)
    made.settle()
    return made


def row(badge: str, reader: str, count: int, *times: str) -> dict[str, Any]:
    """A row of the page."""
    first, last = times[0], times[-1]
    return {"badge": badge, "of": "nobody", "reader": reader, "punches": count, "first": first, "last": last}


def test_who_resyncs_one_person_is_told_of_badges_of_nobody(company: Company) -> None:
    """At the readers that were asked, on these dates, as often as they were there; others' badges are not."""
    told = company.resync(people=ONE, readers=("gate",))
    assert (told.strangers, told.readers[0].read) == (1, 1)
    assert company.page("badges") == [
        row("99", "pune-01/gate", 2, "2026-05-12 09:00:00", "2026-05-13 17:00:00")
    ]
    assert company.resync("r-2", people=ONE, reason="a test").strangers == 2
    assert [one["reader"] for one in company.page("badges", "r-2")] == ["pune-01/gate", "surat-02/door"]


def test_a_manager_is_told_of_none(company: Company) -> None:
    """What belongs to nobody lies in no unit, so nobody with limits sees it."""
    stores = Scope(frozenset({frozenset({("department", "Stores")})}))
    company.run(company.ask(user="ravi", scope=stores))
    assert company.progress(user="ravi").strangers == 0
    assert company.page("badges") == []


def test_what_only_the_device_holds_is_counted_where_everybody_is_asked_for(company: Company) -> None:
    """A badge is one row of a reader, whoever holds its punches."""
    company.hold(punch("2026-05-14 09:00", "99"), punch("2026-05-14 09:00", "98"), ledger=False)
    company.resync(readers=("gate",))
    rows = [
        row("98", "pune-01/gate", 1, "2026-05-14 09:00:00"),
        row("99", "pune-01/gate", 3, "2026-05-12 09:00:00", "2026-05-14 09:00:00"),
    ]
    assert company.page("badges") == rows
    company.resync("r-2", readers=("gate",), reason="a test")
    assert company.page("badges", "r-2") == rows


def test_a_badge_is_nobodys_on_the_dates_on_which_nobody_held_it(company: Company) -> None:
    """Who got it on Wednesday is not told of what was done with it on Tuesday, but as nobody's."""
    company.hire(
        replace(person(3), credentials=frozenset({Credential("user-id", "99", since=date(2026, 5, 13))}))
    )
    company.resync(people=ONE, readers=("gate",))
    assert company.page("badges") == [row("99", "pune-01/gate", 1, "2026-05-12 09:00:00")]


def test_a_reader_without_a_clock_is_told_by_the_clock_of_its_branch(company: Company) -> None:
    """The days are the branch's, too: what was read before its midnight is the day before."""
    at = datetime(2026, 5, 17, 18, 0, tzinfo=UTC)
    company.land(*(but(punch(wall, "97"), device_wall=None, read_at=at) for wall in ("2026-05-17 23:30",)))
    late = datetime(2026, 5, 17, 18, 31, tzinfo=UTC)
    company.land(but(punch("2026-05-18 00:01", "96"), device_wall=None, read_at=late))
    company.resync(people=ONE, readers=("gate",))
    assert [one["badge"] for one in company.page("badges")] == ["97", "99"]
    assert company.page("badges")[0]["first"] == "2026-05-17 23:30:00"


def test_the_list_goes_page_by_page(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a badge is called; of too many those are kept that were there most often."""
    company.hold(*(punch("2026-05-14 09:00", badge) for badge in ("a@b/c", "x", "y")))
    company.resync(people=ONE)
    badges, after = [], None
    while True:
        shown: ResyncShown = company.manage("show", what="badges", limit=1, after=after)
        badges += [shown.rows[0][0]] if shown.rows else []
        after = shown.after
        if after is None:
            break
    assert badges == ["99", "99", "a@b/c", "x", "y"]
    monkeypatch.setattr("central.requests.resyncs.strangers.MOST", 1)
    assert company.resync("r-2", people=ONE).strangers == 1
    assert [one["punches"] for one in company.page("badges", "r-2")] == [2]


def test_resyncs_of_an_earlier_version_keep_their_badges(company: Company) -> None:
    """An upgrade takes along what they told of nobody."""
    company.hold(punch("2026-05-14 09:00", "98"), punch("2026-05-15 09:00", "98"), ledger=False)
    company.resync(readers=("gate",))
    with company.ledger.write() as connection:
        for statement in (
            "DROP TABLE resync_strangers",
            "ALTER TABLE resync_jobs DROP COLUMN strangers",
            "DELETE FROM migrations WHERE name = '0017-badges-of-nobody'",
        ):
            connection.exec_driver_sql(statement)
    company.ledger.migrate(company.now)
    assert company.page("badges") == [
        row("98", "pune-01/gate", 2, "2026-05-14 09:00:00", "2026-05-15 09:00:00")
    ]
    assert company.stored().strangers
