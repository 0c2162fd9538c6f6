"""Promises of undoing in pieces: as if it were one, over kills, faults, the keeper's work, and requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from central.ledger import audit
from central.ledger.database import Ledger
from central.ledger.punches import punch_rows
from central.ledger.resyncs import amendments
from central.ledger.resyncs.tables import amendments as amendments_table
from central.requests.asking import Asking, Refusal
from tests.central.conftest import NOW
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import Company, punch
from tests.central.resyncs.test_failing import Office
from tests.central.resyncs.test_undo import MAY
from wire.resync import ResyncsRequest

MANY = 60_000
PIECE = {"ROWS": 2, "DAYS": 2}


def filled(company: Company) -> Company:
    """Four people; the ledger misses punches of all, of some the very first, and one of nobody."""
    company.at("2026-05-18 08:00")
    company.settings(OFFICE)
    company.hire(person(1), person(2), person(3), person(4, status="Left"))
    company.hold(punch("2026-05-11 09:00"), punch("2026-05-11 17:00"), punch("2026-05-13 09:00"))
    company.hold(punch("2026-05-12 09:00", "2"))
    company.settle()
    company.hold(punch("2026-05-04 09:00"), punch("2026-05-04 17:00"), ledger=False)
    company.hold(punch("2026-05-13 16:00"), punch("2026-05-12 17:00", "2"), ledger=False)
    company.hold(punch("2026-05-13 09:00", "3"), punch("2026-05-13 19:00", "3"), ledger=False)
    company.hold(punch("2026-05-06 09:00", "4"), punch("2026-05-14 09:00", "99"), ledger=False)
    return company


@pytest.fixture
def company(ledger: Ledger, tmp_path: Path) -> Company:
    """A company that waits for its resync."""
    return filled(Company(ledger, tmp_path, [person(1)]))


def figures(company: Company) -> dict[str, Any]:
    """What the audit says of the last undoing."""
    with company.ledger.read() as connection:
        return dict(next(line.detail for line in audit.entries(connection) if line.subject == "r-1"))


@pytest.mark.parametrize("keeper", [False, True], ids=["alone", "beside the keeper"])
def test_many_pieces_come_to_what_one_comes_to(
    company: Company, monkeypatch: pytest.MonkeyPatch, keeper: bool
) -> None:
    """Days, coverage, readers used, figures and audit are the same, though the keeper computes in between."""
    before = company.kept()
    company.resync(span=MAY, reason="a test")
    company.undo()
    whole = figures(company)
    company.settle()
    assert company.kept() == before
    company.resync("r-2", span=MAY, reason="it was right")
    for name, size in PIECE.items():
        monkeypatch.setattr(f"central.requests.resyncs.undoing.{name}", size)
    company.undo_begun("r-2")
    pieces = 1
    while company.undo_piece("r-2"):
        pieces += 1
        if keeper:
            company.settle()
    company.settle()
    assert company.kept() == before
    assert pieces > 15
    with company.ledger.read() as connection:
        last = next(line.detail for line in audit.entries(connection) if line.subject == "r-2")
    assert last == whole == {**whole, "outcome": "undone", "by": "anna", "withdrawn": 8, "computed_again": 0}


@pytest.mark.parametrize("lives", range(1, 5))
def test_central_may_be_killed_behind_any_piece(
    company: Company, monkeypatch: pytest.MonkeyPatch, lives: int
) -> None:
    """The next life goes on where it was; nothing is done twice, and nothing left out."""
    before = company.kept()
    company.resync(span=MAY, reason="a test")
    for name, size in PIECE.items():
        monkeypatch.setattr(f"central.requests.resyncs.undoing.{name}", size)
    company.undo_begun()
    plain, left = company.ledger.write, lives

    @contextmanager
    def mortal() -> Iterator[Connection]:
        nonlocal left
        with plain() as connection:
            yield connection
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        if left < 0:
            left = lives
            raise KeyboardInterrupt

    monkeypatch.setattr(company.ledger, "write", mortal)
    died = 0
    while company.stored().undone_at is None:
        try:
            company.undo_piece()
        except KeyboardInterrupt:
            died += 1
            company.restart()
        assert died < 200
    monkeypatch.undo()
    assert died > 3
    assert (figures(company)["withdrawn"], company.progress().undo_done) == (8, company.progress().undo_of)
    company.settle()
    assert company.kept() == before


def test_a_day_that_others_changed_before_is_computed_again_whatever_the_piece(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sorted out at the beginning holds; a punch that comes in the middle counts all the same."""
    company.resync(span=MAY, reason="a test")
    company.land(punch("2026-05-12 16:30", "2"))
    company.settle()
    for name, size in PIECE.items():
        monkeypatch.setattr(f"central.requests.resyncs.undoing.{name}", size)
    job = company.undo_begun()
    while job.undo is not None and job.undo.step != "days":
        company.undo_piece()
        job = company.stored()
    company.land(punch("2026-05-13 11:00", "3"))
    company.settle()
    company.undo()
    company.settle()
    assert figures(company)["computed_again"] == 1
    for who, day, walls in (("E2", 12, ["09:00", "16:30"]), ("E3", 13, ["11:00"])):
        found = company.day(MAY.first.replace(day=day), who)
        assert found is not None
        assert [it.at.strftime("%H:%M") for it in found.clockings if it.punch is not None] == walls


def test_a_night_in_between_makes_no_difference(ledger: Ledger, tmp_path: Path) -> None:
    """The days go on for everybody; what the resync moved, the beginning, goes back to where it was."""
    company = filled(Company(ledger, tmp_path, [person(1)]))
    twin = Ledger(str(tmp_path / "twin.db"))
    twin.migrate(company.now)
    never = filled(Company(twin, tmp_path, [person(1)]))
    company.resync(span=MAY, reason="a test")
    for one in (company, never):
        one.settle()
        one.at("2026-05-20 08:00")
        one.settle()
    company.undo()
    company.settle()
    assert company.kept() == never.kept()
    twin.close()


def test_a_night_in_the_middle_of_the_resync_is_not_taken_back(company: Company) -> None:
    """What the keeper did between two pieces of the landing is not the resync's."""
    company.devices["surat-02", "door"] = [
        punch("2026-05-05 09:00", reader=("surat-02", "door"), serial="S2")
    ]
    company.away = {"surat-02"}
    job = company.run(company.ask(span=MAY, reason="a test", expires_in_s=10 * 86_400))
    company.at("2026-05-20 08:00")
    company.settle()
    covered = company.kept()["coverage"]
    company.land(*company.told(*company.orders[-1]), edge="surat-02")
    assert company.run(job).ended_at is not None
    company.undo()
    assert [(who, last) for who, _, last in company.kept()["coverage"]] == [
        (who, last) for who, _, last in covered if who != "E4"
    ]


def test_no_transaction_takes_back_more_than_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a resync added, 60,000 punches here: others write to SQLite in between."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    company = filled(Company(ledger, tmp_path, [person(1)]))
    company.resync(span=MAY, reason="a test")
    job_id = company.stored().job_id
    with company.ledger.write() as connection:
        (row,) = connection.execute(select(punch_rows).where(punch_rows.c.badge_raw == "99"))
        like = dict(zip(punch_rows.c.keys(), row, strict=True))
        made = [
            {**like, "punch_id": row.punch_id[:8] + n.to_bytes(8, "big"), "day": row.day - n % 4000}
            for n in range(MANY)
        ]
        connection.execute(insert(punch_rows), made)
        noted = (amendments.Codes(one["punch_id"], None, None) for one in made)
        amendments._note(connection, job_id, "added", list(noted), company.now)  # noqa: SLF001 - as landing does
        connection.exec_driver_sql("DELETE FROM day_marks")
    counts = {
        "amendments WHERE withdrawn_at_us IS NOT NULL": [0],
        "day_marks": [0],
        "workdays WHERE status = 'removed'": [0],
    }
    plain = company.ledger.write

    @contextmanager
    def watched() -> Iterator[Connection]:
        with plain() as connection:
            yield connection
        with company.ledger.read() as connection:
            for what, told in counts.items():
                told.append(connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar_one())  # noqa: S608

    monkeypatch.setattr(company.ledger, "write", watched)
    assert company.undo().state == "undone"
    withdrawn, marked, removed = counts.values()
    assert withdrawn[-1] == MANY + 8 == figures(company)["withdrawn"]
    assert removed[-1] > 0
    assert marked[-1] >= 4000
    for told in (withdrawn, marked, removed):
        assert max(now - before for before, now in pairwise(told)) <= 1000
    with company.ledger.read() as connection:
        left = select(amendments_table.c.punch_id).where(amendments_table.c.withdrawn_at.is_(None))
        assert connection.execute(left).all() == []
    ledger.close()


def test_who_asks_while_it_is_being_undone_joins(company: Company) -> None:
    """It is begun once, by whoever asked first, and undone once; asked by the same name later, it is done."""
    company.resync(span=MAY, reason="a test")
    company.undo_begun()
    company.undo_piece()
    company.now += timedelta(minutes=1)
    begun = company.stored()
    assert company.undo_begun(request_id="q-2") == begun == company.undo_begun()
    (entry,) = company.manage("list", None).resyncs
    assert (entry.state, entry.undone_by, entry.undone_at) == ("undoing", "anna", None)
    with pytest.raises(Refusal, match="it has ended already"):
        company.manage("cancel")
    company.undo()
    assert company.undo_begun().undone_at is not None
    with pytest.raises(Refusal, match="anna undid it"):
        company.undo_begun(request_id="q-2")
    assert [line[2] for line in company.audit() if line[1] == "r-1"][-2:] == ["undoing", "undone"]
    assert len([line for line in company.audit() if line[2] in ("undoing", "undone")]) == 2


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path) -> Office:
    """An office whose resync has landed."""
    made = Office(ledger, tmp_path)
    filled(made)
    made.resync(span=MAY, reason="a test")
    return made


def undo(office: Office, request_id: str, user: str = "anna") -> None:
    """Let somebody ask for the resync to be undone in the next turn."""
    request = ResyncsRequest(request_id=request_id, do="undo", name="r-1", user="anna")
    office.asking.append(Asking(user, "resyncs", request))


def test_the_desk_answers_at_once_and_again_when_it_is_undone(office: Office) -> None:
    """First where it stands; whoever else asks hears the end, too, though central had another life."""
    undo(office, "q-1")
    office.turn()
    first = office.answers[0]
    assert (first.request_id, first.status) == ("q-1", "progress")
    assert isinstance(first.body, dict)
    assert (first.body["state"], first.body["undo_done"]) == ("undoing", 0)
    assert first.body["undo_of"] > 8
    for _ in range(40):
        office.restart()
        office.turn()
    last = office.answers[-1]
    assert (last.request_id, last.status) == ("q-1", "done")
    assert isinstance(last.body, dict)
    assert last.body["entry"]["state"] == "undone"
    undo(office, "q-1")
    office.turn()
    assert (office.answers[-1].request_id, office.answers[-1].status) == ("q-1", "done")
    undo(office, "q-2", "bert")
    office.turn()
    assert (office.answers[-1].request_id, office.answers[-1].status) == ("q-2", "refused")


def test_an_undoing_that_meets_a_fault_is_never_given_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rests longer and longer, at most ten minutes, says what it met, and the others go on beside it."""
    undo(office, "q-1")
    with monkeypatch.context() as patched:

        def odd(*_: object) -> None:
            raise ValueError("an odd row")

        patched.setattr("central.ledger.resyncs.amendments.withdraw", odd)
        faults, began = list[float](), office.now
        while (office.now - began).total_seconds() < 1500:
            office.turn()
            known = office.stored().undo
            if known is not None and known.faults > len(faults):
                faults.append((office.now - began).total_seconds())
            office.now += timedelta(seconds=5)
        assert [behind - one for one, behind in pairwise(faults)] == [5, 30, 120, 600, 600]
        assert (office.progress().state, "an odd row" in office.progress().fault) == ("undoing", True)
        office.run(office.ask("r-2", reason="a test"))
        assert office.progress("r-2").state == "reconciled"
    office.now += timedelta(minutes=10)
    for _ in range(20):
        office.turn()
    assert (office.progress().state, office.progress().fault) == ("undone", "")
