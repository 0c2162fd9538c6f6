"""Promises of the report that answers a re-read order."""

from datetime import UTC, date, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.rereads import reports
from wire.facts import RereadReport, Span
from wire.order import RereadOrder

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
