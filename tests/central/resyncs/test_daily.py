"""Promises of the daily resyncs: each branch once a day, through restarts, and gone when they are old."""

from datetime import timedelta
from pathlib import Path

import pytest

from central.ledger.database import Ledger
from central.ledger.resyncs import jobs, pruning
from central.requests.resyncs.ordering import CENTRAL
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import Company, punch

DAY = timedelta(days=1)


@pytest.fixture
def company(ledger: Ledger, tmp_path: Path) -> Company:
    """One person at one gate, on a Monday before the night's turn is over."""
    made = Company(ledger, tmp_path, [person(1)])
    made.at("2026-05-18 01:00")
    made.settings(OFFICE)
    made.hold(punch("2026-05-15 09:00"))
    made.hold(punch("2026-05-15 17:00"), ledger=False)
    made.scheduling.begin_due()
    made.settle()
    return made


def turns(company: Company, hours: int) -> list[str]:
    """What is begun within so many hours, looked at every quarter."""
    begun: list[str] = []
    for _ in range(hours * 4):
        company.now += timedelta(minutes=15)
        for job in company.scheduling.begin_due():
            begun.append(job.request.request_id)
            company.run(job)
    return begun


def test_each_branch_has_its_turn_once_a_day(company: Company) -> None:
    """What the ledger misses of the last days is there in the morning, and the audit says who did it."""
    company.devices["surat-02", "door"] = []
    assert sorted(turns(company, 7)) == ["daily-pune-01-2026-05-18", "daily-surat-02-2026-05-18"]
    assert company.progress("daily-pune-01-2026-05-18", CENTRAL).readers[0].added == 1
    assert (CENTRAL, "daily-pune-01-2026-05-18", "reconciled") in company.audit()
    assert turns(company, 12) == []
    assert len(turns(company, 24)) == 2


def test_a_turn_that_was_missed_is_made_up_for_where_there_were_others(company: Company) -> None:
    """Central that was down in the night does it when it is back; a new one waits for its first night."""
    company.now += timedelta(hours=12)
    company.restart()
    assert company.scheduling.begin_due() == []
    turns(company, 24)
    company.now += timedelta(hours=20)
    company.restart()
    assert [job.request.request_id for job in company.scheduling.begin_due()] == ["daily-pune-01-2026-05-20"]
    company.restart()
    assert company.scheduling.begin_due() == []


def test_nothing_comes_back_that_a_person_took_back(company: Company) -> None:
    """A daily resync finds it again, says so, and leaves it."""
    before = company.kept()
    company.resync(reason="a test")
    company.undo()
    turns(company, 7)
    told = company.progress("daily-pune-01-2026-05-18", CENTRAL).readers[0]
    assert (told.added, told.only_on_device) == (0, 0)
    company.settle()
    assert company.kept()["workdays"] == before["workdays"]


def test_nothing_comes_back_that_a_person_took_back_in_between(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the comparison and the landing somebody may have added it, and taken it back."""
    while not (begun := company.scheduling.begin_due()):
        company.now += timedelta(minutes=15)
    (job,) = begun
    with monkeypatch.context() as patched:
        patched.setattr(company.following, "_may_land", lambda _: False)
        company.run(job)
    before = company.kept()["workdays"]
    company.resync(reason="a test")
    company.undo()
    name = job.request.request_id
    assert company.run(company.stored(name, CENTRAL)).ended_at is not None
    assert company.progress(name, CENTRAL).readers[0].added == 0
    company.settle()
    assert company.kept()["workdays"] == before


def test_many_old_ones_are_forgotten_a_few_at_a_time(company: Company) -> None:
    """Central that was down for long has many to forget, and the intake waits for none of it for long."""
    turns(company, 24 * 12)
    forgotten = []
    while True:
        with company.ledger.write() as connection:
            forgotten.append(pruning.forget(connection, CENTRAL, company.now))
        if not forgotten[-1]:
            break
    assert sum(forgotten) > 10
    assert max(forgotten) <= 5


def test_old_ones_that_changed_nothing_are_forgotten(company: Company) -> None:
    """What can be undone stays for ever, and every person's."""
    turns(company, 24)
    company.resync(reason="a test")
    for _ in range(45):
        company.now += DAY
        for job in company.scheduling.begin_due():
            company.run(job)
    with company.ledger.read() as connection:
        kept = [job.request.request_id for job in jobs.latest(connection, 1000)]
        tables = ("resync_parts", "resync_proofs", "resync_people")
        left = [
            connection.exec_driver_sql(
                f"SELECT count(*) FROM {table} WHERE job_id NOT IN (SELECT job_id FROM resync_jobs)"  # noqa: S608
            ).scalar()
            for table in tables
        ]
    assert {"r-1", "daily-pune-01-2026-05-18"} <= set(kept)
    assert 35 <= len(kept) <= 40
    assert left == [0, 0, 0]
