"""How the directory is stored."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from central.directory.employee import Credential, Employee, Past
from central.ledger import people
from central.ledger.database import Ledger
from tests.central.conftest import NOW

SEVEN = Credential("user-id", "7")
CARD = Credential("card", "40:06008E6D5D")


def person(employee_id: str, *credentials: Credential, department: str = "") -> Employee:
    """Somebody."""
    return Employee(
        employee_id=employee_id, name="Asha", department=department, credentials=frozenset(credentials)
    )


def test_people_come_back_as_they_were_stored(ledger: Ledger) -> None:
    """Values stay as the source of the people spells them, and badges move with the people."""
    first = [person("E1", SEVEN, CARD, department="R&D"), person("E2", department="PERMANENT")]
    with ledger.write() as connection:
        people.save(connection, first, NOW)
    second = [person("E1", CARD, department="r&d"), person("E2", SEVEN)]
    with ledger.write() as connection:
        people.save(connection, second, NOW)
    with ledger.read() as connection:
        assert people.load(connection) == second


def test_past_and_dates_come_back_as_they_were_stored(ledger: Ledger) -> None:
    """What somebody was, and when they held what, is stored to the day."""
    before = date(2026, 6, 1)
    held = Credential("user-id", "7", "", date(2026, 1, 1), before - timedelta(days=1))
    again = Credential("user-id", "7", "", before)
    past = (Past(before, ("Active", "", "", "Pune", "QC", "", "", "")),)
    one = replace(
        person("E1", held, department="R&D"), joined=date(2020, 2, 29), left=date(2027, 1, 1), past=past
    )
    for _ in range(2):
        with ledger.write() as connection:
            people.save(connection, [one, person("E2", again)], NOW)
    with ledger.read() as connection:
        assert people.load(connection) == [one, person("E2", again)]


def test_badge_of_somebody_else_cannot_be_stored(ledger: Ledger) -> None:
    """The database itself refuses a second owner, and nothing of that import is kept."""
    with ledger.write() as connection:
        people.save(connection, [person("E1", SEVEN)], NOW)
    with pytest.raises(IntegrityError), ledger.write() as connection:
        people.save(connection, [person("E2", SEVEN)], NOW)
    with ledger.read() as connection:
        assert people.load(connection) == [person("E1", SEVEN)]


def test_directory_in_memory_follows_every_import(ledger: Ledger) -> None:
    """Central knows people as the last import left them, without a restart."""
    kept = people.People(ledger)
    assert kept.directory().who("pune-01", "user-id", "7", None) is None
    for at, credentials in enumerate(((SEVEN,), (CARD,))):
        with ledger.write() as connection:
            people.save(connection, [person("E1", *credentials)], NOW + timedelta(seconds=at))
        assert (kept.directory().who("pune-01", "user-id", "7", None) is not None) == (SEVEN in credentials)
    assert kept.directory() is kept.directory()


def test_import_is_noticed_even_if_the_clock_went_back(ledger: Ledger) -> None:
    """A clock that was set back between two imports hides none of them."""
    kept = people.People(ledger)
    for at, name in ((NOW, "Asha"), (NOW - timedelta(days=1), "Bina")):
        with ledger.write() as connection:
            people.save(connection, [Employee(employee_id="E1", name=name)], at)
        assert kept.directory().employees["E1"].name == name
