"""Promises of resyncs from the request to the end: previewed, applied, followed through kills and silence."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace as but
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from central.access.scope import Scope
from central.directory.employee import Credential, Employee, Past
from central.ledger import orders
from central.ledger.database import Ledger
from central.ledger.workdays import results
from central.requests.asking import Refusal
from central.requests.resyncs import ordering, planning
from central.workdays.span import number
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import WEEK, Company, punch
from wire.codec import decode, encode
from wire.days import Clocking, DayResult
from wire.facts import Span
from wire.people import OrgFilter


@pytest.fixture
def company(ledger: Ledger, tmp_path: Path) -> Company:
    """Two people at one gate; the ledger misses the second person's Tuesday."""
    made = Company(ledger, tmp_path, [person(1), person(2)])
    made.at("2026-05-18 08:00")
    made.settings(OFFICE)
    made.hold(punch("2026-05-11 09:00"), punch("2026-05-11 17:00"))
    made.hold(punch("2026-05-11 09:10", "2"), punch("2026-05-11 17:05", "2"))
    made.hold(punch("2026-05-12 08:50", "2"), punch("2026-05-12 17:15", "2"), ledger=False)
    made.settle()
    return made


def test_a_dry_run_tells_what_would_change_and_changes_nothing(company: Company) -> None:
    """Punches and workdays stay as they are; the answer says what an apply would do, person by person."""
    before, held = company.kept(), company.punch_ids()
    told = company.resync()
    assert (company.kept(), company.punch_ids()) == (before, held)
    assert told.state == "reconciled"
    (gate,) = told.readers
    assert (gate.read, gate.matched, gate.to_add, gate.added) == (6, 4, 2, 0)
    assert told.days_changed == 1
    assert [(row["employee"], row["matched"], row["to add"]) for row in company.page("people")] == [
        ("E1", 2, 0),
        ("E2", 2, 2),
    ]
    (day,) = company.page("days")
    assert (day["employee"], day["date"], day["status after"]) == ("E2", "2026-05-12", "present")
    assert day["work after"] > 400
    assert {row["what"] for row in company.page("punches")} == {"to-add"}


def test_an_apply_adds_what_the_ledger_misses(company: Company) -> None:
    """What the preview promised is what happens, and the proof shows both sides equal."""
    company.resync("r-0")
    promised = company.page("days", "r-0")
    told = company.resync(reason="a test")
    (gate,) = told.readers
    assert (gate.matched, gate.to_add, gate.added, gate.only_on_device) == (4, 0, 2, 0)
    assert company.page("days") == promised
    assert {it.punch_id for it in company.devices["pune-01", "gate"]} == company.punch_ids()
    assert [(row["date"], row["device"], row["ledger"], row["equal"]) for row in company.page("proof")] == [
        ("2026-05-11", 4, 4, "yes"),
        ("2026-05-12", 2, 2, "yes"),
    ]
    kept = company.kept()
    company.settle()
    assert company.kept() == kept, "whoever computes the days again comes to the same"


def test_the_same_name_starts_nothing_anew(company: Company) -> None:
    """Asked again, with whatever else, a resync tells how it stands; another user's is his own."""
    first = company.resync(reason="a test")
    again = company.ask("r-1", reason="another", people=OrgFilter(employees=("E1",)))
    assert again == company.stored()
    assert company.progress() == first
    assert company.ask("r-1", user="bert").job_id != again.job_id
    assert [line for line in company.audit() if line[1] == "r-1" and line[0] == "anna"] == [
        ("anna", "r-1", "accepted"),
        ("anna", "r-1", "reconciled"),
    ]


@pytest.mark.parametrize("people", [OrgFilter(), OrgFilter(employees=("E2",)), OrgFilter(search="son 2")])
def test_a_filter_or_names_choose_the_people(company: Company, people: OrgFilter) -> None:
    """Whoever is chosen is looked at, and nobody else."""
    company.hold(punch("2026-05-13 09:00"), ledger=False)
    told = company.resync(people=people)
    everybody = people == OrgFilter()
    assert told.selected == (2 if everybody else 1)
    assert told.readers[0].to_add == (3 if everybody else 2)
    assert {order.badges for _, order in company.orders} == {None if everybody else ("2",)}


def test_a_manager_resyncs_his_own_people_alone(company: Company) -> None:
    """His everybody is everybody within his units: no badge of others is asked for."""
    company.hire(person(3, department="Stores"))
    company.hold(punch("2026-05-13 09:00", "3"), ledger=False)
    stores = Scope(frozenset({frozenset({("department", "Stores")})}))
    job = company.run(company.ask(user="ravi", scope=stores, reason="a test"))
    assert (job.people, job.visible) == (1, 1)
    assert [order.badges for _, order in company.orders] == [("3",)]
    assert company.progress(user="ravi").readers[0].added == 1
    company.hire(person(3, department="QC"))
    with pytest.raises(Refusal, match="whom you may not see any more"):
        company.ask(user="ravi", scope=stores, reason="a test")


def test_a_unit_is_whoever_was_in_it_on_any_of_the_dates(company: Company) -> None:
    """Who moved on Wednesday is in both departments of that week, and in the new one alone behind it."""
    before = Past(date(2026, 5, 13), ("Active", "Works", "", "Pune", "Melting", "", "", ""))
    company.hire(but(person(2), past=(before,)))
    people = OrgFilter(department=("Melting",))
    told = company.resync(people=people)
    assert (told.selected, told.readers[0].to_add) == (1, 2)
    assert company.resync("r-2", people=OrgFilter(department=("QC",))).selected == 2
    with pytest.raises(Refusal, match="Melting"):
        company.ask("r-3", people=people, span=Span(first=date(2026, 5, 13), last=date(2026, 5, 17)))


def test_strangers_badges_are_told_and_taken_in_when_everybody_is_asked_for(company: Company) -> None:
    """A punch of nobody belongs into the ledger all the same, and into nobody's day."""
    company.hold(punch("2026-05-13 09:00", "99"), punch("2026-05-13 17:00", "99"), ledger=False)
    (gate,) = company.resync().readers
    assert (gate.to_add, gate.unmatched) == (4, 2)
    (badge,) = company.page("badges")
    assert (badge["badge"], badge["punches"], badge["first"]) == ("99", 2, "2026-05-13 09:00:00")
    company.resync("r-2", reason="a test")
    assert {it.punch_id for it in company.devices["pune-01", "gate"]} == company.punch_ids()


def test_people_without_a_badge_are_named(company: Company) -> None:
    """Nobody is asked about somebody whom no reader can know."""
    company.hire(Employee(employee_id="E9", name="Chetan"))
    assert company.resync().unmatched_employees == ("E9",)
    told = company.resync("r-2", people=OrgFilter(employees=("E1", "E9")))
    assert (told.unmatched_employees, told.unmatched_count, told.people_done) == (("E9",), 1, 1)
    with pytest.raises(Refusal, match="none of them has a badge that an edge knows: E9"):
        company.ask("r-3", people=OrgFilter(employees=("E9",)))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"reason": " "}, "needs a reason"),
        ({"readers": ("roof",)}, "no edge has the reader roof"),
        ({"people": OrgFilter(employees=("E8",))}, "nobody has the employee id 'E8'"),
        ({"people": OrgFilter(include=("E1",), exclude=("E1",))}, "selects nobody"),
        ({"span": Span(first=date(2026, 5, 12), last=date(2026, 5, 11))}, "before the first"),
        ({"span": Span(first=date(1980, 1, 1), last=date(2026, 5, 11))}, "3700 days at the most"),
    ],
)
def test_what_makes_no_sense_is_refused(company: Company, how: dict[str, Any], told: str) -> None:
    """The reason says what to mend."""
    with pytest.raises(Refusal, match=told):
        company.ask(**{"dry_run": "reason" not in how, **how})


def test_some_readers_only(company: Company) -> None:
    """A reader is named as people call it, or with its edge."""
    company.devices["surat-02", "gate"] = []
    company.resync(readers=("surat-02/gate",))
    company.resync("r-2", readers=("gate",))
    assert [edge for edge, _ in company.orders] == ["surat-02", "pune-01", "surat-02"]


def test_an_edge_that_is_away_is_waited_for_while_the_others_go_on(company: Company) -> None:
    """What has answered is landed at once; who is missing is named, and may still come."""
    company.devices["surat-02", "door"] = [
        punch("2026-05-14 09:00", reader=("surat-02", "door"), serial="S2")
    ]
    company.away = {"surat-02"}
    job = company.run(company.ask(reason="a test"))
    told = company.progress()
    assert (told.state, told.edges_waiting) == ("ordered", ("surat-02",))
    assert [reader.added for reader in told.readers] == [2, 0]
    assert told.people_done == 0
    company.away = set()
    company.land(*company.told(*company.orders[-1]), edge="surat-02")
    assert company.run(job).ended_at is not None
    told = company.progress()
    assert (told.state, told.people_done, [reader.added for reader in told.readers]) == (
        "reconciled",
        2,
        [2, 1],
    )


def test_who_does_not_come_in_time_expires_and_spoils_nobody_elses_part(company: Company) -> None:
    """At the deadline the waiting ends; what arrives behind it changes nothing any more."""
    company.devices["surat-02", "door"] = [
        punch("2026-05-14 09:00", reader=("surat-02", "door"), serial="S2")
    ]
    company.away = {"surat-02"}
    job = company.run(company.ask(reason="a test", expires_in_s=600))
    company.now += timedelta(seconds=601)
    company.run(job)
    told = company.progress()
    assert (told.state, [reader.state for reader in told.readers]) == ("expired", ["reconciled", "expired"])
    held = company.punch_ids()
    company.land(*company.told(*company.orders[-1]), edge="surat-02")
    company.run(company.stored())
    assert company.punch_ids() == held
    assert company.progress() == told
    with company.ledger.read() as connection:
        assert orders.open_orders(connection, "surat-02", company.now) == []
        assert connection.exec_driver_sql("SELECT count(*) FROM resync_found").scalar() == 0


def test_a_device_that_does_not_answer_is_told_with_its_reason(company: Company) -> None:
    """One terminal away is one line; the others are compared."""
    company.devices["pune-01", "roof"] = []
    job = company.ask(reason="a test")
    del company.devices["pune-01", "roof"]
    company.run(job)
    told = company.progress()
    assert told.state == "unreachable"
    assert [(it.reader, it.state, it.reason) for it in told.readers] == [
        ("gate", "reconciled", ""),
        ("roof", "unreachable", "no-answer"),
    ]


def test_another_edge_cannot_answer_for_this_one(company: Company) -> None:
    """A report counts only in the stream of the edge that was asked."""
    job = company.run(company.ask(reason="a test"), answering=False)
    edge, order = company.orders[-1]
    company.land(*company.told(edge, order), edge="surat-02")
    assert company.run(job, answering=False).ended_at is None
    assert company.progress().state == "ordered"


class _Killed(BaseException):
    """Central ends here."""


@pytest.mark.parametrize("dry", [True, False])
def test_central_may_be_killed_behind_any_transaction(
    company: Company, monkeypatch: pytest.MonkeyPatch, dry: bool
) -> None:
    """Wherever it dies, the next life goes on, and ends with the same figures and the same ledger."""
    monkeypatch.setattr("central.requests.resyncs.landing.TASKS", 1)
    monkeypatch.setattr("central.requests.resyncs.keeping.PIECE", 2)
    company.hold(*(punch(f"2026-05-{day} 09:00") for day in (13, 14, 15)), ledger=False)
    how: dict[str, Any] = {} if dry else {"reason": "a test"}
    plain = company.ledger.write
    left = 0

    @contextmanager
    def mortal() -> Iterator[Connection]:
        nonlocal left
        with plain() as connection:
            yield connection
        left -= 1
        if not left:
            raise _Killed

    lives = 1
    job = company.ask(**how)
    monkeypatch.setattr(company.ledger, "write", mortal)
    while job.ended_at is None:
        left = 1 + lives % 9
        try:
            job = company.run(company.stored())
        except _Killed:
            lives += 1
            company.restart()
            company._answered = 0 if lives % 2 else company._answered  # noqa: SLF001 - some edges tell twice
            job = company.stored()
        assert lives < 200
    monkeypatch.undo()
    told = company.progress()
    assert lives > 3
    assert told.state == "reconciled"
    assert told.readers[0].matched + told.readers[0].added + told.readers[0].to_add == 9
    assert told.readers[0].added == (0 if dry else 5)
    assert told.days_changed == 4
    assert len(company.punch_ids()) == (4 if dry else 9)


def test_what_a_kill_left_of_a_comparison_is_compared_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A punch that arrived since then is a plain match, whatever had been stored of it."""
    monkeypatch.setattr("central.requests.resyncs.keeping.PIECE", 1)
    company.run(company.ask(reason="a test"), answering=False)
    company.answer()

    def die(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr("central.ledger.resyncs.proofs.keep_device", die)
        with pytest.raises(_Killed):
            company.run(company.stored())
    assert len(company.page("punches")) == 2
    company.land(*company.devices["pune-01", "gate"])
    company.restart()
    assert company.run(company.stored()).ended_at is not None
    (gate,) = company.progress().readers
    assert (gate.matched, gate.added, company.page("punches")) == (6, 0, [])


def test_the_intake_gets_its_turn_between_pieces(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is missing, no transaction stores or lets go of more of it than a piece."""
    monkeypatch.setattr("central.requests.resyncs.keeping.PIECE", 3)
    monkeypatch.setattr("central.requests.resyncs.landing.TASKS", 3)
    company.hold(*(punch(f"2026-05-13 {hour:02}:00") for hour in range(9, 19)), ledger=False)
    plain, counts = company.ledger.write, {"resync_verdicts": [0], "resync_found": [16], "punches": [4]}

    @contextmanager
    def watched() -> Iterator[Connection]:
        with plain() as connection:
            yield connection
        with company.ledger.read() as connection:
            for table, told in counts.items():
                told.append(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608

    job = company.run(company.ask(reason="a test"), answering=False)
    company.answer()
    monkeypatch.setattr(company.ledger, "write", watched)
    assert company.run(job).ended_at is not None
    assert [told[-1] for told in counts.values()] == [12, 0, 16]
    for told in counts.values():
        assert max(abs(now - before) for before, now in pairwise(told)) <= 3


def test_what_comes_by_itself_meanwhile_is_a_match(company: Company) -> None:
    """A punch that the edge sends on its own before it is landed is not the resync's: undoing leaves it."""
    job = company.ask(reason="a test")
    company.run(job, answering=False)
    late = company.devices["pune-01", "gate"][-1]
    company.land(*company.told(*company.orders[-1]))
    company.land(late)
    company.run(job)
    (gate,) = company.progress().readers
    assert (gate.matched, gate.added) == (5, 1)
    company.undo()
    company.settle()
    assert any(it.punch == late.punch_id for it in _clockings(company, "E2", date(2026, 5, 12)))


def _clockings(company: Company, employee: str, day: date) -> Sequence[Clocking]:
    result = company.day(day, employee)
    return () if result is None else result.clockings


def test_a_cancelled_resync_lands_nothing_more(company: Company) -> None:
    """Its orders are over, and whatever still arrives for them is let go."""
    job = company.run(company.ask(reason="a test"), answering=False)
    shown = company.manage("cancel")
    assert shown.progress.state == "cancelled"
    company.land(*company.told(*company.orders[-1]))
    company.run(company.stored())
    assert len(company.punch_ids()) == 4
    assert company.progress().readers[0].added == 0
    assert job.job_id == company.stored().job_id
    with pytest.raises(Refusal, match="it has ended already"):
        company.manage("cancel")


def test_large_selections_go_in_pieces(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """No order names more people than fit, and people are done piece by piece."""
    monkeypatch.setattr(planning, "PIECE_PEOPLE", 3)
    company.hire(*(person(number) for number in range(3, 11)))
    company.hold(*(punch("2026-05-13 09:00", str(number)) for number in range(1, 11)), ledger=False)
    everybody = OrgFilter(employees=tuple(f"E{number}" for number in range(1, 11)))
    job = company.run(company.ask(reason="a test", people=everybody), answering=False)
    assert [len(order.badges or ()) for _, order in company.orders] == [3, 3, 3, 1]
    company.land(*company.told(*company.orders[1]))
    company.run(job, answering=False)
    assert company.progress().people_done == 3
    company.run(job)
    told = company.progress()
    assert (told.people_done, told.readers[0].added) == (10, 12)
    assert len(company.page("people")) == 10
    assert {(row["date"], row["equal"]) for row in company.page("proof")} == {
        ("2026-05-11", "yes"),
        ("2026-05-12", "yes"),
        ("2026-05-13", "yes"),
    }


def test_orders_stay_within_a_message(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long badges make smaller pieces, and what the ledger holds is told in coarser stretches if need be."""
    monkeypatch.setattr(planning, "PIECE_BYTES", 60)
    monkeypatch.setattr(ordering, "_MOST_STRETCHES", 1)
    monkeypatch.setattr(ordering, "STRETCH_PUNCHES", 1)
    ids = [f"long-badge-number-{number:04d}" for number in range(6)]
    company.hire(
        *(
            Employee(
                employee_id=f"L{number}",
                name="x",
                credentials=frozenset({Credential("user-id", badge)}),
            )
            for number, badge in enumerate(ids)
        )
    )
    company.hold(*(punch(f"2026-05-1{day} 09:00", ids[0]) for day in range(1, 8)))
    company.run(company.ask(people=OrgFilter(employees=tuple(f"L{number}" for number in range(6)))))
    assert [len(order.badges or ()) for _, order in company.orders] == [2, 2, 2]
    assert {len(order.known or ()) for _, order in company.orders} == {1}
    monkeypatch.setattr(planning, "PIECE_BYTES", 10)
    with pytest.raises(Refusal, match="too many badges for one order"):
        company.ask("r-2", people=OrgFilter(employees=("L0",)))


def test_the_outbox_can_be_asked_instead_of_the_device(company: Company) -> None:
    """A resend touches no device, and finds the same."""
    told = company.resync(mode="resend", reason="a test")
    assert {order.source for _, order in company.orders} == {"outbox"}
    assert told.readers[0].added == 2


def test_a_recomputation_asks_nobody(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The days are computed from what the ledger holds, tried first, then done, person by person."""
    monkeypatch.setattr("central.requests.resyncs.landing.PEOPLE", 1)
    with company.ledger.write() as connection:
        held = results.held(connection, ["E1"], number(WEEK.first), number(WEEK.last))
        for one in held.values():
            odd = replace(decode(one.result, DayResult), flags=("odd",))
            results.put(connection, [replace(one, result=encode(odd))])
    wrong = len(held)
    broken = company.kept()
    told = company.resync("r-0", mode="recompute")
    assert (told.state, told.days_changed, told.people_done, told.readers) == ("reconciled", wrong, 2, ())
    assert company.kept() == broken
    told = company.resync(mode="recompute", reason="a test")
    assert (told.state, told.days_changed) == ("reconciled", wrong)
    assert wrong > 1
    assert company.orders == []
    assert company.kept() != broken
    assert company.marks() == 0
