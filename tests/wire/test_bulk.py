"""Promises of reading in bulk: whatever it takes is what the careful way takes, and it takes nothing else."""

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.test_codec import punch
from wire.bulk import open_bulk
from wire.codec import WireError, decode, encode
from wire.facts import EdgeEvent, Envelope

IDS = st.one_of(
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    st.text(alphabet="0123456789abcdefABCDEFg \n", min_size=31, max_size=33),
)
READERS = st.one_of(
    st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True), st.text(alphabet="az09-_AZ \n", max_size=34)
)


@given(told=st.lists(st.tuples(IDS, READERS), min_size=1, max_size=4))
@example(told=[("0" * 32, "gate\ndoor")])
@example(told=[("0" * 32, "gate\n")])
@example(told=[("0" * 31 + "\n", "gate")])
@example(told=[("0" * 33, "gate"), ("0" * 31, "gate")])
def test_bulk_takes_what_the_careful_way_takes(told: list[tuple[str, str]]) -> None:
    """No id and no reader passes that would not pass by itself, and none is refused that would."""
    facts = tuple(msgspec.structs.replace(punch(), punch_id=known, reader=name) for known, name in told)
    payload = encode(Envelope(outbox_id="o", first_seq=7, settled=6, facts=facts, ahead=True))
    try:
        careful = decode(payload, Envelope)
    except WireError:
        assert open_bulk(payload) is None
    else:
        bulk = open_bulk(payload)
        assert bulk is not None
        assert encode(bulk) == encode(careful)


def test_bulk_leaves_what_is_no_punch_to_the_careful_way() -> None:
    """An envelope with a fact of another kind is read one kind at a time, and so is no envelope at all."""
    mixed = Envelope(
        outbox_id="o", first_seq=1, settled=0, facts=(punch(), EdgeEvent(event="x", at=punch().read_at))
    )
    assert open_bulk(encode(mixed)) is None
    assert open_bulk(b"{") is None
