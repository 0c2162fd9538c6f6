"""The company of the bench: who works at each branch, by which badge, and one shift for all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from central import shift_importer
from central.directory.employee import Credential, Employee
from central.ledger import people
from central.ledger.database import Ledger

_ROW = (
    '{ workday = true, report = "09:00", knock_off = "18:00", lunch = { mode = "flexible", minutes = 45 } }'
)
_SHIFTS = f"""
effective_from = 2020-01-01
[shifts.office]
type = "regular"
start_date = 2024-01-01
overtime = {{ after_end = true, day_off = true }}
rows = [ {", ".join([_ROW] * 6)}, {{ workday = false }} ]
[[units]]
kind = "organization"
id = "ACCUMAX"
shift = "office"
"""


def employee_id(edge: str, number: int) -> str:
    """The id of an employee of a branch; the terminal there knows him by the number."""
    return f"E-{edge}-{number:05}"


def found(database: Path, shifts: Path, edges: Sequence[str], each: int) -> None:
    """Make the ledger, with so many employees at each edge; the settings are written to `shifts`."""
    now = datetime.now(UTC)
    ledger = Ledger(str(database))
    ledger.migrate(now)
    staff = [
        Employee(
            employee_id=employee_id(edge, number),
            name=f"Person {number} of {edge}",
            status="Active",
            branch=edge,
            credentials=frozenset({Credential("user-id", str(number), edge)}),
        )
        for edge in edges
        for number in range(1, each + 1)
    ]
    with ledger.write() as connection:
        people.save(connection, staff, now)
    shifts.write_text(_SHIFTS, encoding="utf-8")
    shift_importer.apply(ledger, shifts, None, now.date(), now)
    ledger.close()
