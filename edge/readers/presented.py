"""What a reader sent for a card with known numbers, and which section of edge.toml makes it right."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.readers.probe import Proposal, Sample, Undecided, propose
from wire.card import Card
from wire.credential import NOTATIONS, Notation

Key = tuple[str, str]
"""A key of a reader's section and its value."""

_HEX: dict[int, Notation] = {24: "6H", 32: "8H", 40: "10H", 56: "14H", 80: "20H"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand what came: the key that says so, and the number that it gives.

    `notations` are those that the number may be in; a format that sends a card's bits has only one.
    """

    key: Key
    sent: str
    notations: tuple[Notation, ...] = NOTATIONS
    of_bits: bool = False

    @classmethod
    def from_bits(cls, key: Key, canon: str) -> "Reading":
        """A card whose bits the format gives."""
        notation = _HEX.get(Card.of(canon).bits)
        return cls(key, canon.partition(":")[2], () if notation is None else (notation,), of_bits=True)


@dataclass(frozen=True, slots=True)
class Presented:
    """One card at the reader: every way to understand it, the likeliest first, and what came as evidence."""

    readings: tuple[Reading, ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The keys that the reader's section needs."""

    keys: tuple[tuple[str, str | bool], ...]


def settle(cards: Sequence[tuple[Presented, tuple[str, ...]]]) -> Settled | Undecided:
    """Find the keys that explain every card, each with the numbers printed on it."""
    if not cards:
        return Undecided((), "No card was presented; present one whose printed number is known.")
    for presented, _ in cards:
        if not presented.readings:
            return Undecided((), f"What came is no card in any format ({presented.evidence}); check --baud.")
    verdicts: list[Undecided] = []
    for first in cards[0][0].readings:
        samples = [
            Sample(reading.sent, printed)
            for presented, printed in cards
            for reading in presented.readings
            if reading.key == first.key
        ]
        if len(samples) < len(cards):
            continue
        verdict = propose(samples, first.notations)
        if isinstance(verdict, Proposal):
            return Settled((first.key, *_keys(verdict, of_bits=first.of_bits)))
        verdicts.append(verdict)
    if not verdicts:
        return Undecided((), "The cards came in different formats; present cards of one kind.")
    return max(verdicts, key=lambda verdict: bool(verdict.fitting))


def _keys(proposal: Proposal, *, of_bits: bool) -> list[tuple[str, str | bool]]:
    keys: list[tuple[str, str | bool]] = [] if of_bits else [("notation", proposal.notation)]
    if not proposal.padded and not of_bits:
        keys.append(("padded", False))
    if proposal.byte_reversed:
        keys.append(("byte_reversed", True))
    return keys
