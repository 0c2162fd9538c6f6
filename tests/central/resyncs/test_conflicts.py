"""Promises of every row of the table of conflicts in docs/resync.md, through whole resyncs."""

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from central.directory.employee import Credential, Employee
from central.ledger.database import Ledger
from central.resync.conflicts import Word
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import GATE, Company, punch
from wire.punch import Badge

DOOR = ("pune-01", "door")
NINE = "2026-05-11 09:00"
HOUR_S, IST_S = 3600.0, 19_800.0
MONDAY = date(2026, 5, 11)


def same_event(company: Company) -> None:
    """The door, whose punch the ledger misses, saw him half a minute behind the gate."""
    company.hold(punch(NINE))
    company.hold(punch("2026-05-11 09:00:30", reader=DOOR, serial="SER-2"), reader=DOOR, ledger=False)


def codes_of_the_log(company: Company) -> None:
    """The live event said in, the log says out."""
    company.land(punch(NINE, direction=0, how="live"))
    company.hold(punch(NINE, direction=1), ledger=False)


def other_codes(company: Company) -> None:
    """The log said in before, and says out now."""
    company.land(punch(NINE, direction=0))
    company.hold(punch(NINE, direction=1), ledger=False)


def clock_moved(company: Company) -> None:
    """The log has it an hour later since the clock was put forward."""
    company.land(punch(NINE, offset_s=IST_S))
    company.hold(punch("2026-05-11 10:00", offset_s=IST_S + HOUR_S), ledger=False)


def outbox_pruned(company: Company) -> None:
    """A card reader's punch that the outbox does not keep any more."""
    card = Badge(raw="0012345678", form="card", canon="32:00BC614E")
    company.land(replace(punch(NINE), kind="serial", device=None, device_wall=None, badge=card))


def terminal_replaced(company: Company) -> None:
    """Another terminal hangs at the gate."""
    company.land(punch(NINE))
    company.hold(punch("2026-05-11 17:00", serial="SER-2"))


def log_overwritten(company: Company) -> None:
    """The log is full, and begins behind it."""
    company.land(punch(NINE))
    company.hold(punch("2026-05-11 17:00"))
    company.capacity = 1


def log_cleared(company: Company) -> None:
    """The log has room, and begins behind it."""
    company.land(punch(NINE))
    company.hold(punch("2026-05-11 17:00"))


def log_tampered(company: Company) -> None:
    """The log holds what was before and what came behind."""
    company.hold(punch("2026-05-11 08:00"), punch("2026-05-11 17:00"))
    company.land(punch(NINE))


def log_untold(company: Company) -> None:
    """The terminal says nothing of its log."""
    company.land(punch(NINE))
    company.untold = True


def badge_reassigned(company: Company) -> None:
    """His user id is a colleague's since Wednesday."""
    his = Credential("user-id", "1", until=MONDAY)
    hers = Credential("user-id", "1", since=date(2026, 5, 13))
    company.hire(
        with_badges(person(1), his),
        with_badges(person(2), hers),
    )
    company.hold(punch(NINE), ledger=False)


ROWS: dict[Word, tuple[Callable[[Company], None], str, str, list[str]]] = {
    "same-event": (same_event, "to-add", "added", ["09:00:00"]),
    "codes-of-the-log": (codes_of_the_log, "to-change", "changed", ["09:00:00 OUT"]),
    "other-codes": (other_codes, "in-conflict", "in-conflict", ["09:00:00 IN"]),
    "clock-moved": (clock_moved, "only-on-device", "only-on-device", ["09:00:00"]),
    "outbox-pruned": (outbox_pruned, "only-in-ledger", "only-in-ledger", ["09:00:00"]),
    "terminal-replaced": (terminal_replaced, "only-in-ledger", "only-in-ledger", ["09:00:00", "17:00:00"]),
    "log-overwritten": (log_overwritten, "only-in-ledger", "only-in-ledger", ["09:00:00", "17:00:00"]),
    "log-cleared": (log_cleared, "only-in-ledger", "only-in-ledger", ["09:00:00", "17:00:00"]),
    "log-tampered": (log_tampered, "only-in-ledger", "only-in-ledger", ["08:00:00", "09:00:00", "17:00:00"]),
    "log-untold": (log_untold, "only-in-ledger", "only-in-ledger", ["09:00:00"]),
    "badge-reassigned": (badge_reassigned, "to-add", "added", ["09:00:00"]),
}
"""By word: what happened, the verdict of a preview and of the resync, and what counts on that Monday then."""


@pytest.fixture
def company(ledger: Ledger, tmp_path: Path) -> Company:
    """One person with a user id and a card, a gate and a door."""
    made = Company(ledger, tmp_path, [person(1)], GATE, DOOR)
    made.at("2026-05-18 08:00")
    made.settings(OFFICE)
    made.hire(with_badges(person(1), Credential("user-id", "1"), Credential("card", "32:00BC614E")))
    return made


def with_badges(one: Employee, *badges: Credential) -> Employee:
    """The same employee with other badges."""
    return dataclasses.replace(one, credentials=frozenset(badges))


def said(company: Company, name: str) -> set[tuple[str, str]]:
    """The verdicts of a resync that have a word."""
    rows = company.page("punches", name)
    assert all(len(row["why"]) > 20 for row in rows if row["word"])
    return {(row["what"], row["word"]) for row in rows if row["word"]}


def counted(company: Company) -> list[str]:
    """When he punched on Monday, as far as it counts, with the direction where that is told."""
    company.settle()
    day = company.day(MONDAY)
    assert day is not None
    real = [one for one in day.clockings if one.punch is not None]
    return [one.at.strftime("%H:%M:%S") + f" {one.direction}" for one in real]


@pytest.mark.parametrize("word", get_args(Word))
def test_a_row_of_the_table_is_what_happens(company: Company, word: Word) -> None:
    """The preview says what the resync then does, with the word, and what counts is what the table says."""
    happens, tried, done, times = ROWS[word]
    happens(company)
    company.settle()
    company.resync("r-0")
    assert said(company, "r-0") == {(tried, word)}
    company.resync(reason="a test")
    assert said(company, "r-1") == {(done, word)}
    told = counted(company)
    assert len(told) == len(times)
    assert all(one.startswith(time) for one, time in zip(told, times, strict=True)), told


def test_one_event_that_the_ledger_misses_at_both_readers_is_said_of_both(company: Company) -> None:
    """Both punches are taken in, one of them counts."""
    company.hold(punch(NINE), ledger=False)
    company.hold(punch("2026-05-11 09:00:30", reader=DOOR, serial="SER-2"), reader=DOOR, ledger=False)
    company.resync("r-0")
    company.resync(reason="a test")
    for name, what in (("r-0", "to-add"), ("r-1", "added")):
        rows = [(row["reader"], row["what"], row["word"]) for row in company.page("punches", name)]
        assert sorted(rows) == [("pune-01/door", what, "same-event"), ("pune-01/gate", what, "same-event")]
    assert len(company.punch_ids()) == 2


def test_an_earlier_punch_that_is_added_lets_the_later_one_go(company: Company) -> None:
    """The gate's, half a minute before the door's that the ledger had, counts now; it says why."""
    company.hold(punch("2026-05-11 09:00:30", reader=DOOR, serial="SER-2"), reader=DOOR)
    company.settle()
    company.hold(punch(NINE), ledger=False)
    company.resync(reason="a test")
    (row,) = company.page("punches")
    assert (row["what"], row["word"]) == ("added", "same-event")
    assert row["why"].startswith("pune-01/door repeats what pune-01/gate had before")
    assert counted(company) == ["09:00:00 IN"]


def test_a_repeat_at_one_reader_is_no_conflict(company: Company) -> None:
    """Nothing is said of it but that it is added."""
    company.hold(punch(NINE))
    company.hold(punch("2026-05-11 09:00:30"), ledger=False)
    company.resync(reason="a test")
    assert said(company, "r-1") == set()
