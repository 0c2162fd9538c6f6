"""The promise of the doctor: each of these faults, put into real parts, is named right, and no other."""

import pytest

from tests.edge.doctor import (  # noqa: F401 - each enters its faults into the table
    faults_of_cards,
    faults_of_terminals,
    faults_of_the_edge,
    faults_of_the_uplink,
)
from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import Branch
from tests.edge.doctor.table import TABLE, Row
from wire.reasons import NEXT_STEP


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_fault_is_named_right(row: Row, branch: Branch, authority: Authority) -> None:
    """The one thing that is wrong is found where it is, with its word, its evidence and the next step."""
    diagnosis = row.inject(branch, authority) or branch.diagnosis()
    assert diagnosis.wrong == [(row.part, row.reason)], diagnosis.told
    found = diagnosis.finding(row.part, row.reason)
    assert row.evidence in found["answered"]
    assert found["next_step"] == NEXT_STEP[row.reason]
    assert (diagnosis.code, diagnosis.told["good"]) == (1, False)
