"""C2: which cards count, and which shift a person follows."""

from datetime import date, timedelta

import pytest

from central.rules.plan import Options, prepare
from central.rules.policy import Card, Cardholder, Unit, evaluate, shift_of, used_cards
from central.rules.shift import Shift, in_force
from tests.central.rules.stage import MONDAY, punches, the_day, weekly, works, written

FIRST, LAST = date(2009, 1, 1), date(2009, 2, 1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("card", "counts"),
    [
        (Card("c"), True),
        (Card("c", enabled=False), False),
        (Card("c", activation=LAST), True),
        (Card("c", activation=LAST + DAY), False),
        (Card("c", activation=FIRST - DAY), True),
        (Card("c", deactivation=FIRST), True),
        (Card("c", deactivation=FIRST - DAY), False),
        (Card("c", deactivation=LAST + DAY), True),
        (Card("c", activation=FIRST + DAY, deactivation=LAST - DAY), True),
        (Card("c", enabled=False, activation=FIRST, deactivation=LAST), False),
    ],
)
def test_a_card_counts_by_its_dates(card: Card, counts: bool) -> None:
    """An enabled card counts for the whole query if its dates meet it; equal dates meet."""
    assert used_cards([card], FIRST, LAST) == (("c",) if counts else ())


def test_all_cards_that_count_are_named_in_their_order() -> None:
    """Several cards of a person are used together."""
    cards = [Card("b"), Card("x", enabled=False), Card("a")]
    assert used_cards(cards, FIRST, LAST) == ("b", "a")


DEPARTMENT, DIVISION = Unit("department", "QC", "early"), Unit("division", "North", "late")
ORGANIZATION = Unit("organization", "All", "office")


@pytest.mark.parametrize(
    ("custom", "units", "chosen"),
    [
        ("own", (DEPARTMENT, DIVISION, ORGANIZATION), ("own", "cardholder")),
        (None, (DEPARTMENT, DIVISION, ORGANIZATION), ("early", "department")),
        (None, (Unit("department", "QC"), DIVISION, ORGANIZATION), ("late", "division")),
        (None, (Unit("department", "QC"), Unit("division", "N"), ORGANIZATION), ("office", "organization")),
        (None, (Unit("department", "QC"), ORGANIZATION), ("office", "organization")),
        (None, (Unit("organization", "All"),), None),
        (None, (), None),
    ],
)
def test_the_nearest_that_names_a_shift_wins(
    custom: str | None, units: tuple[Unit, ...], chosen: tuple[str, str] | None
) -> None:
    """The person's own shift, else that of the nearest unit that has one."""
    assert shift_of(Cardholder("E1", (), units, custom)) == chosen


def test_without_a_shift_stays_are_shown_and_nothing_counts() -> None:
    """R23: the pairs are completed just before and just after, and every other figure is 0."""
    result = the_day(None, "out 09:00, in 17:00")
    assert result.status == "no_shift"
    assert written(result.sequence) == "in 08:59:59*, out 09:00, in 17:00, out 17:00:01*"
    figures = result.figures
    assert (figures.presence, figures.discarded) == (2, 2)
    assert (figures.work, figures.overtime, figures.breaks, figures.late, figures.early_leave) == (
        0,
        0,
        0,
        0,
        0,
    )
    assert (result.allotted, result.shift, result.rule.source) == (0, None, "none")


def test_without_a_shift_and_events_the_status_is_still_no_shift() -> None:
    """Nobody is called absent who is not expected."""
    assert the_day(None, "").status == "no_shift"


def test_each_workday_uses_the_version_in_force_on_its_date() -> None:
    """R29: a new version begins with its date, and each result names the one that it used."""
    early, late = weekly(works("06:00-14:00")), weekly(works("10:00-18:00"))
    old = Shift("s/1", "weekly", early.rows)
    new = Shift("s/2", "weekly", late.rows)
    roster = ((MONDAY - DAY, old), (MONDAY + DAY, new))
    plan = prepare(roster, MONDAY - 2 * DAY, MONDAY + DAY, Options())
    events = punches("in 09:00, out 15:00, in 09:00+1, out 15:00+1")
    results = evaluate(plan, events)
    assert [result.shift for result in results] == [None, "s/1", "s/1", "s/2"]
    assert [result.figures.late for result in results] == [0, 0, 3 * 3600, 0]
    assert [result.figures.early_leave for result in results] == [0, 0, 0, 3 * 3600]
    assert in_force(roster, MONDAY - 2 * DAY) is None
