"""Promises of a resync that meets a fault of central's own: tried again, less and less often, or given up."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from central.access.scope import EVERYBODY, Sight, sight
from central.directory.directory import Directory
from central.ledger import orders
from central.ledger.database import Ledger, Unavailable
from central.ledger.resyncs.jobs import Job
from central.ledger.resyncs.tables import found
from central.requests.asking import Asking
from central.requests.replies import Replies
from central.requests.resyncs import landing
from central.requests.resyncs.announcing import Announcing
from central.requests.resyncs.desk import ResyncDesk
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import Company, punch
from tests.waiting import until
from wire.codec import decode
from wire.request import Answer
from wire.resync import ResyncRequest, ResyncsRequest
from wire.topics import Topics

PAUSES_S = (5, 30, 120, 600)


class Office(Company):
    """A company whose desk answers; the turns of its thread are taken by the test."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        super().__init__(ledger, folder, [person(1), person(2)])
        self.answers: list[Answer] = []
        self.asking: list[Asking] = []
        """What people ask in the next turn."""

    def _publish_answer(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
    ) -> bool:
        del topic, qos, retain, correlation
        self.answers.append(decode(payload, Answer))
        return True

    def directory(self) -> Directory:
        """The people as they are now."""
        return self._directory.directory()

    def desk(self) -> ResyncDesk:
        """A desk, not started yet."""
        replies = Replies(Topics(), self._publish_answer, self.ledger, lambda: self.now)
        announcing = Announcing(self.ledger, replies)
        return ResyncDesk(
            self.ledger,
            self.serving,
            self.following,
            self.undoing,
            self.scheduling,
            announcing,
            replies,
        )

    def turn(self) -> None:
        """One turn of a desk that was just started."""
        desk = self.desk()
        for asking in self.asking:
            desk.take(asking, sight(self.directory(), EVERYBODY))
        self.asking.clear()
        desk.connected()
        desk._turn(set())  # noqa: SLF001 - the thread is the test's

    def found(self) -> dict[bytes, bytes]:
        """What readers told, as it waits to be compared."""
        with self.ledger.read() as connection:
            return dict(map(tuple, connection.execute(select(found.c.punch_id, found.c.fact))))

    def find(self, facts: Mapping[bytes, bytes]) -> None:
        """Let what readers told be something else."""
        with self.ledger.write() as connection:
            for punch_id, fact in facts.items():
                connection.execute(update(found).where(found.c.punch_id == punch_id).values(fact=fact))

    def spoil(self) -> None:
        """Let it be what nobody can read."""
        self.find(dict.fromkeys(self.found(), b"{"))

    def tried_at(self, within_s: int) -> list[float]:
        """When the faults came, in seconds from now, if a turn is taken every 5 s in another life."""
        began, faults, found = self.now, 0, list[float]()
        while (self.now - began).total_seconds() <= within_s:
            self.restart()
            self.turn()
            if (known := self.stored().faults) != faults:
                faults = known
                found.append((self.now - began).total_seconds())
            self.now += timedelta(seconds=5)
        return found


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path) -> Office:
    """Two people at one gate; the ledger misses a day of one of them."""
    made = Office(ledger, tmp_path)
    made.at("2026-05-18 08:00")
    made.settings(OFFICE)
    made.hold(punch("2026-05-11 09:00"), punch("2026-05-11 17:00"))
    made.hold(punch("2026-05-12 08:50", "2"), punch("2026-05-12 17:15", "2"), ledger=False)
    made.settle()
    return made


def asked(office: Office) -> None:
    """Begin a resync, and let the reader tell what it holds."""
    office.run(office.ask(reason="a test", expires_in_s=86_400), answering=False)
    office.answer()


def test_a_fault_is_tried_again_less_and_less_often_and_given_up(office: Office) -> None:
    """However often central starts meanwhile; the stored report, the answer and the audit have the reason."""
    asked(office)
    office.spoil()
    tries = [0.0]
    for pause_s in PAUSES_S:
        tries.append(tries[-1] + pause_s)
    assert office.tried_at(1000) == tries
    told = office.progress()
    assert (told.state, told.readers[0].state, told.readers[0].reason) == (
        "failed",
        "failed",
        "central-fault",
    )
    assert "WireError" in told.fault
    assert told.readers[0].evidence == told.fault
    last = office.answers[-1]
    assert (last.status, last.reason) == ("failed", f"central gave it up at the 5th try: {told.fault}")
    assert office.audit()[-1] == ("anna", "r-1", "failed")
    assert office.manage("list", None).resyncs[0].state == "failed"
    assert office.found() == {}
    with office.ledger.read() as connection:
        assert orders.open_orders(connection, "pune-01", office.now) == []


def test_a_fault_that_passes_is_forgotten(office: Office) -> None:
    """The resync goes on where it was, and its report is as if nothing had been."""
    asked(office)
    told_before = office.found()
    office.spoil()
    assert office.tried_at(60) == [0, 5, 35]
    office.find(told_before)
    office.now += timedelta(minutes=5)
    assert office.run(office.stored()).ended_at is not None
    told = office.progress()
    assert (told.state, told.fault, told.readers[0].added) == ("reconciled", "", 2)


def test_what_was_landed_before_a_fault_can_be_undone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays, and counts, until a person takes it back."""
    before = office.kept()
    monkeypatch.setattr("central.requests.resyncs.landing.TASKS", 1)
    asked(office)
    office.turn()
    assert len(office.punch_ids()) == 3
    office.spoil()
    office.tried_at(1000)
    assert (office.progress().state, office.progress().readers[0].added) == ("failed", 1)
    assert office.kept() != before
    assert office.undo().state == "undone"
    assert office.kept() == before


def test_a_recomputation_is_given_up_as_well(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resync without readers is no exception, and the others go on beside it."""

    def odd(*_: Any) -> None:
        raise ValueError("an odd day")

    monkeypatch.setattr(landing.Landing, "_computed", odd)
    office.ask("r-2", reason="a test", mode="recompute")
    office.ask(reason="a test", expires_in_s=86_400)
    for _ in range(300):
        office.turn()
        office.answer()
        office.now += timedelta(seconds=5)
    assert (office.progress("r-2").state, office.progress().state) == ("failed", "reconciled")
    assert "an odd day" in office.progress("r-2").fault


def test_what_the_ledger_refuses_one_resync_holds_up_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the database has against a statement: the others are worked at in the same turn."""
    odd = office.ask("r-0", reason="a test", expires_in_s=86_400)
    asked(office)
    plain = office.following.turn

    def refused(job: Job) -> tuple[Job, bool]:
        if job.job_id == odd.job_id:
            raise Unavailable("too many terms")
        return plain(job)

    for _ in range(10):
        monkeypatch.setattr(office.following, "turn", refused)
        with pytest.raises(Unavailable):
            office.turn()
    assert (office.progress("r-0").state, office.progress().state) == ("requested", "reconciled")


def test_the_desk_outlives_what_is_odd_in_all_of_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks is answered, though what is open cannot be looked at."""
    desk = office.desk()
    looked = threading.Event()

    def odd(*_: object) -> None:
        looked.set()
        raise ValueError("an odd job")

    monkeypatch.setattr("central.ledger.resyncs.jobs.still_open", odd)
    desk.start()
    try:
        assert looked.wait(20)
        request = ResyncsRequest(request_id="q-1")
        desk.take(Asking("anna", "resyncs", request), sight(office.directory(), EVERYBODY))
        until(lambda: [one.status for one in office.answers] == ["done"])
        assert desk.alive
    finally:
        desk.stop()


def had_a_night(office: Office) -> None:
    """Let each branch have had its first turn, and be due for the next one."""
    office.at("2026-05-19 01:00")
    for _ in range(28):
        office.scheduling.begin_due()
        office.now += timedelta(minutes=15)
    office.now += timedelta(days=1)


def test_an_odd_branch_holds_up_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daily resyncs of the others begin; its own does once it can."""
    office.devices["surat-02", "door"] = []
    had_a_night(office)
    plain = office.serving.begin

    def odd(user: str, request: ResyncRequest, seen: Sight) -> Job:
        if request.readers == ("pune-01/gate",):
            raise ValueError("an odd branch")
        return plain(user, request, seen)

    with monkeypatch.context() as patched:
        patched.setattr(office.serving, "begin", odd)
        assert names(office.scheduling.begin_due()) == ["daily-surat-02-2026-05-20"]
    assert names(office.scheduling.begin_due()) == ["daily-pune-01-2026-05-20"]
    assert office.scheduling.begin_due() == []


def test_a_turn_that_fell_into_an_outage_is_taken_when_it_is_over(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that is away when the branch has its turn does not cost it the day."""
    had_a_night(office)

    def away(*_: object) -> None:
        raise Unavailable("the ledger is away")

    with monkeypatch.context() as patched:
        patched.setattr(office.serving, "begin", away)
        with pytest.raises(Unavailable):
            office.scheduling.begin_due()
    assert names(office.scheduling.begin_due()) == ["daily-pune-01-2026-05-20"]


def names(begun: Sequence[Job]) -> list[str]:
    """What resyncs are called."""
    return [job.request.request_id for job in begun]
