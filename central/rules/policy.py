"""Whose events count and which shift they follow (C2), and the way from a person's events to day results."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from central.rules.clocking import Event, attribute
from central.rules.day import DayResult, conclude
from central.rules.plan import DAY, Options, Plan, natural_day
from central.rules.shift import Roster


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a person. Without an activation it is valid since ever, without a deactivation for ever."""

    id: str
    enabled: bool = True
    activation: date | None = None
    deactivation: date | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A department, division or organization, and the name of its shift if it has one."""

    kind: str
    id: str
    shift: str | None = None


@dataclass(frozen=True, slots=True)
class Cardholder:
    """A person: their cards, their units from the nearest to the farthest, and their own shift if any."""

    id: str
    cards: tuple[Card, ...]
    units: tuple[Unit, ...] = ()
    custom_shift: str | None = None


def used_cards(cards: Iterable[Card], first: date, last: date) -> tuple[str, ...]:
    """Return the ids of the cards that count for the whole of a query, both dates included (C2.1, R6)."""
    return tuple(
        card.id
        for card in cards
        if card.enabled
        and (card.activation is None or card.activation <= last)
        and (card.deactivation is None or card.deactivation >= first)
    )


def shift_of(person: Cardholder) -> tuple[str, str] | None:
    """Return the name of the shift that applies and where it comes from, None where nobody names one (C2.3).

    The second is "cardholder" or the kind of the unit.
    """
    if person.custom_shift is not None:
        return person.custom_shift, "cardholder"
    for unit in person.units:
        if unit.shift is not None:
            return unit.shift, unit.kind
    return None


def evaluate(plan: Plan, events: Iterable[Event], as_of: int | None = None) -> list[DayResult]:
    """Return one result for each workday of the plan's period, from one person's events.

    `events` are those of all the person's used cards within `plan.window`, in any order, repeated or not;
    what lies outside the window is ignored. `as_of` is the instant up to which they are complete, for a day
    that still runs (R27). Pure: the same plan and events give the same results, whoever asks, and as often.
    """
    sequences = attribute(events, plan)
    just_s = plan.options.just_s
    return [
        conclude(workday, sequences.steps[place], sequences.duplicates.get(place, ()), just_s, as_of)
        for place, workday in enumerate(plan.period, plan.begin)
    ]


def touched(roster: Roster, at: int, options: Options, *, directed: bool) -> tuple[date, date]:
    """Return the first and last workday whose result an event at this instant may change (C9.7).

    They are the event's own workday and its neighbours. With `directed` False, for readers that tell no
    direction, the day behind is included, because every later guess of a workday turns with one event;
    should that last workday come out changed, go on with the next until one does not.
    """
    own = natural_day(roster, at, options)
    return own - DAY, own + (DAY if directed else 2 * DAY)
