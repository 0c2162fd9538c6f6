"""Owns how a punch is told to other programs: its columns, and who it belongs to."""

from collections.abc import Callable, Mapping

from central.directory.employee import Employee
from central.ledger.queries import Held
from central.reports import Cell

_PUNCH: Mapping[str, Callable[[Held], Cell]] = {
    "punch": lambda held: held.punch_id,
    "wall": lambda held: held.wall.isoformat(),
    "edge": lambda held: held.edge,
    "reader": lambda held: held.reader,
    "kind": lambda held: held.kind,
    "device": lambda held: held.device,
    "badge_form": lambda held: held.badge_form,
    "badge": lambda held: held.badge_raw,
    "card": lambda held: held.badge_canon,
    "read_at": lambda held: held.read_at.isoformat(),
    "direction_code": lambda held: held.direction_code,
    "verify_code": lambda held: held.verify_code,
    "how": lambda held: held.how,
}
PUNCH_COLUMNS = ("employee", "name", *_PUNCH)


def punch_cells(held: Held, owner: Employee | None) -> tuple[Cell, ...]:
    """A punch in the order of PUNCH_COLUMNS; without an owner the employee and the name are null."""
    who = (None, None) if owner is None else (owner.employee_id, owner.name)
    return (*who, *(cell(held) for cell in _PUNCH.values()))
