"""What of a shared filter is there within somebody's limits."""

from dataclasses import replace
from datetime import date

import pytest

from central.directory.directory import Directory
from central.directory.employee import Past
from central.requests.sharing import narrowed
from tests.central.days.works import person
from wire.people import OrgFilter

MELTING = Past(date(2026, 5, 1), ("Active", "Works", "", "Pune", "Melting", "", "", ""))
SEEN = Directory([person(1), replace(person(2, department="Stores"), past=(MELTING,))])


@pytest.mark.parametrize(
    ("people", "left"),
    [
        (OrgFilter(), OrgFilter()),
        (OrgFilter(search="an"), OrgFilter(search="an")),
        (OrgFilter(exclude=("E1", "E9")), OrgFilter(exclude=("E1",))),
        (OrgFilter(department=("QC", "Paint")), OrgFilter(department=("QC",))),
        (OrgFilter(department=("Melting",)), OrgFilter(department=("Melting",))),
        (OrgFilter(department=("qc",)), None),
        (OrgFilter(department=("qc",), ignore_case=True), OrgFilter(department=("qc",), ignore_case=True)),
        (OrgFilter(department=("QC",), branch=("Surat",)), None),
        (OrgFilter(employees=("E9",), search="an"), None),
        (OrgFilter(employees=("E2", "E9")), OrgFilter(employees=("E2",))),
        (OrgFilter(include=("E9",)), None),
        (OrgFilter(include=("E2", "E9")), OrgFilter(include=("E2",))),
        (OrgFilter(department=("Paint",), include=("E2",)), OrgFilter(include=("E2",))),
        (OrgFilter(department=("QC",), include=("E9",)), OrgFilter(department=("QC",))),
    ],
)
def test_a_shared_filter_never_widens_by_what_is_left_out(people: OrgFilter, left: OrgFilter | None) -> None:
    """What nobody within the limits has goes; a condition of which nothing stays selects nobody, not all."""
    assert narrowed(people, SEEN) == left
