"""What the ledger learns reaches the exporters: all of it, in order, again until the other side has it."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from central.exporters.exporter import Batch, What
from central.exporters.http import HttpExporter, HttpOptions
from central.ledger import exports, landing
from central.ledger.database import Ledger
from central.ledger.people import People
from central.outflow.pages import Pages
from central.outflow.sender import Plan, Sender
from central.streams import Parcel
from tests.central.conftest import NOW
from tests.central.days.works import MONDAY, OFFICE, SITES, Works
from tests.central.exporters.hrms import Answer, Hrms, running_hrms
from tests.central.exporters.test_http import SECRET
from tests.central.facts import terminal_punch
from tests.central.postgres import Postgres
from tests.waiting import until


@pytest.fixture
def hrms() -> Iterator[Hrms]:
    """The other side."""
    with running_hrms() as running:
        yield running


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """A works with one person, an office shift, and a Monday of work behind it."""
    made = Works(ledger, tmp_path)
    made.settings(OFFICE, since=MONDAY)
    made.punch("2026-05-11 08:55")
    made.punch("2026-05-11 17:05")
    made.settle()
    return made


def sender(works: Works, hrms: Hrms, *what: What, rows: int = 200, since: date | None = None) -> Sender:
    """A sender to the HRMS as central has it, new as after a start."""
    secret = works.folder / "hrms.secret"
    secret.write_text(SECRET)
    exporter = HttpExporter("payroll", HttpOptions(url=hrms.url, secret_file=secret))
    pages = Pages(works.ledger, People(works.ledger), SITES.zones)
    return Sender(Plan("payroll", exporter, what or ("days",), rows, since), pages, works.ledger)


def sent_now(sending: Sender, what: What = "days") -> None:
    """Let it send until nothing is left."""
    for _ in range(1000):
        if not sending.turn(what):
            return
    raise AssertionError("it never comes to an end")


def stand(works: Works, what: str = "days") -> exports.Stand:
    """Where the exporter stands."""
    with works.ledger.read() as connection:
        found = exports.stand(connection, "payroll", what)
    assert found is not None
    return found


def test_changed_days_go_out_and_nothing_twice(works: Works, hrms: Hrms) -> None:
    """A day goes out when it is there, again when it has changed, and not again when it was only computed."""
    sending = sender(works, hrms)
    sent_now(sending)
    first = [(row["date"], row["status"], len(row.get("clockings", ()))) for row in hrms.rows()]
    works.settle()
    sent_now(sending)
    unchanged = len(hrms.rows())
    works.punch("2026-05-11 19:30")
    works.settle()
    sent_now(sending)
    later = hrms.rows()[unchanged:]
    assert ("2026-05-11", "present", 2) in first
    assert unchanged == len(first)
    assert [row["date"] for row in later] == ["2026-05-11"]
    assert len(later[0]["clockings"]) > 2


def test_punches_go_out_in_the_order_of_arrival(works: Works, hrms: Hrms) -> None:
    """A punch that arrives late has its turn when it arrives, with the person whom it belongs to."""
    sending = sender(works, hrms, "punches")
    sent_now(sending, "punches")
    works.punch("2026-05-01 09:00")
    works.punch("2026-05-12 09:00", user="77")
    sent_now(sending, "punches")
    assert [(row["wall"], row["employee"]) for row in hrms.rows()] == [
        ("2026-05-11T08:55:00", "E1"),
        ("2026-05-11T17:05:00", "E1"),
        ("2026-05-01T09:00:00", "E1"),
        ("2026-05-12T09:00:00", None),
    ]


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_no_page_loses_a_row(works: Works, hrms: Hrms, rows: int) -> None:
    """However the rows are cut into batches, each goes out once."""
    for minute in range(7):
        works.punch(f"2026-05-12 09:{minute:02}", user=str(minute))
    sending = sender(works, hrms, "punches", rows=rows)
    sent_now(sending, "punches")
    walls = [row["wall"][11:16] for row in hrms.rows()]
    assert walls == ["08:55", "17:05", *(f"09:{minute:02}" for minute in range(7))]
    assert stand(works, "punches").sent == 9


def test_history_before_a_date_stays_at_home(works: Works, hrms: Hrms) -> None:
    """An HRMS that begins in May is not sent what was before."""
    works.punch("2026-05-12 09:00")
    sent_now(sender(works, hrms, "punches", since=date(2026, 5, 12)), "punches")
    assert [row["wall"] for row in hrms.rows()] == ["2026-05-12T09:00:00"]


def test_busy_side_gets_the_same_batch_again(works: Works, hrms: Hrms) -> None:
    """What was not taken is sent again with the same id, also by a central that was killed in between."""
    seen: list[str] = []

    def refuse(body: bytes) -> Answer:
        seen.append(json.loads(body)["rows"][0]["date"])
        return (503, {}, b"busy")

    hrms.judge = refuse
    assert not sender(works, hrms).turn("days")
    assert stand(works).trouble == "HTTP 503: busy"
    assert stand(works).sent == 0
    hrms.judge = None
    sent_now(sender(works, hrms))
    assert seen[0] == hrms.rows()[0]["date"]
    assert stand(works).trouble == ""
    assert stand(works).sent == len(hrms.rows())


def test_same_rows_have_the_same_batch_id(works: Works, hrms: Hrms) -> None:
    """The other side can know a repetition by its id."""
    batches: list[Batch] = []

    class Forgetful:
        """Takes a batch, and its central dies before it can note that."""

        Options: ClassVar[type[msgspec.Struct]] = HttpOptions

        def __init__(self, *_: object) -> None:
            pass

        def send(self, batch: Batch) -> None:
            batches.append(batch)
            if len(batches) == 1:
                raise MemoryError

        def close(self) -> None:
            pass

    pages = Pages(works.ledger, People(works.ledger), SITES.zones)
    for _ in range(2):
        Sender(Plan("payroll", Forgetful()), pages, works.ledger).turn("days")
    assert batches[0] == batches[1]
    assert hrms.posted == []


def test_too_many_rows_are_sent_in_halves(works: Works, hrms: Hrms) -> None:
    """A side with a small limit gets smaller bodies, in order; one row that is too large needs a person."""
    for minute in range(5):
        works.punch(f"2026-05-12 09:{minute:02}")
    hrms.judge = lambda body: (413, {}, b"") if len(json.loads(body)["rows"]) > 2 else (204, {}, b"")
    sent_now(sender(works, hrms, "punches"), "punches")
    walls = [row["wall"] for row in hrms.rows()]
    assert len(walls) == 7
    assert walls[2:] == sorted(walls[2:])
    hrms.judge = lambda _: (413, {}, b"")
    works.punch("2026-05-12 10:00")
    sent_now(sender(works, hrms, "punches"), "punches")
    assert stand(works, "punches").trouble.startswith("a single row is too large")


def test_refusal_stops_until_a_person_moves_the_place(works: Works, hrms: Hrms) -> None:
    """A refused batch is not hammered; when a person moves the place, it goes on at once."""
    hrms.judge = lambda _: (422, {}, b"who is E1?")
    sending = sender(works, hrms)
    sent_now(sending)
    hrms.judge = None
    sent_now(sending)
    assert hrms.rows() == []
    with works.ledger.write() as connection:
        held = exports.stand(connection, "payroll", "days")
        assert held is not None
        exports.keep(connection, exports.Stand("payroll", "days", b"", 0, None, None, ""))
    sent_now(sending)
    assert hrms.rows() != []


def test_slow_side_delays_nobody_and_stops_in_time(works: Works, hrms: Hrms) -> None:
    """Each exporter has a thread of its own, which ends when it is told."""
    taken = threading.Event()

    def slowly(_: bytes) -> Answer:
        taken.set()
        return (204, {}, b"")

    hrms.judge = slowly
    sending = sender(works, hrms, "days", "punches")
    sending.start()
    assert taken.wait(20)
    until(lambda: len(hrms.rows()) > 2)
    sending.stop(10)
    assert not sending.alive


def test_writer_that_commits_late_is_waited_for(postgres: Postgres, tmp_path: Path, hrms: Hrms) -> None:
    """A row whose transaction was open while rows behind it were sent is not skipped."""
    ledger = Ledger(postgres.create("late_writer"))
    ledger.migrate(NOW)
    works = Works(ledger, tmp_path)
    landed, go_on = threading.Event(), threading.Event()

    def late() -> None:
        fact = terminal_punch(1, serial="LATE")
        with ledger.write() as connection:
            landing.land(connection, [Parcel("late-01", "outbox-late", 1, 1, 0, ((1, fact),))], NOW)
            landed.set()
            go_on.wait(20)

    writer = threading.Thread(target=late)
    writer.start()
    assert landed.wait(20)
    works.punch("2026-05-12 09:00")
    sending = sender(works, hrms, "punches")
    sending.start()
    with pytest.raises(AssertionError):
        until(lambda: hrms.posted, within_s=0.5)
    go_on.set()
    writer.join()
    until(lambda: len(hrms.rows()) == 2)
    sending.stop(10)
    ledger.close()
    assert [row["edge"] for row in hrms.rows()] == ["late-01", "pune-01"]
