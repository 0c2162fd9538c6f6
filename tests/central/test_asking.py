"""Promises of reading requests and of writing answers."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.requests.asking import Asking, Refusal, Unclear, answer, check_span, fits, read_request
from tests.resync_answers import resync_progress
from wire.admin import VERBS
from wire.codec import decode
from wire.facts import Span
from wire.request import Answer, RequestId
from wire.resync import Reconciliation, ResyncProgress

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["request_id", "employees", "span", "first", "last", "limit", "after", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
_payloads = st.binary(max_size=60) | _json.map(msgspec.json.encode)


@given(st.sampled_from([*VERBS, "fly", "answers", ""]), _payloads)
def test_any_bytes_are_a_request_or_a_reason(verb: str, payload: bytes) -> None:
    """Whatever a person sends, central understands it or says why not, and takes only ids."""
    asked = read_request("anna", verb, payload)
    if isinstance(asked, Unclear):
        assert asked.reason
        if asked.request_id is not None:
            msgspec.convert(asked.request_id, RequestId)
    else:
        assert isinstance(asked, Asking)
        assert isinstance(asked.request, VERBS[verb])


@given(st.dates(), st.dates())
def test_a_span_that_passes_has_a_day_before_and_behind_it(first: date, last: date) -> None:
    """A span that is let through can be turned into instants in any zone; every other has its reason."""
    span = Span(first=first, last=last)
    if first <= last and first.year > 1970 and last.year < 2200:
        check_span(span)
    elif first > last or first.year < 1970 or last.year >= 2200:
        with pytest.raises(Refusal):
            check_span(span)


def test_the_largest_outcome_fits_the_wire() -> None:
    """Of hundreds of readers with long evidence as many are told as fit, and how many more there are."""
    reader = Reconciliation(edge="e" * 32, reader="r" * 32, state="unreachable", evidence="x" * 500)
    body = resync_progress(*[reader] * 500, unmatched_employees=("E" * 64,) * 500, unmatched_count=90_000)
    message = answer("r-1", "done", NOW, body=body)
    assert fits(message)
    told = msgspec.convert(decode(message, Answer).body, ResyncProgress)
    assert len(told.readers) > 100
    assert len(told.readers) + told.readers_more == 500
    assert told.unmatched_count == 90_000
    few = resync_progress(*[reader] * 50)
    assert msgspec.convert(decode(answer("r-1", "done", NOW, body=few), Answer).body, ResyncProgress) == few
