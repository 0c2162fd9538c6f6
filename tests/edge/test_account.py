"""Promises of the census and of the facts that account for days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from edge.account import answers, closing, is_news, told_of
from edge.census import Census, changed_days, closed_before
from tests.edge.making import AT, punch
from wire.account import EMPTY, Tally, tally
from wire.codec import MESSAGE_LIMIT, encode
from wire.facts import Account, HeldIds, Span
from wire.order import AccountOrder

DAY = date(2026, 5, 11)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
IDS = sorted(bytes.fromhex(punch(number).punch_id) for number in range(4))
SOME, OTHER = tally(IDS[:2]), tally(IDS)
SPAN = Span(first=BEFORE, last=DAY)


def census(days: dict[date, Tally], *, shown: datetime | None = None, ids: tuple[bytes, ...] = ()) -> Census:
    """A census that was taken on the morning after the day."""
    morning = datetime(2026, 5, 12, 7)  # noqa: DTZ001 - a terminal's wall clock
    return Census("CJ7F1", AT, shown or morning, 40, 9000, morning, BEFORE, days, ids)


def order(detail: str = "span") -> AccountOrder:
    """An order for two days."""
    at = AT + timedelta(hours=1)
    return AccountOrder(order_id="o-1", expires_at=at, span=SPAN, detail=detail)  # type: ignore[arg-type]


def test_a_census_tells_of_the_days_that_are_over() -> None:
    """A day without records was empty; a day that runs, or was not counted, says nothing."""
    taken = census({DAY: SOME})
    assert [taken.of(day) for day in (BEFORE - timedelta(days=1), BEFORE, DAY, AFTER)] == [
        None,
        EMPTY,
        SOME,
        None,
    ]


def test_a_census_names_the_days_that_it_tells_otherwise() -> None:
    """Also those that the log no longer holds."""
    assert changed_days(None, census({DAY: SOME})) == {BEFORE, DAY}
    assert changed_days(census({DAY: SOME}), census({DAY: SOME})) == set()
    assert changed_days(census({DAY: SOME, BEFORE: SOME}), census({DAY: OTHER})) == {BEFORE, DAY}


@pytest.mark.parametrize(
    ("utc", "shown", "keeps_log", "closed"),
    [
        ("2026-05-11 23:59", None, False, DAY),
        ("2026-05-12 00:00", None, False, AFTER),
        ("2026-05-11 19:00", "2026-05-12 00:30", True, AFTER),
        ("2026-05-12 03:00", "2026-05-11 22:00", True, DAY),
        ("2026-05-12 23:59", "2026-05-11 22:00", True, DAY),
        ("2026-05-13 00:00", "2026-05-11 22:00", True, AFTER),
        ("2026-05-13 00:00", None, True, AFTER),
        ("2026-05-12 23:59", None, True, DAY),
    ],
)
def test_a_day_is_over_by_the_readers_own_clock(
    utc: str, shown: str | None, keeps_log: bool, closed: date
) -> None:
    """In UTC without a clock; behind its midnight with one; a day later if its log is out of reach."""
    wall = None if shown is None else datetime.fromisoformat(shown)
    taken = None if wall is None else census({}, shown=wall)
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert closed_before(at, taken, keeps_log=keeps_log) == closed


def test_a_day_is_told_when_it_changed_and_only_then() -> None:
    """On either side; a log that could not be counted this time takes nothing back."""
    both = closing("gate", DAY, AT, SOME, census({DAY: SOME}))
    told = told_of(both)
    assert not is_news(both, told, DAY)
    assert not is_news(closing("gate", DAY, AT + timedelta(days=1), SOME, None), told, DAY)
    assert is_news(closing("gate", DAY, AT, OTHER, None), told, DAY)
    assert is_news(closing("gate", DAY, AT, SOME, census({})), told, DAY)
    assert is_news(both, told_of(closing("gate", DAY, AT, SOME, None)), DAY)


def test_an_empty_day_is_told_when_it_closes() -> None:
    """That nobody punched is an account, too; but not of days before there was anything to account for."""
    empty = closing("gate", DAY, AT, EMPTY, census({}))
    assert is_news(empty, None, BEFORE)
    assert not is_news(empty, None, DAY)
    assert not is_news(empty, told_of(empty), BEFORE)
    assert is_news(closing("gate", DAY, AT, EMPTY, census({DAY: SOME})), None, DAY)


def test_an_order_for_a_span_is_answered_with_one_account() -> None:
    """Both sides of all its days together, and whose log it was."""
    held = [(punch_id, seq) for seq, punch_id in enumerate(IDS, 1)]
    (account,) = answers(order(), "gate", AT, held, census({}, ids=tuple(IDS[:2])))
    assert account == Account(
        reader="gate",
        span=SPAN,
        at=AT,
        edge=OTHER,
        device=SOME,
        serial="CJ7F1",
        read_at=AT,
        begins=datetime(2026, 5, 12, 7),  # noqa: DTZ001 - a terminal's wall clock
        records=40,
        capacity=9000,
        order_id="o-1",
    )


def test_an_order_by_day_is_answered_for_each_day_that_holds_anything() -> None:
    """Whichever side holds it."""
    early = bytes.fromhex(punch(-86_400).punch_id)
    held = [(punch_id, 1) for punch_id in IDS]
    found = list(answers(order("day"), "gate", AT, held, census({}, ids=(early,))))
    assert [(it.span.first, it.edge, it.device) for it in found if isinstance(it, Account)] == [
        (BEFORE, EMPTY, tally([early])),
        (DAY, OTHER, EMPTY),
    ]


def test_a_terminal_out_of_reach_is_told_with_its_reason() -> None:
    """Nobody takes a missing count for an empty log."""
    (account,) = answers(order(), "gate", AT, [], None, ("no-answer", "timed out"))
    assert isinstance(account, Account)
    assert (account.edge, account.device, account.reason) == (EMPTY, None, "no-answer")


def test_ids_come_in_pieces_that_fit_the_wire() -> None:
    """A day of a thousand punches can be compared one by one."""
    ids = sorted(bytes.fromhex(punch(number).punch_id) for number in range(1201))
    held = [(punch_id, 10**15 + seq) for seq, punch_id in enumerate(ids)]
    account, *lists = answers(order("ids"), "gate", AT, held, census({}, ids=tuple(ids[:3])))
    edge = [it for it in lists if isinstance(it, HeldIds) and it.side == "edge"]
    device = [it for it in lists if isinstance(it, HeldIds) and it.side == "device"]
    assert isinstance(account, Account)
    assert [(it.part, it.parts, len(it.punch_ids)) for it in edge] == [(1, 3, 500), (2, 3, 500), (3, 3, 201)]
    assert [it for piece in edge for it in piece.punch_ids] == [it.hex() for it in ids]
    assert [seq for piece in edge for seq in piece.seqs] == [seq for _, seq in held]
    assert [(it.part, it.parts, it.seqs) for it in device] == [(1, 1, ())]
    assert all(len(encode(it)) < MESSAGE_LIMIT / 4 for it in lists)
