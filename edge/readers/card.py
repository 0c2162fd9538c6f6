"""What a card reader says: a card that it saw or something unreadable, and the profile that tells which."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from wire.credential import Card, CardError, Notation, read_card

CardNotation = Literal[Notation, "text"]
"""A notation of `wire.credential`, or `text` for badges whose print is no card number (bar codes)."""

LONGEST_TEXT = 64


@dataclass(frozen=True, slots=True)
class Seen:
    """A card: the number as read, its canonical form (None for plain text), the bytes behind it as hex."""

    raw: str
    canon: str | None
    frame: str = ""

    @property
    def key(self) -> str:
        """Equal for equal cards."""
        return self.canon or self.raw


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that is no card, and why.

    `text` is set only where the reader meant a number and the profile does not take it: a person may
    have been at the reader, so it must not go unnoticed.
    """

    why: str
    text: str = ""


Sight = Seen | Unread


@dataclass(frozen=True, slots=True)
class CardProfile:
    """How one reader shows a card. `pattern` finds the number in a longer text: its first group, or all."""

    notation: CardNotation | None = None
    pattern: re.Pattern[str] | None = None
    padded: bool = True
    byte_reversed: bool = False

    def text(self, text: str, frame: str = "") -> Sight:
        """Read a number that the reader sent as text."""
        if len(text) > LONGEST_TEXT:
            return Unread("it is too long for a card")
        raw = text
        if self.pattern is not None:
            found = self.pattern.search(text)
            if found is None:
                return Unread("it does not match the pattern", text)
            raw = found[1 if self.pattern.groups else 0] or ""
        if self.notation is None or self.notation == "text":
            return Seen(raw, None, frame) if raw else Unread("it is empty")
        try:
            card = read_card(raw, self.notation, byte_reversed=self.byte_reversed, padded=self.padded)
        except CardError as error:
            return Unread(str(error), text)
        return Seen(raw, card.canon, frame)

    def bits(self, raw: str, card: Card, frame: str = "") -> Sight:
        """Take a card that the frame itself gave as bits."""
        try:
            return Seen(raw, (card.byte_reversed() if self.byte_reversed else card).canon, frame)
        except CardError as error:
            return Unread(str(error), raw)


class CardOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that every card reader has in its `[[reader]]` section.

    `padded = false` takes numbers whose leading zeros are missing. The same card within `debounce_s` of
    its last sight is one punch: 3 s is longer than a hand rests and shorter than a second visit.
    """

    pattern: str | None = None
    padded: bool = True
    byte_reversed: bool = False
    debounce_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 3.0
    exclusive: bool = True

    def __post_init__(self) -> None:
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"pattern {self.pattern!r} is no regular expression: {error}") from None

    def profile(self, notation: CardNotation | None) -> CardProfile:
        """The profile that these keys and a notation describe."""
        pattern = None if self.pattern is None else re.compile(self.pattern)
        return CardProfile(notation, pattern, self.padded, self.byte_reversed)
