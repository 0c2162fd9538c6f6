"""Invents the employees of the demo as an HR department would export them: one CSV file."""

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

_DEPARTMENTS = {
    "Production": ("Assembly", "Moulding", "Packing"),
    "Quality": ("Incoming", "Final"),
    "Stores": ("Raw material", "Dispatch"),
    "Accounts": ("Payroll",),
}
_DESIGNATIONS = ("Operator", "Technician", "Supervisor", "Manager")
_TYPES = ("Permanent", "Contract", "Trainee")
_HEADER = (
    "employee_id",
    "name",
    "status",
    "sbu",
    "state",
    "branch",
    "department",
    "sub_department",
    "designation",
    "employee_type",
    "user_ids",
    "cards",
)


def write_employees(path: Path, edge: str, names: Mapping[str, str], cards: Sequence[str]) -> None:
    """Write one employee for each user of the terminal at `edge`, its user id to its name.

    The first of them have a card each, given as ten hex digits.
    """
    dice = random.Random(1)  # noqa: S311 - people, not secrets
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_HEADER)
        for at, (user_id, name) in enumerate(names.items()):
            department = dice.choice(list(_DEPARTMENTS))
            unit = dice.choice(_DEPARTMENTS[department])
            who = (f"E{int(user_id):04d}", name, "Active", "North", "Maharashtra", "Pune", department, unit)
            card = f"10H:{cards[at]}" if at < len(cards) else ""
            rows.writerow((*who, dice.choice(_DESIGNATIONS), dice.choice(_TYPES), f"{edge}:{user_id}", card))
