"""The messages that cross the broker, as both sides read them."""

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from central.requests.asking import Asking, Refusal, check_span, read_request
from central.streams import Parcel, Unread, announced, opened, reopened, set_aside, sort_in
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.desk import Counter, ReaderDesk
from edge.kernel import Timekeeper
from edge.orders import OrderBook, decide
from edge.readers.rereads import belongs
from edge.readers.zkteco_push.commands import Commands
from edge.readers.zkteco_push.resending import Resending
from tests.central import facts as made
from tests.fuzz.scratch import scratch
from tests.fuzz.target import Target
from wire.admin import VERBS
from wire.board import BoardEntry
from wire.codec import WireError, decode, decode_order, encode
from wire.facts import EdgeEvent, Envelope, FoundPunch, OrderOutcome, RereadReport, SealedEnvelope, Span
from wire.order import RereadOrder, ResendOrder
from wire.receipt import Receipt
from wire.request import Answer
from wire.topics import TopicError, Topics
from wire.vitals import Birth, Heartbeat, ReaderBirth, ReaderVital, Status

AT = datetime(2026, 5, 11, 12, 30, tzinfo=UTC)
SPAN = Span(first=AT.date(), last=AT.date())
FACTS = (
    made.card_punch(1, "40:06008E6D5D"),
    RereadReport(order_id="o", reader="gate", outcome="read", at=AT, total=1, punch_ids=("0" * 32,)),
    FoundPunch(order_id="o", reader="gate", at=AT, punch=made.card_punch(2, "40:06008E6D5D")),
    OrderOutcome(order_id="o", outcome="done", at=AT),
    EdgeEvent(event="record_odd", at=AT, reader="gate", fields={"place": 7, "why": "x", "f": 0.5, "n": None}),
)
MESSAGES: tuple[msgspec.Struct, ...] = (
    Envelope(outbox_id="o1", first_seq=7, settled=6, facts=FACTS),
    Receipt(outbox_id="o1", upto_seq=9),
    Status(online=True, session="s", at=AT),
    Birth(
        edge="pune-01",
        version="1",
        config_hash="ab",
        boot_id="b",
        outbox_id="o1",
        next_seq=8,
        settled=6,
        at=AT,
        readers=(ReaderBirth(reader="gate", kind="zkteco", device_kind="terminal", device="CJ7"),),
    ),
    Heartbeat(
        at=AT,
        session="s",
        uptime_s=1.5,
        trust="synced",
        backlog=3,
        oldest_unsettled=AT,
        readers=(ReaderVital(reader="gate", state="ok", since=AT, records=7, counts={"x": 1}),),
    ),
    BoardEntry(edge="pune-01", color="red", since=AT, online=False, reader="gate", reason="edge-offline"),
    Answer(request_id="r", status="done", at=AT, body={"punches": [1, "x", None]}),
    RereadOrder(order_id="o", expires_at=AT + timedelta(days=1), span=SPAN, readers=("gate",), badges=("7",)),
    ResendOrder(order_id="o", expires_at=AT + timedelta(days=1), outbox_id="o1", first_seq=1, last_seq=9),
    SealedEnvelope(outbox_id="o1", first_seq=7, settled=6, facts=(msgspec.Raw(b"{}"),)),
)
KINDS = tuple(type(message) for message in MESSAGES)
REQUESTS: dict[str, dict[str, Any]] = {
    "resync": {"people": {"employees": ["E1"]}, "readers": ["pune-01/gate"], "span": SPAN, "reason": "x"},
    "resyncs": {"do": "show", "name": "r-1", "what": "proof", "after": "pune-01/gate@20584"},
    "punches": {"span": SPAN, "employee": "E1", "limit": 20, "after": "0" * 32},
    "summary": {},
    "report": {"kind": "attendance", "span": SPAN, "people": {"branch": ["Pune"]}, "limit": 9, "after": "x"},
    "day": {"employee": "E1", "date": AT.date()},
}


def message(data: bytes) -> str:
    """A kind and a payload: understood or a WireError, and what was understood is the same once more."""
    kind = KINDS[data[0] % len(KINDS)] if data else Receipt
    try:
        read = decode(data[1:], kind)
    except WireError:
        return f"{kind.__name__} refused"
    if not isinstance(read, SealedEnvelope):
        assert decode(encode(read), kind) == read
    if isinstance(read, Birth):
        sort_in({}, [announced("pune-01", read)])
    return kind.__name__


def message_seeds() -> list[bytes]:
    """One message of every kind."""
    return [bytes((at,)) + encode(one) for at, one in enumerate(MESSAGES)]


def facts(data: bytes) -> str:
    """What central makes of a payload on a facts topic: each fact is read or kept as unread, none is gone."""
    parcel = opened("pune-01", data)
    if isinstance(parcel, Unread):
        assert isinstance(reopened(parcel), Unread)
        set_aside("pune-01", data, "x")
        return "unread"
    read = [*parcel.punches, *parcel.others]
    assert len(read) + len(parcel.unread) == parcel.last_seq - parcel.first_seq + 1
    numbers = [seq for seq, _ in read] + [it.seq for it in parcel.unread if it.seq is not None]
    assert sorted(numbers) == list(range(parcel.first_seq, parcel.last_seq + 1))
    for unread in parcel.unread:
        again = reopened(unread)
        assert isinstance(again, Parcel)
        assert again.unread
    for _, fact in read:
        assert bytes.fromhex(getattr(fact, "punch_id", "")).hex() == getattr(fact, "punch_id", "")
    sort_in({("pune-01", parcel.outbox_id): 3}, [parcel])
    return f"{min(len(read), 3)} facts, {min(len(parcel.unread), 3)} unread"


def fact_seeds() -> list[bytes]:
    """Envelopes with each kind of fact."""
    one_each = [encode(made.envelope(9, fact)) for fact in FACTS]
    return [*one_each, encode(MESSAGES[0]), encode(MESSAGES[-1])]


def order(data: bytes) -> str:
    """An order as the edge takes it, up to the readers that carry it out."""
    try:
        given = decode_order(data)
    except WireError:
        return "refused"
    decision = type(decide(given, AT, ("gate", "door"), known=False)).__name__
    if isinstance(given, RereadOrder):
        _desk().resend(given)
        belongs(given, "7", AT.replace(tzinfo=None))
        Commands(1).ask(Resending.command_for(given.span))
    return f"{type(given).__name__} {decision}"


@functools.cache
def _desk() -> ReaderDesk:
    """The desk of a reader without memory, over an outbox with one punch."""
    path = scratch() / "outbox.db"
    prepare(path)
    outbox = Outbox(path)
    outbox.append("gate", FACTS[:1])
    return ReaderDesk("gate", outbox, Timekeeper(), OrderBook(), Counter())


def order_seeds() -> list[bytes]:
    """Orders of both kinds."""
    return [encode(one) for one in MESSAGES if isinstance(one, RereadOrder | ResendOrder)]


def request(data: bytes) -> str:
    """A person's request: a verb, then the payload."""
    verb = list(VERBS)[data[0] % len(VERBS)] if data else "summary"
    asked = read_request("anna", verb, data[1:])
    if not isinstance(asked, Asking):
        return "unclear" if asked.request_id is None else "unclear, answered"
    assert decode(encode(asked.request), VERBS[verb]) == asked.request
    Topics().answer("anna", asked.request.request_id)
    span = getattr(asked.request, "span", None)
    try:
        if span is not None:
            check_span(span)
    except Refusal:
        return f"{verb} refused"
    return verb


def request_seeds() -> list[bytes]:
    """A request of every verb."""
    return [
        bytes((at,)) + msgspec.json.encode({"request_id": "r-1", **REQUESTS.get(verb, {})})
        for at, verb in enumerate(VERBS)
    ]


def topic(data: bytes) -> str:
    """A topic, which the broker lets any account choose below its own level."""
    text = data.decode("utf-8", "replace")
    try:
        levels = Topics().parse(text)
    except TopicError:
        return "refused"
    assert "/".join(("punchwire/v1", *levels)) == text
    assert not {"\n", "\r", "+", "#"} & set(text)
    return f"{len(levels)} levels" if len(levels) < 4 else "many levels"


def topic_seeds() -> list[bytes]:
    """Some topics."""
    topics = Topics()
    return [it.encode() for it in (topics.facts("pune-01"), topics.request("anna", "resync"))]


WORDS = tuple(
    f'"{word}"'.encode()
    for word in (
        "punch",
        "reread",
        "resend",
        "edge-event",
        "reread-report",
        "order-outcome",
        "how",
        "fact",
        "v",
    )
)
TARGETS = (
    Target("wire-messages", message, message_seeds, "", WORDS, longest=16384),
    Target("wire-facts", facts, fact_seeds, "facts, 0 unread", WORDS, longest=16384),
    Target("wire-orders", order, order_seeds, "Accept", WORDS),
    Target("wire-requests", request, request_seeds, "", WORDS),
    Target("wire-topics", topic, topic_seeds, "levels", [b"/", b"+", b"punchwire/v1/"], longest=300),
)
