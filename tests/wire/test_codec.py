"""Promises of the codec: what is understood, what is ignored, what is set aside."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.codec import MESSAGE_LIMIT, WireError, decode, decode_fact, decode_order, encode, open_facts
from wire.facts import BATCH_LIMIT, EdgeEvent, Envelope, SealedEnvelope
from wire.order import RereadOrder, ResendOrder
from wire.punch import Badge, Clock, Punch
from wire.receipt import Receipt

AT = datetime(2026, 5, 11, 3, 30, tzinfo=UTC)


def punch(number: int = 1, raw: str = "1042") -> Punch:
    return Punch(
        punch_id=f"{number:032x}",
        reader="front-gate",
        kind="terminal",
        device="CJ7F1",
        badge=Badge(raw=raw, form="user-id"),
        device_wall=datetime(2026, 5, 11, 9, 0),  # noqa: DTZ001 - device time has no zone
        read_at=AT,
        clock=Clock(trust="synced", boot_id="b", uptime_s=12.5),
        direction_code=255,
        verify_code=1,
        how="live",
        raw="00" * 40,
    )


def test_an_envelope_comes_back_as_it_was_sent() -> None:
    """Encoding and decoding changes nothing."""
    envelope = Envelope(outbox_id="o", first_seq=7, settled=6, facts=(punch(), EdgeEvent(event="x", at=AT)))
    assert decode(encode(envelope), Envelope) == envelope


def test_a_batch_of_wordy_punches_fits_one_message() -> None:
    """250 punches with all their fields stay under the limit, so a cut by bytes leaves batches large."""
    facts = tuple(punch(n, "x" * 9) for n in range(BATCH_LIMIT // 2))
    full = Envelope(outbox_id="o" * 32, first_seq=10**9, settled=10**9, facts=facts)
    assert len(encode(full)) <= MESSAGE_LIMIT


def test_unknown_fields_are_ignored() -> None:
    """A newer sender may say more."""
    assert decode(b'{"outbox_id":"o","upto_seq":3,"mood":"good"}', Receipt).upto_seq == 3


def test_one_unknown_fact_spoils_no_other() -> None:
    """In an envelope with a fact from the future, the others are still read."""
    whole = encode(Envelope(outbox_id="o", first_seq=7, settled=0, facts=(punch(1), punch(2))))
    strange = whole.replace(b'"fact":"punch"', b'"fact":"hologram"', 1)
    with pytest.raises(WireError):
        decode(strange, Envelope)
    opened = open_facts(decode(strange, SealedEnvelope))
    assert [(seq, type(fact)) for seq, fact, _ in opened] == [(7, WireError), (8, Punch)]


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"outbox_id":"o","upto_seq":-1}', b"[" * 100_000],
)
def test_garbage_is_a_wire_error(payload: bytes) -> None:
    """Nothing that arrives can raise anything but WireError."""
    with pytest.raises(WireError):
        decode(payload, Receipt)


def test_an_oversize_message_is_refused_unread() -> None:
    """What is larger than the limit is not parsed at all."""
    with pytest.raises(WireError, match="over"):
        decode(b" " * (MESSAGE_LIMIT + 1), Receipt)


@given(st.binary(max_size=300))
def test_no_bytes_can_crash_the_reader_of_orders(payload: bytes) -> None:
    """An edge reads orders from the network; whatever comes, it is an order or a WireError."""
    try:
        order = decode_order(payload)
    except WireError:
        return
    assert isinstance(order, RereadOrder | ResendOrder)


def test_times_without_a_zone_are_refused_where_instants_stand() -> None:
    """An instant has a zone; a device's wall time has none."""
    naive = encode(punch()).replace(b"2026-05-11T03:30:00Z", b"2026-05-11T03:30:00")
    with pytest.raises(WireError):
        decode_fact(naive)
