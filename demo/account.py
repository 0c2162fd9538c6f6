"""Compares what the simulators hold with what the ledger holds, punch by punch."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Held = tuple[str, str]
"""A punch as both sides can name it: the badge, and the device's wall time ("" where it has no clock)."""


@dataclass(frozen=True, slots=True)
class Account:
    """The comparison for one reader: punches that the ledger misses, and punches that it has too often."""

    reader: str
    held: int
    ledger: int
    missing: tuple[Held, ...]
    doubled: tuple[Held, ...]

    @property
    def equal(self) -> bool:
        """Whether both sides hold exactly the same."""
        return not self.missing and not self.doubled

    def lines(self, most: int = 5) -> list[str]:
        """The account for a person: one line, then at most `most` of each kind of difference."""
        told = [f"{self.reader}: {self.held} at the device, {self.ledger} in the ledger"]
        for word, punches in (("missing", self.missing), ("not at the device", self.doubled)):
            told += [f"  {word}: {' '.join(punch).strip()}" for punch in punches[:most]]
            if len(punches) > most:
                told.append(f"  and {len(punches) - most} more")
        return told


def compare(reader: str, held: Iterable[Held], ledger: Iterable[Held]) -> Account:
    """Compare two multisets of punches."""
    there, here = Counter(held), Counter(ledger)
    return Account(
        reader=reader,
        held=there.total(),
        ledger=here.total(),
        missing=tuple(sorted((there - here).elements())),
        doubled=tuple(sorted((here - there).elements())),
    )


def compare_all(
    held: Mapping[str, Iterable[Held]], ledger: Mapping[str, Iterable[Held]]
) -> tuple[Account, ...]:
    """Compare reader by reader; one that only the ledger knows is a difference like any other."""
    readers = sorted({*held, *ledger})
    return tuple(compare(name, held.get(name, ()), ledger.get(name, ())) for name in readers)
