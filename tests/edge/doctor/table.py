"""The table of injected faults: what each does to a healthy branch, and what the doctor must say of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import Branch, Diagnosis

Injection = Callable[[Branch, Authority], Diagnosis | None]
"""Puts a fault into a branch; may bring the diagnosis itself, where the doctor must come another way."""


@dataclass(frozen=True)
class Row:
    """One fault: the part that is found wrong, the word for it, and a piece of the evidence."""

    name: str
    inject: Injection
    part: str
    reason: str
    evidence: str


TABLE: list[Row] = []


def fault(part: str, reason: str, evidence: str) -> Callable[[Injection], Injection]:
    """Enter a fault into the table under its function's name."""

    def enter(inject: Injection) -> Injection:
        TABLE.append(Row(inject.__name__, inject, part, reason, evidence))
        return inject

    return enter
