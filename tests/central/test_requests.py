"""Promises of the people's requests: from the topic to the ledger, to the edges, and back."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from central.ledger import audit, filters
from simulators.mosquitto import Mosquitto
from tests.central.centre import Centre, Clock, HandEdge, centre, hand_edge, serving, utc_now
from tests.central.facts import START, card_punch, terminal_punch
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.admin import Request
from wire.codec import MESSAGE_LIMIT
from wire.facts import Span
from wire.listing import PunchesPage, PunchesRequest, Summary, SummaryRequest
from wire.people import FiltersRequest, OrgFilter, SavedFilters
from wire.request import Answer
from wire.resync import ResyncList, ResyncProgress, ResyncRequest, ResyncShown, ResyncsRequest

T = TypeVar("T")
ONE_DAY = b'{"first": "2026-05-11", "last": "2026-05-11"}'
BACKWARDS = b'{"first": "2026-05-12", "last": "2026-05-11"}'
MAY = Span(first=date(2026, 5, 11), last=date(2026, 5, 11))


@pytest.fixture
def database(tmp_path: Path) -> str:
    """One ledger in a file; what the database itself must keep is tested on both kinds elsewhere."""
    return str(tmp_path / "ledger.db")


@pytest.fixture
def anna(broker: Mosquitto) -> Iterator[Peer]:
    """A person on the broker."""
    with peer(broker, "anna") as one:
        one.subscribe(TOPICS.answers("anna"))
        yield one


@pytest.fixture
def edge(broker: Mosquitto) -> Iterator[HandEdge]:
    """The edge pune-01, spoken by hand."""
    with hand_edge(broker) as one:
        yield one


def _ask(anna: Peer, verb: str, request: Request) -> None:
    anna.send(TOPICS.request("anna", verb), request)


def _answers(anna: Peer, request_id: str) -> list[Answer]:
    return anna.all(TOPICS.answer("anna", request_id), Answer)


def _final(anna: Peer, request_id: str, kind: type[T]) -> T:
    """Wait for the last answer to a request, which must not be a refusal."""
    until(lambda: any(one.status != "progress" for one in _answers(anna, request_id)))
    last = _answers(anna, request_id)[-1]
    assert last.status == "done", last
    return msgspec.convert(last.body, kind)


def _refused(anna: Peer, request_id: str) -> str:
    until(lambda: _answers(anna, request_id))
    (only,) = _answers(anna, request_id)
    assert only.status == "refused"
    return only.reason


def _resync(request_id: str, *employees: str, **how: Any) -> ResyncRequest:
    reason = "" if how.get("dry_run") else "a test"
    return ResyncRequest(
        request_id=request_id, people=OrgFilter(employees=employees), span=MAY, reason=reason, **how
    )


def _known(one: Centre, *readers: str) -> None:
    """Wait until central knows that the edge has these readers."""
    until(lambda: one.watch.readers().get("pune-01") == readers)


def test_a_resync_goes_from_the_request_to_the_reconciliation(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """What device and ledger share is matched, what the ledger missed is added, the rest is named."""
    one, two, three, gone = (terminal_punch(n, user="1", how="catch-up") for n in (1, 2, 3, 4))
    codes = terminal_punch(5, user="1", direction=0, how="catch-up")
    stranger = terminal_punch(6, user="77")
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        edge.tell(one, two, gone, codes, stranger)
        _ask(anna, "resync", _resync("r-1", "E1", "E9"))
        order = edge.order()
        assert order.badges == ("1",)
        assert order.span == MAY
        assert (order.since, order.until) == (
            START - timedelta(hours=13, minutes=30),
            START + timedelta(hours=10, minutes=30),
        )
        edge.carry_out(order, one, two, three, terminal_punch(5, user="1", direction=1))
        progress = _final(anna, "r-1", ResyncProgress)
        with central.ledger.read() as connection:
            lines = audit.entries(connection)
            (other,) = connection.exec_driver_sql("SELECT reason FROM conflicts").all()
    assert progress.unmatched_employees == ("E9",)
    (gate,) = progress.readers
    figures = (gate.matched, gate.added, gate.only_in_ledger, gate.in_conflict, gate.read)
    assert figures == (2, 1, 1, 1, 4)
    assert (gate.state, other) == ("reconciled", ("other-codes",))
    assert _answers(anna, "r-1")[0].status == "progress"
    assert [(line.actor, line.subject, line.detail["outcome"]) for line in lines] == [
        ("anna", "r-1", "reconciled"),
        ("pune-01", order.order_id, "done"),
        ("central", order.order_id, "given"),
        ("anna", "r-1", "accepted"),
    ]


def test_resyncs_are_listed_shown_and_undone(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Afterwards everybody who may sees what it did, and can take it back."""
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        _ask(anna, "resync", _resync("r-1", "E1"))
        edge.carry_out(edge.order(), terminal_punch(1, user="1"))
        _final(anna, "r-1", ResyncProgress)
        _ask(anna, "resyncs", ResyncsRequest(request_id="q-1"))
        (entry,) = _final(anna, "q-1", ResyncList).resyncs
        assert (entry.name, entry.user, entry.state, entry.selected) == ("r-1", "anna", "reconciled", 1)
        _ask(anna, "resyncs", ResyncsRequest(request_id="q-2", do="show", name="r-1", what="punches"))
        assert [row[1] for row in _final(anna, "q-2", ResyncShown).rows] == ["added"]
        _ask(anna, "resyncs", ResyncsRequest(request_id="q-3", do="undo", name="r-1"))
        assert _final(anna, "q-3", ResyncShown).entry.undone_by == "anna"
        _ask(anna, "resyncs", ResyncsRequest(request_id="q-4", do="undo", name="r-1"))
        assert "anna undid it" in _refused(anna, "q-4")


def test_a_cancelled_resync_tells_who_waits_for_it(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """The first request gets its last answer when the second ends it."""
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        _ask(anna, "resync", _resync("r-1", "E1"))
        edge.order()
        _ask(anna, "resyncs", ResyncsRequest(request_id="q-1", do="cancel", name="r-1"))
        assert _final(anna, "r-1", ResyncProgress).state == "cancelled"


def test_a_resync_survives_a_restart_of_central(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Central killed between order and report goes on where it was, and sends the order again."""
    punch = terminal_punch(1, user="1")
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        _ask(anna, "resync", _resync("r-1", "E1"))
        order = edge.order()
    with centre(broker, database):
        until(lambda: len(edge.orders()) >= 2)
        assert edge.orders()[-1] == order
        edge.carry_out(order, punch)
        progress = _final(anna, "r-1", ResyncProgress)
    assert (progress.readers[0].state, progress.readers[0].added) == ("reconciled", 1)


def test_what_arrived_while_nobody_followed_is_found_after_the_restart(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """A report whose commit was central's last act is reconciled by the next life."""
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        _ask(anna, "resync", _resync("r-1", "E1"))
        order = edge.order()
        central.requests.stop()
        edge.carry_out(order)
    with centre(broker, database):
        assert _final(anna, "r-1", ResyncProgress).state == "reconciled"


def test_an_offline_edge_is_waited_for(broker: Mosquitto, database: str, anna: Peer, edge: HandEdge) -> None:
    """The order of an edge that is away waits, and reaches it when it returns."""
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        edge.status(online=False, reason="stopped")
        _ask(anna, "resync", _resync("r-1", "E1"))
        until(edge.orders)
        before = len(edge.orders())
        edge.session = "s2"
        edge.status()
        until(lambda: len(edge.orders()) > before)
        edge.carry_out(edge.order())
        assert _final(anna, "r-1", ResyncProgress).state == "reconciled"


def test_an_edge_that_does_not_return_in_time_expires(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """At the deadline the waiting ends with `expired`, by central's own clock, and stays so."""
    clock = Clock()
    with centre(broker, database, clock=clock) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        _ask(anna, "resync", _resync("r-1", "E1", expires_in_s=600))
        order = edge.order()
        clock.ahead = timedelta(seconds=601)
        (part,) = _final(anna, "r-1", ResyncProgress).readers
        assert (part.state, part.reason) == ("expired", "expired")
        edge.carry_out(order)
        _ask(anna, "resync", _resync("r-1", "E1"))
        until(lambda: sum(one.status == "done" for one in _answers(anna, "r-1")) == 2)
        assert _final(anna, "r-1", ResyncProgress).state == "expired"


@pytest.mark.parametrize(
    ("verb", "payload", "reason"),
    [
        ("fly", b'{"request_id": "r-1"}', "there is no verb 'fly'"),
        ("resync", b'{"request_id": "r-1"}', "span"),
        ("resync", b'{"request_id": "r-1", "employes": ["E1"]}', "employes"),
        ("summary", b'{"request_id": "r-1", "user": "central"}', "user"),
        (
            "resync",
            b'{"request_id": "r-1", "dry_run": true, "span": %s}' % BACKWARDS,
            "before the first",
        ),
        (
            "resync",
            b'{"request_id": "r-1", "reason": "x", "people": {"employees": ["E9"]}, "span": %s}' % ONE_DAY,
            "none of them has a badge that an edge knows: E9",
        ),
        ("resync", b'{"request_id": "r-1", "span": %s}' % ONE_DAY, "needs a reason"),
        ("resyncs", b'{"request_id": "r-1", "do": "undo"}', "needs the name of a resync"),
        (
            "punches",
            b'{"request_id": "r-1", "span": {"first": "0001-01-01", "last": "9999-12-31"}}',
            "dates must lie between",
        ),
        (
            "punches",
            b'{"request_id": "r-1", "employee": "E11", "span": %s}' % ONE_DAY,
            "did you mean E1",
        ),
        (
            "punches",
            b'{"request_id": "r-1", "reader": "a\\u0000", "span": %s}' % ONE_DAY,
            "neither the name of a reader",
        ),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_refused_with_the_reason(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge, verb: str, payload: bytes, reason: str
) -> None:
    """The person learns what is wrong, and the audit that it was asked."""
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        _known(central, "front-gate")
        anna.send(TOPICS.request("anna", verb), payload)
        assert reason in _refused(anna, "r-1")
        with central.ledger.read() as connection:
            (line,) = audit.entries(connection)
    assert (line.actor, line.verb, line.subject, line.detail["outcome"]) == ("anna", verb, "r-1", "refused")


@pytest.mark.parametrize(
    ("wanted", "arrives"),
    [
        ("admin/anna/answers/s-1/deeper", "admin/anna/answers/s-1/deeper"),
        ("admin/bert/answers/s-1", "admin/anna/answers/s-1"),
        ("edge/pune-01/orders", "admin/anna/answers/s-1"),
        ("admin/anna/answers", "admin/anna/answers/s-1"),
        ("admin/anna/summary", "admin/anna/answers/s-1"),
    ],
)
def test_answers_go_where_a_request_wants_them_if_that_is_below_its_users_own(
    broker: Mosquitto, database: str, anna: Peer, wanted: str, arrives: str
) -> None:
    """A response topic of MQTT 5 counts below the user's own answers alone, and carries what it was given."""
    anna.subscribe("punchwire/v1/admin/anna/answers/#")
    with centre(broker, database):
        serving(anna)
        topic = f"punchwire/v1/{arrives}"
        request = SummaryRequest(request_id="s-1")
        anna.ask(TOPICS.request("anna", "summary"), request, f"punchwire/v1/{wanted}", b"\x01mine")
        until(lambda: anna.heard.get(topic))
        answer, *_ = anna.all(topic, Answer)  # two subscriptions hear it
    assert (answer.request_id, answer.status, anna.carried[topic]) == ("s-1", "done", b"\x01mine")
    assert set(anna.heard) <= {topic, TOPICS.central_status}


def test_nonsense_is_audited_and_disturbs_nobody(broker: Mosquitto, database: str, anna: Peer) -> None:
    """A message without a request id cannot be answered; the next request is."""
    with centre(broker, database) as central:
        serving(anna)
        for payload in (b"{", b"[]", b"\xff\xfe", b'{"request_id": "../x"}', b'{"request_id": "a b"}'):
            anna.send(TOPICS.request("anna", "summary"), payload)
        _ask(anna, "summary", SummaryRequest(request_id="r-2"))
        _final(anna, "r-2", Summary)
        with central.ledger.read() as connection:
            outcomes = [line.detail["outcome"] for line in audit.entries(connection)]
    assert outcomes == ["done", *["refused"] * 5]


def test_a_resync_without_any_reader_is_refused(broker: Mosquitto, database: str, anna: Peer) -> None:
    """Nobody waits for an edge that does not exist."""
    with centre(broker, database):
        serving(anna)
        _ask(anna, "resync", _resync("r-1", "E1"))
        assert "no edge with a reader" in _refused(anna, "r-1")


def test_punches_are_listed_by_page_by_person_and_by_reader(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Pages join without a gap or a double, and filters leave only what was asked for."""
    punches = [terminal_punch(n, user=str(n % 3)) for n in range(10)]
    punches.append(card_punch(11, "24:8E6D5D"))
    with centre(broker, database):
        edge.come_up("desk", "front-gate")
        edge.tell(*punches)
        seen: list[str] = []
        after = None
        for number in range(6):
            _ask(
                anna,
                "punches",
                PunchesRequest(
                    request_id=f"p-{number}",
                    span=Span(first=date(2026, 5, 10), last=date(2026, 5, 12)),
                    limit=2,
                    after=after,
                ),
            )
            page = _final(anna, f"p-{number}", PunchesPage)
            seen += [row.punch_id for row in page.punches]
            after = page.after
        assert after is None
        assert sorted(seen) == sorted(punch.punch_id for punch in punches)
        _ask(anna, "punches", PunchesRequest(request_id="p-e", span=MAY, employee="E1"))
        rows = _final(anna, "p-e", PunchesPage).punches
        assert [(row.employee, row.name, row.badge, row.direction) for row in rows] == [
            ("E1", "Asha", "1", "in")
        ] * 3
        assert rows[0].wall == "2026-05-11 08:01:00"
        for number, reader in enumerate(("desk", "pune-01/desk")):
            _ask(anna, "punches", PunchesRequest(request_id=f"p-r{number}", span=MAY, reader=reader))
            assert [row.reader for row in _final(anna, f"p-r{number}", PunchesPage).punches] == ["desk"]


def test_a_full_page_fits_the_wire(broker: Mosquitto, database: str, anna: Peer, edge: HandEdge) -> None:
    """450 punches with long badges come in as many pages as the limit of a message asks for."""
    punches = [terminal_punch(n, user="\u0906" * 60 + str(n)) for n in range(450)]
    with centre(broker, database):
        edge.come_up("front-gate")
        for start in range(0, 450, 50):
            edge.tell(*punches[start : start + 50])
        got, after, number = 0, None, 0
        while number == 0 or after is not None:
            number += 1
            _ask(anna, "punches", PunchesRequest(request_id=f"p-{number}", span=MAY, limit=500, after=after))
            page = _final(anna, f"p-{number}", PunchesPage)
            got, after = got + len(page.punches), page.after
            assert len(anna.heard[TOPICS.answer("anna", f"p-{number}")][-1]) <= MESSAGE_LIMIT
    assert got == 450
    assert number > 1


def test_the_summary_counts_the_ledger_and_who_is_in(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """Punches by reader, and the employees whose last punch today was an IN."""
    now = utc_now() + timedelta(hours=5, minutes=30)
    today = now.replace(tzinfo=None, hour=0, minute=0, second=1, microsecond=0)
    punches = [
        terminal_punch(1, user="1", wall=today),
        terminal_punch(2, user="2", wall=today),
        terminal_punch(3, user="2", wall=today + timedelta(minutes=2), direction=1),
        terminal_punch(4, user="1", wall=today - timedelta(days=40)),
    ]
    with centre(broker, database):
        edge.come_up("front-gate")
        edge.tell(*punches)
        _ask(anna, "summary", SummaryRequest(request_id="s-1"))
        told = _final(anna, "s-1", Summary)
    assert told == Summary(punches=4, present=1, quarantined=0, by_reader={"pune-01/front-gate": 4})


def test_a_saved_filter_is_found_by_its_name_under_who_asks(
    broker: Mosquitto, database: str, anna: Peer, edge: HandEdge
) -> None:
    """A resync by name is one by the filter as it was saved when it began; others' names mean nothing."""
    with centre(broker, database) as central:
        edge.come_up("front-gate")
        until(lambda: central.watch.readers().get("pune-01"))
        two = OrgFilter(employees=("E1", "E2"))
        _ask(anna, "filters", FiltersRequest(request_id="s1", do="save", name="two", people=two))
        _final(anna, "s1", SavedFilters)
        less = OrgFilter(saved="two", exclude=("E2",))
        _ask(anna, "filters", FiltersRequest(request_id="s2", do="save", name="one", people=less))
        kept = {one.name: one.people for one in _final(anna, "s2", SavedFilters).filters}
        assert kept == {"one": OrgFilter(employees=("E1", "E2"), exclude=("E2",)), "two": two}
        resync = ResyncRequest(
            request_id="r1", span=MAY, people=OrgFilter(saved="one"), mode="recompute", reason="a test"
        )
        _ask(anna, "resync", resync)
        told = _final(anna, "r1", ResyncProgress)
        assert (told.people, told.selected) == (kept["one"], 1)
        _ask(anna, "filters", FiltersRequest(request_id="s3", do="delete", name="one"))
        _final(anna, "s3", SavedFilters)
        _ask(anna, "resync", msgspec.structs.replace(resync, request_id="r2"))
        assert _refused(anna, "r2") == "no filter is saved as 'one'; there are two"
        with central.ledger.write() as connection:
            filters.save(connection, "bela", "hers", two)
        hers = OrgFilter(saved="hers")
        _ask(anna, "resync", msgspec.structs.replace(resync, request_id="r3", people=hers))
        assert _refused(anna, "r3") == "no filter is saved as 'hers'; there are two"
        with central.ledger.write() as connection:
            filters.save(connection, filters.ALL, "hers", two)
            filters.save(connection, filters.ALL, "two", OrgFilter(employees=("E2",)))
        for number, name in enumerate(("hers", "two"), 4):
            own_first = msgspec.structs.replace(resync, request_id=f"r{number}", people=OrgFilter(saved=name))
            _ask(anna, "resync", own_first)
            assert _final(anna, f"r{number}", ResyncProgress).people == two
