"""A card as bits: its canonical form, its Wiegand message, and when two cards can be the same.

The canonical form is the number of bits and their upper-case hex digits: `40:06008E6D5D`.

A card known by fewer bits can be the same card as one known by more: of 40 and 32 bits the low 32 and
24 count. Other lengths are only equal to themselves, since readers cut them at either end.

A directory that maps cards to people stores every one of `lookup_keys(card)` for a registered card. A
badge is then found by equality alone: registered cards that have the badge's canonical form among their
keys, and those whose own canonical form is among `lookup_keys(badge)`. Of several people the one with
most `agreed_bits` is meant; two with equally many are ambiguous.
"""

import re
from dataclasses import dataclass

LONGEST_BITS = 128
_BYTE = 8
_NESTED = (40, 32, 24)
_FIRST_HALF = {26: 13, 34: 17}
_CANON = re.compile(r"([0-9]{1,3}):([0-9A-F]+)")
_BINARY = re.compile(r"[01]+")


class CardError(ValueError):
    """A text that is no card, or not only one."""


class NotInNotation(CardError):
    """The text cannot be read in the notation, or the card cannot be written in it."""


@dataclass(frozen=True, slots=True)
class Card:
    """The bits of a card: how many, and their value with the first bit read as the highest."""

    bits: int
    value: int

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= LONGEST_BITS or not 0 <= self.value < 1 << self.bits:
            raise CardError(f"{self.value:X} is no card of {self.bits} bits")

    @property
    def canon(self) -> str:
        """The canonical form, for example `40:06008E6D5D`."""
        return f"{self.bits}:{self.value:0{-(-self.bits // 4)}X}"

    @classmethod
    def of(cls, canon: str) -> "Card":
        """The card behind a canonical form; raises CardError for any other text."""
        found = _CANON.fullmatch(canon)
        card = cls(int(found[1]), int(found[2], 16)) if found else None
        if card is None or card.canon != canon:
            raise CardError(f"{canon!r} is not a canonical card such as 40:06008E6D5D")
        return card

    def byte_reversed(self) -> "Card":
        """The card of a reader that sends the last byte first."""
        if self.bits % _BYTE:
            raise CardError(f"{self.canon} has no whole bytes to reverse")
        return Card(self.bits, int.from_bytes(self.value.to_bytes(self.bits // _BYTE, "big"), "little"))

    def low(self, bits: int) -> "Card":
        """What a notation of fewer bits keeps of this card; raises NotInNotation if it holds too few."""
        if bits != self.bits and not (self.bits in _NESTED and bits in _NESTED and bits < self.bits):
            raise NotInNotation(f"{self.canon} does not hold a card of {bits} bits")
        return Card(bits, self.value & ((1 << bits) - 1))


def from_wiegand(bits: str) -> Card:
    """The card in a Wiegand message, given as binary digits.

    Of 26 and 34 bits the parities are checked (the first bit makes the first half even, the last
    makes the second half odd) and taken off. Other lengths have layouts of their own: all bits count.
    """
    if not _BINARY.fullmatch(bits):
        raise NotInNotation(f"{bits!r} is not a row of binary digits")
    half = _FIRST_HALF.get(len(bits))
    if half is None:
        return Card(len(bits), int(bits, 2))
    if bits[:half].count("1") % 2 or not bits[half:].count("1") % 2:
        raise NotInNotation(f"{bits} has a wrong parity")
    return Card(len(bits) - 2, int(bits[1:-1], 2))


def to_wiegand(card: Card) -> str:
    """The Wiegand message of a card of 24 or 32 bits, as binary digits with both parities."""
    if card.bits + 2 not in _FIRST_HALF:
        raise NotInNotation(f"{card.canon} has no Wiegand message of 26 or 34 bits")
    data = f"{card.value:0{card.bits}b}"
    half = card.bits // 2
    return f"{data[:half].count('1') % 2}{data}{1 - data[half:].count('1') % 2}"


def lookup_keys(canon: str) -> tuple[str, ...]:
    """The canonical forms under which a card may be known, its own first, then ever fewer bits."""
    card = Card.of(canon)
    if card.bits not in _NESTED:
        return (canon,)
    return tuple(card.low(bits).canon for bits in _NESTED if bits <= card.bits)


def agreed_bits(a: str, b: str) -> int:
    """How many bits two canonical cards share if they can be the same card, else 0."""
    shorter, longer = sorted((a, b), key=lambda canon: Card.of(canon).bits)
    return Card.of(shorter).bits if shorter in lookup_keys(longer) else 0


def same_card(a: str, b: str) -> bool:
    """Whether two canonical cards can be the same card: all bits that both know are equal."""
    return agreed_bits(a, b) > 0
