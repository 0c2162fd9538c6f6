"""Every notation of a card number, read into its canonical form and written from it.

Readers and printers show all bits of a card or only the low ones. One card in all notations:

    10H   06008E6D5D          40 bits  all five bytes of an EM4100 card, hex
    8H    008E6D5D            32       the low four bytes, hex; also a UID of four bytes
    6H    8E6D5D              24       the low three bytes, hex
    10D   0009334109          32       the low four bytes, decimal (printed left on the card)
    8D    09334109            24       the low three bytes, decimal
    12D   025779137885        40       all five bytes, decimal; 13D has one zero more
    3+5   142,27997           24       one byte and two, decimal (printed right); also 142:27997, 14227997
    5+5   00142,27997         32       two bytes and two, decimal
    W26   26 binary digits    24       Wiegand: the low three bytes between two parity bits
    W34   34 binary digits    32       Wiegand: the low four bytes between two parity bits

and 14H and 20H for UIDs of seven and ten bytes. Many texts fit several notations; which one is meant
must be said, a guess is an error.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from wire.card import (
    Card,
    CardError,
    NotInNotation,
    agreed_bits,
    from_wiegand,
    lookup_keys,
    same_card,
    to_wiegand,
)

__all__ = [
    "NOTATIONS",
    "AmbiguousCard",
    "Card",
    "CardError",
    "NotInNotation",
    "Notation",
    "agreed_bits",
    "candidates",
    "canonical",
    "lookup_keys",
    "read_card",
    "registered",
    "same_card",
    "written",
]

Notation = Literal["10H", "8H", "6H", "14H", "20H", "10D", "8D", "12D", "13D", "3+5", "5+5", "W26", "W34"]
NOTATIONS: tuple[Notation, ...] = get_args(Notation)

_ALPHABET = {10: re.compile(r"[0-9]+"), 16: re.compile(r"[0-9A-Fa-f]+")}
_SHOWN = {10: "d", 16: "X"}
_BETWEEN = re.compile(r"\s*[,:]\s*")
_WITHOUT_ZEROS = re.compile(r"[1-9][0-9]*(\s*[,:]\s*[0-9]+)?")


class AmbiguousCard(CardError):
    """The text fits several notations; `candidates` maps each to the canonical card it would give."""

    def __init__(self, text: str, candidates: Mapping[Notation, str]) -> None:
        named = ", ".join(f"{notation} ({canon})" for notation, canon in candidates.items())
        first = next(iter(candidates))
        super().__init__(f"{text!r} can be read as {named}; say which, for example {first}:{text}")
        self.text = text
        self.candidates = dict(candidates)


class _Form(Protocol):
    @property
    def bits(self) -> int: ...
    def read(self, text: str, *, padded: bool) -> Card: ...
    def write(self, card: Card) -> str: ...


@dataclass(frozen=True, slots=True)
class _Number:
    """One number, filled with zeros to a count of digits; only the largest of 12D need one more."""

    base: Literal[10, 16]
    digits: int
    bits: int

    def read(self, text: str, *, padded: bool) -> Card:
        if not _ALPHABET[self.base].fullmatch(text):
            raise NotInNotation("it has other characters")
        filled_up = len(text) > self.digits and text.startswith("0")
        if filled_up or (padded and len(text) < self.digits):
            raise NotInNotation(f"it has {len(text)} digits, not {self.digits}")
        value = int(text, self.base)
        if value >> self.bits:
            raise NotInNotation(f"{text} is too large for {self.bits} bits")
        return Card(self.bits, value)

    def write(self, card: Card) -> str:
        return f"{card.value:0{self.digits}{_SHOWN[self.base]}}"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two decimal numbers with a comma or colon between them, or joined."""

    high: _Number
    low: _Number

    @property
    def bits(self) -> int:
        return self.high.bits + self.low.bits

    def read(self, text: str, *, padded: bool) -> Card:
        parts = _BETWEEN.split(text, maxsplit=1)
        if len(parts) == 1:
            joined = text if padded else text.zfill(self.high.digits + self.low.digits)
            parts = [joined[: self.high.digits], joined[self.high.digits :]]
        high, low = (
            form.read(part, padded=padded) for form, part in zip((self.high, self.low), parts, strict=True)
        )
        return Card(self.bits, high.value << low.bits | low.value)

    def write(self, card: Card) -> str:
        high, low = divmod(card.value, 1 << self.low.bits)
        return f"{high:0{self.high.digits}d},{low:0{self.low.digits}d}"


@dataclass(frozen=True, slots=True)
class _Wiegand:
    """Binary digits with a parity bit before and behind the card's own."""

    bits: int

    def read(self, text: str, *, padded: bool) -> Card:  # noqa: ARG002 - its length is its kind
        message = "".join(text.split())
        if len(message) != self.bits + 2:
            raise NotInNotation(f"it has {len(message)} digits, not {self.bits + 2}")
        return from_wiegand(message)

    def write(self, card: Card) -> str:
        return to_wiegand(card)


_FIVE = _Number(10, 5, 16)
_FORMS: dict[Notation, _Form] = {
    "10H": _Number(16, 10, 40),
    "8H": _Number(16, 8, 32),
    "6H": _Number(16, 6, 24),
    "14H": _Number(16, 14, 56),
    "20H": _Number(16, 20, 80),
    "10D": _Number(10, 10, 32),
    "8D": _Number(10, 8, 24),
    "12D": _Number(10, 12, 40),
    "13D": _Number(10, 13, 40),
    "3+5": _Pair(_Number(10, 3, 8), _FIVE),
    "5+5": _Pair(_FIVE, _FIVE),
    "W26": _Wiegand(24),
    "W34": _Wiegand(32),
}
_LOSES_ZEROS: tuple[Notation, ...] = ("10D", "8D", "12D", "3+5")


def read_card(text: str, notation: Notation, *, byte_reversed: bool = False, padded: bool = True) -> Card:
    """Read a card in a known notation; raises NotInNotation.

    `byte_reversed` is for readers that send the last byte first. With `padded` all digits must be
    there, so that a lost one is noticed; without it leading zeros may be missing.
    """
    try:
        card = _FORMS[notation].read(text.strip(), padded=padded)
    except NotInNotation as error:
        raise NotInNotation(f"{text!r} is no card in the notation {notation}: {error}") from None
    return card.byte_reversed() if byte_reversed else card


def canonical(text: str, notation: Notation, *, byte_reversed: bool = False, padded: bool = True) -> str:
    """The canonical form of a card in a known notation; see `read_card`."""
    return read_card(text, notation, byte_reversed=byte_reversed, padded=padded).canon


def written(canon: str, notation: Notation, *, byte_reversed: bool = False) -> str:
    """Write a canonical card in a notation; raises NotInNotation where the card has too few bits for it."""
    form = _FORMS[notation]
    card = Card.of(canon).low(form.bits)
    return form.write(card.byte_reversed() if byte_reversed else card)


def candidates(text: str) -> dict[Notation, str]:
    """Every notation in which the text could be meant, with the canonical card that it would give.

    Digits without a leading zero may also be a decimal number that lost its zeros.
    """
    shown, found = text.strip(), {}
    bare = _WITHOUT_ZEROS.fullmatch(shown) is not None
    for notation in NOTATIONS:
        try:
            found[notation] = canonical(shown, notation, padded=not (bare and notation in _LOSES_ZEROS))
        except NotInNotation:
            continue
    return found


def registered(text: str, notation: Notation | None = None) -> str:
    """The canonical form of a card as a person wrote it into a list.

    Understood are the canonical form itself, a number with its notation before it (`10D:0009334109`), and
    a bare number: in `notation` where given (leading zeros may be missing), else only if exactly one
    notation fits. Raises AmbiguousCard or NotInNotation.
    """
    shown = text.strip()
    tag, _, number = shown.partition(":")
    for known in NOTATIONS:
        if tag.upper() == known:
            return canonical(number, known, padded=False)
    try:
        return Card.of(shown).canon
    except CardError:
        pass
    if notation is not None:
        return canonical(shown, notation, padded=False)
    possible = candidates(shown)
    if not possible:
        raise NotInNotation(f"{text!r} is no card number in any known notation")
    if len(possible) > 1:
        raise AmbiguousCard(shown, possible)
    return next(iter(possible.values()))
