"""Promises of undoing: the days are what they were, the punches stay, and what others did since is kept."""

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from central.ledger.database import Ledger
from central.requests.asking import Refusal
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import Company, punch
from wire.facts import Span

MAY = Span(first=date(2026, 5, 1), last=date(2026, 5, 17))


@pytest.fixture
def company(ledger: Ledger, tmp_path: Path) -> Company:
    """Three people; the ledger misses some punches, among them the first of all."""
    made = Company(ledger, tmp_path, [person(1), person(2), person(3)])
    made.at("2026-05-18 08:00")
    made.settings(OFFICE)
    made.hold(punch("2026-05-11 09:00"), punch("2026-05-11 17:00"), punch("2026-05-13 09:00"))
    made.hold(punch("2026-05-12 09:00", "2"))
    made.settle()
    made.hold(punch("2026-05-04 09:00"), punch("2026-05-04 17:00"), ledger=False)
    made.hold(punch("2026-05-13 16:00"), punch("2026-05-12 17:00", "2"), ledger=False)
    made.hold(punch("2026-05-13 09:00", "3"), punch("2026-05-13 19:00", "3"), ledger=False)
    return made


def test_an_undone_resync_leaves_the_days_as_they_were(company: Company) -> None:
    """Results, coverage and use of readers to the byte; the punches stay, and count nowhere."""
    before = company.kept()
    told = company.resync(span=MAY, reason="a test")
    assert told.readers[0].added == 6
    assert company.kept() != before
    assert company.undo().state == "undone"
    assert company.kept() == before
    company.settle()
    assert company.kept() == before, "and they stay so"
    assert len(company.punch_ids()) == 10
    assert company.audit()[-1] == ("anna", "r-1", "undone")


def test_the_keeper_may_work_in_between(company: Company) -> None:
    """Days that were computed again since are the same days, so they are restored all the same."""
    before = company.kept()
    company.resync(span=MAY, reason="a test")
    company.settle()
    company.undo()
    company.settle()
    assert company.kept() == before


def test_what_others_changed_since_is_computed_again(company: Company) -> None:
    """A punch that came behind the resync counts; only what the resync did is taken back."""
    company.resync(span=MAY, reason="a test")
    company.land(punch("2026-05-12 16:30", "2"))
    company.settle()
    company.undo()
    company.settle()
    day = company.day(date(2026, 5, 12), "E2")
    assert day is not None
    walls = [it.at.strftime("%H:%M") for it in day.clockings if it.punch is not None]
    assert walls == ["09:00", "16:30"]


def test_what_was_undone_can_be_applied_again_and_undone_again(company: Company) -> None:
    """A person who asks again takes in what was taken back; the days go back and forth exactly."""
    before = company.kept()
    company.resync(span=MAY, reason="a test")
    applied = company.kept()
    company.undo()
    assert company.resync("r-2", span=MAY).readers[0].to_add == 6
    again = company.resync("r-3", span=MAY, reason="it was right")
    assert again.readers[0].added == 6
    assert company.kept()["workdays"] == applied["workdays"]
    company.undo("r-3")
    assert company.kept() == before


def test_a_day_that_had_no_result_is_told_as_it_is_now(company: Company) -> None:
    """Who was told of it hears that nothing is left of it, though nobody finds it any more."""
    company.resync(span=MAY, reason="a test")
    company.settle()
    company.published.clear()
    company.undo()
    company.settle()
    told = {(day.employee, day.date): day for day in company.published}
    assert told["E1", date(2026, 5, 4)].work_s == 0
    assert company.day(date(2026, 5, 4)) is None


@pytest.mark.parametrize("seed", range(4))
def test_any_resync_can_be_taken_back(ledger: Ledger, tmp_path: Path, seed: int) -> None:
    """Random people, random holes in the ledger, several readers: undone is as if it had never been."""
    dice = random.Random(seed)  # noqa: S311 - a schedule
    gates = [("pune-01", "gate"), ("surat-02", "door")]
    company = Company(ledger, tmp_path, [person(number) for number in range(1, 6)], *gates)
    company.at("2026-05-18 08:00")
    company.settings(OFFICE)
    for _ in range(60):
        at = datetime(2026, 5, 4, 6) + timedelta(minutes=dice.randrange(13 * 24 * 60))  # noqa: DTZ001
        gate = dice.choice(gates)
        made = punch(str(at), str(dice.randrange(1, 6)), reader=gate, serial=gate[1])
        company.hold(made, reader=gate, ledger=dice.random() < 0.6)
    company.settle()
    before = company.kept()
    told = company.resync(span=MAY, reason="a test")
    held = [it.punch_id for gate in gates for it in company.devices[gate]]
    assert company.punch_ids() == set(held)
    if dice.random() < 0.5:
        company.settle()
    company.undo()
    company.settle()
    assert company.kept() == before, told


def test_some_cannot_be_undone(company: Company) -> None:
    """A preview changed nothing; a running one is cancelled first; nothing is undone twice."""
    company.resync("r-0", span=MAY)
    with pytest.raises(Refusal, match="dry run"):
        company.undo("r-0")
    company.run(company.ask(span=MAY, reason="a test"), answering=False)
    with pytest.raises(Refusal, match="cancel it first"):
        company.undo()
    company.manage("cancel")
    company.undo()
    with pytest.raises(Refusal, match="anna undid it"):
        company.undo_begun(request_id="q-2")
    with pytest.raises(Refusal, match="there is no resync r-9"):
        company.undo("r-9")
