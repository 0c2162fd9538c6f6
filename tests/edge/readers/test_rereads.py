"""Promises of the answer to a re-read order."""

from datetime import UTC, date, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.rereads import Log, answer, reports
from tests.edge.making import punch
from wire.account import tally
from wire.codec import MESSAGE_LIMIT
from wire.facts import Fact, FoundPunch, RereadReport, Span
from wire.order import RereadOrder
from wire.punch import Punch
from wire.stretches import line_of, stretches

ORDER = RereadOrder(
    order_id="o1",
    expires_at=datetime(2026, 5, 12, tzinfo=UTC),
    span=Span(first=date(2026, 5, 1), last=date(2026, 5, 11)),
)


@given(st.lists(st.integers(0, 1 << 64).map(lambda number: f"{number:032x}"), max_size=1200))
def test_a_long_report_goes_in_parts(ids: list[str]) -> None:
    """Any number of ids fits into numbered parts that hold each id once, in order."""
    parts = list(reports(ORDER, "gate", ids, datetime(2026, 5, 11, tzinfo=UTC)))
    assert [punch_id for part in parts for punch_id in part.punch_ids] == ids
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))
    assert {(part.parts, part.total) for part in parts} == {(len(parts), len(ids))}
    for part in parts:
        msgspec.json.decode(msgspec.json.encode(part), type=RereadReport)


AT = datetime(2026, 5, 11, 12, tzinfo=UTC)
DAY_S = 86_400


def told(device: list[Punch], ledger: list[Punch]) -> list[Fact]:
    """What a reader with these punches answers to a central with those."""
    known = tuple(stretches(sorted(map(line_of, ledger)), ORDER.span.last))
    order = msgspec.structs.replace(ORDER, known=known)
    return list(answer(order, "gate", lambda: device, AT, Log("CJ7F1", 900, 1000)))


def test_what_central_knows_already_does_not_travel() -> None:
    """Of equal stretches only their number is told, with the size of the log."""
    (report,) = told([punch(n) for n in range(900)], [punch(n) for n in range(900)])
    assert isinstance(report, RereadReport)
    assert (report.total, report.differ, report.found, report.punch_ids) == (900, (), 0, ())
    assert (report.serial, report.records, report.capacity) == ("CJ7F1", 900, 1000)
    assert len(msgspec.json.encode(report)) < 300


def test_the_books_of_the_edge_are_told_where_they_are_otherwise() -> None:
    """Of days that device and outbox hold alike nothing travels; of others what the outbox took."""
    monday, tuesday, lost = punch(1), punch(DAY_S), punch(2 * DAY_S)
    order = msgspec.structs.replace(ORDER, known=tuple(stretches([], ORDER.span.last)))
    device = [bytes.fromhex(one.punch_id) for one in (monday, tuesday)]
    taken = [device[0], bytes.fromhex(lost.punch_id)]
    asked: list[frozenset[bytes]] = []

    def books(ids: frozenset[bytes]) -> list[bytes]:
        asked.append(ids)
        return taken

    *_, report = answer(order, "gate", lambda: [monday, tuesday], AT, taken=books)
    assert isinstance(report, RereadReport)
    assert asked == [frozenset(device)]
    assert report.edge is not None
    assert [(one.day, one.tally) for one in report.edge] == [
        (date(2026, 5, 12), tally([])),
        (date(2026, 5, 13), tally(taken[1:])),
    ]
    assert msgspec.json.decode(msgspec.json.encode(report), type=RereadReport) == report


def test_a_report_tells_of_no_more_days_than_fit() -> None:
    """Ten years of an outbox that lost everything are still a message."""
    order = msgspec.structs.replace(ORDER, known=tuple(stretches([], ORDER.span.last)))
    *_, report = answer(
        order, "gate", lambda: [punch(n * DAY_S) for n in range(1200)], AT, taken=lambda _: ()
    )
    assert isinstance(report, RereadReport)
    assert report.edge is not None
    assert len(report.edge) == 1000
    assert len(msgspec.json.encode(report)) < MESSAGE_LIMIT - 1000


def test_a_stretch_that_differs_is_told_punch_by_punch() -> None:
    """No punch is sent; those of the stretch are told in front of the report, which counts them."""
    *found, report = told([punch(1), punch(2)], [punch(2), punch(3)])
    assert [one.punch for one in found if isinstance(one, FoundPunch)] == [punch(1), punch(2)]
    assert {(one.order_id, one.reader) for one in found if isinstance(one, FoundPunch)} == {("o1", "gate")}
    assert isinstance(report, RereadReport)
    assert (report.total, report.differ, report.found) == (2, (0,), 2)


def test_without_word_of_what_is_known_every_punch_is_sent() -> None:
    """An order that does not say what central holds gets the punches themselves."""
    one, two, report = answer(ORDER, "gate", lambda: [punch(1), punch(2)], AT)
    assert (one, two) == (punch(1), punch(2))
    assert isinstance(report, RereadReport)
    assert report.punch_ids == (punch(1).punch_id, punch(2).punch_id)
