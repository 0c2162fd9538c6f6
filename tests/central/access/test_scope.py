"""Who is within a manager's limits."""

import pytest

from central.access.scope import EVERYBODY, Scope, sight, within
from central.directory.directory import Directory
from central.directory.employee import Credential, Employee

ASHA = Employee(
    employee_id="E1",
    name="Asha",
    branch="Pune",
    department="QC",
    credentials=frozenset({Credential("user-id", "1")}),
)
BINA = Employee(
    employee_id="E2",
    name="Bina",
    branch="Surat",
    department="QC",
    credentials=frozenset({Credential("user-id", "1", "surat-02"), Credential("card", "24:8E6D5D")}),
)
QC, PUNE, SURAT_STORES = (
    frozenset({("department", "QC")}),
    frozenset({("branch", "Pune")}),
    frozenset({("branch", "Surat"), ("department", "Stores")}),
)


@pytest.mark.parametrize(
    ("units", "seen"),
    [
        (None, {"E1", "E2"}),
        ([QC], {"E1", "E2"}),
        ([PUNE], {"E1"}),
        ([QC | PUNE], {"E1"}),
        ([SURAT_STORES], set()),
        ([SURAT_STORES, PUNE], {"E1"}),
        ([frozenset({("department", "qc")})], set()),
        ([frozenset()], set()),
        ([], set()),
    ],
)
def test_all_of_a_unit_and_any_of_the_units(
    units: list[frozenset[tuple[str, str]]] | None, seen: set[str]
) -> None:
    """Values count as they are spelled; who has no unit, or an empty one, sees nobody."""
    scope = Scope(None if units is None else frozenset(units))
    assert {one.employee_id for one in (ASHA, BINA) if within(scope, one)} == seen


def test_a_badge_of_somebody_outside_is_nobodys() -> None:
    """The cut does not give an outsider's punches to whoever has the same user id elsewhere."""
    whole = Directory([ASHA, BINA])
    mine = sight(whole, Scope(frozenset({PUNE})))
    assert mine.directory.who("pune-01", "user-id", "1", None) == ASHA
    assert mine.directory.who("surat-02", "user-id", "1", None) is None
    assert mine.directory.who("surat-02", "card", "8E6D5D", "24:8E6D5D") is None
    assert (list(mine.directory.employees), mine.directory.badges("E2")) == (["E1"], frozenset())
    assert whole.who("surat-02", "user-id", "1", None) == BINA


def test_only_who_sees_everybody_sees_what_is_nobodys() -> None:
    """A punch without an owner is shown to those without limits."""
    whole = Directory([ASHA])
    assert sight(whole, EVERYBODY).sees(None)
    assert not sight(whole, Scope(frozenset({PUNE}))).sees(None)
    assert sight(whole, Scope(frozenset({PUNE}))).sees(ASHA)
