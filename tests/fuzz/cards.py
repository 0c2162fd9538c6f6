"""The parsers of card readers: serial frames of every format, key events, card numbers as text."""

import re
import struct
from typing import get_args

from edge.readers.card import CardNotation, CardProfile, Seen, Sight
from edge.readers.serial_rfid.formats import FORMATS_OF_TEXT, Format, frames_of
from edge.readers.usb_rfid.keystrokes import LONGEST_SCAN, SHORTEST_SCAN, Keystrokes, Scan, Terminator
from simulators.card_frames import FRAMES, NUMBERS
from tests.fuzz.target import Target
from tests.fuzz.terminals import MOMENT, travels
from wire.card import Card
from wire.credential import (
    NOTATIONS,
    AmbiguousCard,
    CardError,
    NotInNotation,
    candidates,
    lookup_keys,
    read_card,
    registered,
    same_card,
    written,
)
from wire.punch import Badge, Punch

CARDS = ("06008E6D5D", "01026F6C3A", "0000000000", "FFFFFFFFFF")
FORMATS: tuple[Format, ...] = get_args(Format)
TEXT_NOTATIONS: tuple[CardNotation, ...] = ("10D", "text", "8D", "10H", "3+5", "W26")
_KEY = struct.Struct("<HBB")
_TERMINATORS: tuple[Terminator, ...] = get_args(Terminator)


def serial(data: bytes) -> str:
    """A format, how its reader is configured, two cuts, and the stream."""
    if len(data) < 4:
        return "too short"
    form, style = FORMATS[data[0] % len(FORMATS)], data[1]
    notation = TEXT_NOTATIONS[style % len(TEXT_NOTATIONS)] if form in FORMATS_OF_TEXT else None
    pattern = re.compile(r"([0-9A-F]+)") if style & 64 and form == "ascii-line" else None
    profile = CardProfile(notation, pattern, padded=not style & 16, byte_reversed=bool(style & 32))
    stream, cuts = data[4:], sorted(data[2:4])
    whole = _sights(form, profile, [stream])
    assert whole == _sights(form, profile, [stream[: cuts[0]], stream[cuts[0] : cuts[1]], stream[cuts[1] :]])
    assert whole == _sights(form, profile, [bytes((byte,)) for byte in stream])
    seen = [sight for sight in whole if isinstance(sight, Seen)]
    for card in seen:
        travels(punch(card))
        if card.canon is not None:
            assert Card.of(card.canon).canon == card.canon
            assert lookup_keys(card.canon)[0] == card.canon
    return f"{form}: {min(len(seen), 2)} seen, {min(len(whole) - len(seen), 2)} unread"


def _sights(form: Format, profile: CardProfile, pieces: list[bytes]) -> list[Sight]:
    parser = frames_of(form, profile)
    return [sight for piece in pieces for sight in parser.feed(piece)] + parser.settle()


def punch(card: Seen) -> Punch:
    """The punch that a card becomes."""
    return Punch(
        punch_id="0" * 32,
        reader="gate",
        kind="serial",
        badge=Badge(raw=card.raw, form="card", canon=card.canon),
        read_at=MOMENT.utc,
        clock=MOMENT.clock(),
        how="live",
        raw=card.frame,
    )


def serial_seeds() -> list[bytes]:
    """Frames of every format, between noise and by themselves."""
    return [
        bytes((FORMATS.index(form), style, 5, 20)) + stream
        for form in FORMATS
        for style in (0, 1, 16, 32, 64)
        for stream in (FRAMES[form](CARDS[0]), b"\xff\x02" + b"".join(map(FRAMES[form], CARDS)) + b"\x02\x30")
    ]


def keys(data: bytes) -> str:
    """A terminator, then key events: code, value, and time since the last in 4 ms."""
    decoder = Keystrokes(_TERMINATORS[data[0] % len(_TERMINATORS)] if data else "enter")
    at, results = 100.0, []
    for code, value, later in _KEY.iter_unpack(data[1 : 1 + (len(data) - 1) // _KEY.size * _KEY.size]):
        at += later * 0.004
        results += decoder.lost() if code == 0xFFFF else decoder.feed(code, value, at)
    results += decoder.idle(at + 60)
    assert not decoder.pending
    scans = [result for result in results if isinstance(result, Scan)]
    for scan in scans:
        assert SHORTEST_SCAN <= len(scan.text) <= LONGEST_SCAN
        assert scan.text.isprintable()
        CardProfile("10D").text(scan.text)
    return f"{min(len(scans), 3)} scans, {min(len(results) - len(scans), 3)} refused"


def key_seeds() -> list[bytes]:
    """Numbers as readers type them."""
    seeds = []
    for at, end in enumerate((28, 15, None)):
        for write in NUMBERS.values():
            codes = [_code(char) for char in write(CARDS[0])] + ([end] if end else [])
            events = [_KEY.pack(code, value, 1) for code in codes for value in (1, 0)]
            seeds.append(bytes((at,)) + b"".join(events))
    return seeds


def _code(char: str) -> int:
    rows = {2: "1234567890", 16: "QWERTYUIOP", 30: "ASDFGHJKL", 44: "ZXCVBNM,"}
    return next(first + row.index(char) for first, row in rows.items() if char in row)


def card_text(data: bytes) -> str:
    """A text in every notation, and as a person registers it."""
    text = data.decode("utf-8", "replace")
    for notation in NOTATIONS:
        for padded in (True, False):
            try:
                card = read_card(text, notation, padded=padded)
            except NotInNotation:
                continue
            assert read_card(written(card.canon, notation), notation) == card
    for canon in candidates(text).values():
        assert same_card(canon, canon)
    try:
        canon = registered(text)
    except AmbiguousCard as error:
        return f"one of {len(error.candidates)}"
    except NotInNotation:
        return "none"
    try:
        assert Card.of(canon).canon == canon
    except CardError as error:
        raise AssertionError(canon) from error
    return canon.partition(":")[0]


def text_seeds() -> list[bytes]:
    """A card in every notation."""
    told = [f"{tag}:{write(CARDS[0])}" for tag, write in NUMBERS.items()]
    told += [write(card) for write in NUMBERS.values() for card in CARDS]
    for notation in NOTATIONS:
        for bits in (24, 32, 40, 56, 80):
            try:
                told.append(written(Card(bits, 0x8E6D5D).canon, notation))
            except NotInNotation:
                continue
    return [text.encode() for text in [*told, "40:06008E6D5D", "142:27997"]]


TARGETS = (
    Target("serial-frames", serial, serial_seeds, "seen", longest=600),
    Target("key-events", keys, key_seeds, "1 scans"),
    Target(
        "card-numbers", card_text, text_seeds, "4", longest=200, words=[b"10D:", b"40:", b":", b",", b"W26:"]
    ),
)
