"""Promises of the proof: of each reader and day what device, edge and ledger hold, and if it is the same."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from central.directory.employee import Credential
from central.ledger import audit
from central.ledger.database import Ledger
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import GATE, Company, punch
from wire.people import OrgFilter

MONDAY = punch("2026-05-11 09:00"), punch("2026-05-11 17:00")
TUESDAY = punch("2026-05-12 09:00"), punch("2026-05-12 17:00")


@pytest.fixture
def company(ledger: Ledger, tmp_path: Path) -> Company:
    """One person at one gate; everybody holds the same."""
    made = Company(ledger, tmp_path, [person(1), person(2)])
    made.at("2026-05-18 08:00")
    made.settings(OFFICE)
    made.hold(*MONDAY, *TUESDAY)
    made.settle()
    return made


def proof(company: Company, name: str = "r-1") -> list[tuple[Any, ...]]:
    """The rows without the reader."""
    return [tuple(row.values())[1:] for row in company.page("proof", name)]


def unequal(company: Company) -> int:
    """What the audit keeps of the resync that ended last."""
    with company.ledger.read() as connection:
        return int(audit.entries(connection, 1)[0].detail["days_unequal"])


def test_all_three_hold_the_same(company: Company) -> None:
    """Nothing of it travels but that it is so."""
    company.resync()
    assert proof(company) == [("2026-05-11", 2, 2, 2, "yes"), ("2026-05-12", 2, 2, 2, "yes")]
    assert unequal(company) == 0


@pytest.mark.parametrize("people", [OrgFilter(), OrgFilter(employees=("E1",))])
def test_an_edge_that_alone_holds_less_is_shown(company: Company, people: OrgFilter) -> None:
    """Device and ledger hold the punch, and its outbox never took it, or lost it."""
    company.forgotten = {TUESDAY[0].punch_id}
    told = company.resync(people=people)
    assert (told.readers[0].matched, told.readers[0].to_add) == (4, 0)
    assert proof(company) == [("2026-05-11", 2, 2, 2, "yes"), ("2026-05-12", 2, 1, 2, "no")]
    assert unequal(company) == 1


def test_an_edge_with_as_many_others_is_shown(company: Company) -> None:
    """It is the ids that are compared, not their number."""
    company.forgotten = {TUESDAY[0].punch_id}
    company.remembered = [punch("2026-05-12 12:00")]
    company.resync()
    assert proof(company)[1] == ("2026-05-12", 2, 2, 2, "no")


def test_what_the_device_lost_stands_at_edge_and_ledger(company: Company) -> None:
    """A cleared day is one of the proof, with nothing on the device."""
    company.devices[GATE] = list(MONDAY)
    company.remembered = list(TUESDAY)
    company.resync()
    assert proof(company)[1] == ("2026-05-12", 0, 2, 2, "no")
    company.remembered = []
    company.resync("r-2")
    assert proof(company, "r-2")[1] == ("2026-05-12", 0, 0, 2, "no")


def test_what_a_resync_takes_in_the_edge_still_lacks(company: Company) -> None:
    """The ledger has it now from the device; the books of the edge do not."""
    late = punch("2026-05-13 09:00", "2")
    company.hold(late, ledger=False)
    company.forgotten = {late.punch_id}
    company.resync(reason="a test")
    assert proof(company)[2] == ("2026-05-13", 1, 0, 1, "no")


def test_the_proof_is_of_all_that_was_asked_not_of_whom_it_belongs_to(company: Company) -> None:
    """A punch of whoever held the badge before stays out; that the ledger lacks it is shown."""
    hers = Credential("user-id", "1", since=date(2026, 5, 13))
    his = Credential("user-id", "1", until=date(2026, 5, 12))
    company.hire(
        replace(person(1), credentials=frozenset({his})), replace(person(3), credentials=frozenset({hers}))
    )
    company.hold(punch("2026-05-14 09:00"))
    late = punch("2026-05-12 19:00")
    company.hold(late, ledger=False)
    told = company.resync(people=OrgFilter(employees=("E3",)))
    assert (told.readers[0].matched, told.readers[0].to_add) == (1, 0)
    assert proof(company)[1:] == [("2026-05-12", 3, 3, 2, "no"), ("2026-05-14", 1, 1, 1, "yes")]


def test_an_edge_that_does_not_tell_spoils_no_proof(company: Company) -> None:
    """Of an edge of an older version the other two are compared."""
    company.old_edges = True
    company.resync()
    assert proof(company) == [("2026-05-11", 2, None, 2, "yes"), ("2026-05-12", 2, None, 2, "yes")]
