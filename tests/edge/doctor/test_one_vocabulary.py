"""The promise that board and doctor speak of the same fault in the same word."""

import pytest

from edge.buffer.inspection import recall
from edge.config import load
from tests.edge.doctor import faults_of_cards, faults_of_terminals  # noqa: F401 - each enters its faults
from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import Branch
from tests.edge.doctor.table import TABLE, Row
from tests.edge.readers.desk import MemoryDesk, Session

READERS = [
    row
    for row in TABLE
    if row.part == "reader gate" and row.inject.__annotations__["return"] is None  # others need a process
]


@pytest.mark.parametrize("row", READERS, ids=lambda row: row.name)
def test_the_daemon_says_what_the_doctor_says(row: Row, branch: Branch, authority: Authority) -> None:
    """The reader at work tells the desk, and so the board, the word that the doctor has for the fault."""
    assert row.inject(branch, authority) is None
    (section,) = branch.readers
    if section["kind"] == "zkteco-push":
        section |= {"delay_s": 1, "silent_s": 2.0}
    config = load(branch.toml)
    (configured,) = config.readers
    desk = MemoryDesk()
    desk.memo = recall(config.outbox_path, "gate")
    session = Session(configured.reader, desk)
    with session:
        desk.until(lambda d: row.reason in {word for word, _ in d.doubts} or session.failed is not None)
    told = {word for word, _ in desk.doubts if word}
    assert told | {getattr(session.failed, "reason", None)} - {None} == {row.reason}
