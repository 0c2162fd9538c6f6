"""Finds the profile of a card reader from cards whose printed numbers are known, or says why it cannot.

An installer presents a few cards and enters what is printed on each. A profile is proposed only if it is
the only one that turns what the reader sent into what is printed, for every card.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from wire.credential import (
    NOTATIONS,
    CardError,
    Notation,
    NotInNotation,
    candidates,
    canonical,
    registered,
    same_card,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One card: what the reader sent for it, and every number printed on it.

    A printed number may say its notation (`10D:0009334109`). Two numbers of one card help most: they decide
    between each other's meanings.
    """

    sent: str
    printed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The keys of a reader's section that make its numbers right."""

    notation: Notation
    byte_reversed: bool = False
    padded: bool = True

    def __str__(self) -> str:
        extra = [" byte-reversed"] * self.byte_reversed + [" without its zeros"] * (not self.padded)
        return self.notation + "".join(extra)


@dataclass(frozen=True, slots=True)
class Undecided:
    """No profile or several fit (`fitting`); `why` tells it and what to do next."""

    fitting: tuple[Proposal, ...]
    why: str


def propose(samples: Sequence[Sample], notations: Iterable[Notation] = NOTATIONS) -> Proposal | Undecided:
    """The one profile that explains all samples.

    `notations` are those that the reader may use; a format that sends a card's bits has only one.
    """
    if not samples:
        return Undecided((), "No card was presented; present one whose printed number is known.")
    known = tuple(notations)
    meanings = [_meanings(sample.printed) for sample in samples]
    for sample, cards in zip(samples, meanings, strict=True):
        if not cards:
            shown = " and ".join(sample.printed) or "nothing"
            return Undecided((), f"{shown} cannot be the print of one card; check what was entered.")
    for padded in (True, False):
        fitting = tuple(
            profile
            for notation, reverse in product(known, (False, True))
            if _explains(profile := Proposal(notation, reverse, padded), samples, meanings)
        )
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            named = ", ".join(map(str, fitting))
            return Undecided(
                fitting,
                f"The cards fit {len(fitting)} profiles ({named}); enter every number that is printed "
                "on a card, or its notation, or present another card.",
            )
    return Undecided((), "No notation turns what was sent into what is printed; check format and baud rate.")


def _explains(profile: Proposal, samples: Sequence[Sample], meanings: Sequence[set[str]]) -> bool:
    """Whether the profile makes of each sample a card that its print can mean."""
    for sample, cards in zip(samples, meanings, strict=True):
        try:
            card = canonical(
                sample.sent, profile.notation, byte_reversed=profile.byte_reversed, padded=profile.padded
            )
        except CardError:
            return False
        if not any(same_card(card, printed) for printed in cards):
            return False
    return True


def _meanings(printed: Sequence[str]) -> set[str]:
    """The cards that all printed numbers can mean together."""
    readings = [_readings(text) for text in printed]
    return {
        card
        for cards in readings
        for card in cards
        if all(any(same_card(card, other) for other in others) for others in readings)
    }


def _readings(text: str) -> set[str]:
    found = set(candidates(text).values())
    if found:
        return found
    try:
        return {registered(text)}
    except NotInNotation:
        return set()
