"""Promises of the parsers of serial readers: every format's example, and any garbage around it."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.card import CardProfile, Seen, Sight, Unread
from edge.readers.serial_rfid.formats import Format, frames_of

ANY_DIGITS = CardProfile("10D")
PLAIN = CardProfile()

# The frame as bytes, the number as read, the card: worked examples of the formats' makers.
EXAMPLES: list[tuple[Format, CardProfile, bytes, str, str]] = [
    ("rdm6300", PLAIN, bytes.fromhex("0230363030384536443544423803"), "06008E6D5D", "40:06008E6D5D"),
    ("rdm6300", PLAIN, bytes.fromhex("0231303030383646343434323603"), "100086F444", "40:100086F444"),
    ("id12", PLAIN, bytes.fromhex("02303630303845364435444238 0D0A03"), "06008E6D5D", "40:06008E6D5D"),
    ("id12", PLAIN, b"\x020C000621A58E\r\n\x03", "0C000621A5", "40:0C000621A5"),
    ("binary", PLAIN, bytes.fromhex("020A0206008E6D5DB003"), "06008E6D5D", "40:06008E6D5D"),
    ("idteck", ANY_DIGITS, bytes.fromhex("02303030343334303735370307"), "0004340757", "32:00423C15"),
    ("hid-line", PLAIN, b"00000602031C27\r", "00000602031C27", "24:01018E"),
    ("elatec", PLAIN, b":112233445501\r\n", ":112233445501", "40:1122334455"),
    ("elatec-hid", PLAIN, b"1A808001C0\r", "1A808001C0", "24:010003"),
    ("ascii-line", ANY_DIGITS, b"0009334109\r\n", "0009334109", "32:008E6D5D"),
    ("ascii-line", CardProfile("3+5"), b"\x02142,27997\x03\n", "142,27997", "24:8E6D5D"),
    (
        "ascii-line",
        CardProfile("10D", re.compile("ID=(.*)")),
        b"ID=0009334109\r",
        "0009334109",
        "32:008E6D5D",
    ),
    ("ascii-line", CardProfile("10D", byte_reversed=True), b"1567460864\r", "1567460864", "32:008E6D5D"),
    ("ascii-line", CardProfile("8D", padded=False), b"4340757\r\n", "4340757", "24:423C15"),
    (
        "ascii-line",
        CardProfile("W26"),
        b"01000111001101101010111011\n",
        "01000111001101101010111011",
        "24:8E6D5D",
    ),
    ("ascii-line", CardProfile("text"), b"EMP-1042\r\n", "EMP-1042", ""),
]
examples = st.sampled_from(EXAMPLES)
garbage = st.binary(max_size=40) | st.lists(
    st.sampled_from([0x02, 0x03, 0x0A, 0x0D, 0x30, 0x41, 0x09]), max_size=40
).map(bytes)


def seen(sights: list[Sight]) -> list[tuple[str, str | None]]:
    return [(sight.raw, sight.canon) for sight in sights if isinstance(sight, Seen)]


@pytest.mark.parametrize(("form", "profile", "frame", "raw", "canon"), EXAMPLES)
def test_every_example_is_read(
    form: Format, profile: CardProfile, frame: bytes, raw: str, canon: str
) -> None:
    """A frame gives its card, the number as it was sent, and its bytes for disputes."""
    (sight,) = frames_of(form, profile).feed(frame)
    assert isinstance(sight, Seen)
    assert (sight.raw, sight.canon or "") == (raw, canon)
    assert raw in (sight.raw, bytes.fromhex(sight.frame).decode("latin-1"))


CHECKED = [row for row in EXAMPLES if row[0] not in ("ascii-line", "elatec-hid")]


@pytest.mark.parametrize(("form", "profile", "frame", "raw", "canon"), CHECKED)
def test_a_wrong_bit_is_never_another_card(
    form: Format, profile: CardProfile, frame: bytes, raw: str, canon: str
) -> None:
    """In every format whose bytes have a check, a wrong bit gives the true card or none."""
    cards = set()
    for at, flip in product(range(len(frame)), range(8)):
        broken = bytearray(frame)
        broken[at] ^= 1 << flip
        parser = frames_of(form, profile)
        cards |= {
            sight.canon for sight in parser.feed(bytes(broken)) + parser.settle() if isinstance(sight, Seen)
        }
    assert cards <= {canon}, raw


@pytest.mark.parametrize("byte_reversed", [False, True])
def test_the_switch_reverses_the_bytes_of_a_frame(byte_reversed: bool) -> None:
    """A reader that sends the last byte first is set right by its profile."""
    (sight,) = frames_of("rdm6300", CardProfile(byte_reversed=byte_reversed)).feed(EXAMPLES[0][2])
    assert seen([sight]) == [("06008E6D5D", "40:5D6D8E0006" if byte_reversed else "40:06008E6D5D")]


@given(st.lists(st.one_of(examples.map(lambda e: e[2]), garbage)), examples, st.data())
def test_the_cut_of_the_stream_does_not_matter(
    pieces: list[bytes], example: tuple[Format, CardProfile, bytes, str, str], data: st.DataObject
) -> None:
    """Any chunks of the same bytes give the same sights, in the same order."""
    form, profile, *_ = example
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    whole, chunked = frames_of(form, profile), frames_of(form, profile)
    expected = whole.feed(stream) + whole.settle()
    got: list[Sight] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += chunked.feed(stream[start:end])
    assert got + chunked.settle() == expected


@given(garbage, garbage, examples)
def test_a_frame_after_garbage_is_read(
    before: bytes, between: bytes, example: tuple[Format, CardProfile, bytes, str, str]
) -> None:
    """A frame is read after any garbage that silence or the end of a line separates from it."""
    form, profile, frame, raw, canon = example
    parser = frames_of(form, profile)
    assert isinstance(parser.feed(before) + parser.settle(), list)
    assert seen(parser.feed(frame)) == [(raw, canon or None)]
    parser.feed(between + b"\r")
    parser.settle()
    assert seen(parser.feed(frame)) == [(raw, canon or None)]


@given(garbage, st.integers(0, 13))
def test_a_frame_is_read_straight_after_garbage_and_half_a_frame(before: bytes, length: int) -> None:
    """With STX and a check the search needs no pause: the next whole frame is found at once."""
    frame = EXAMPLES[0][2]
    sights = frames_of("rdm6300", PLAIN).feed(before + frame[:length] + frame)
    assert seen(sights)[-1] == ("06008E6D5D", "40:06008E6D5D")


@given(st.sampled_from(["rdm6300", "id12", "binary", "idteck", "elatec", "elatec-hid", "hid-line"]), garbage)
def test_no_bytes_break_a_parser(form: Format, stream: bytes) -> None:
    """Any bytes give sights or nothing, and what is held back stays short."""
    parser = frames_of(form, ANY_DIGITS)
    for sight in parser.feed(stream * 10) + parser.settle():
        assert isinstance(sight, Seen | Unread)
    assert parser.settle() == []


def test_garbage_is_told_and_silence_is_not() -> None:
    """Bytes that are no card are counted with their reason; line ends between frames are nothing."""
    parser = frames_of("rdm6300", PLAIN)
    assert parser.feed(b"\r\n\x00") + parser.settle() == []
    wrong = EXAMPLES[0][2].replace(b"B8", b"B9")
    (told,) = parser.feed(wrong) + parser.settle()
    assert isinstance(told, Unread)
    assert told.why.startswith("the check is wrong: 02 30 36")
    assert len(parser.feed(b"\xff" * 320)) == 10


def test_a_number_that_the_profile_does_not_take_keeps_its_text() -> None:
    """A whole line in another notation was a card that somebody presented: its text is told."""
    (told,) = frames_of("ascii-line", ANY_DIGITS).feed(b"14227997\r\n")
    assert isinstance(told, Unread)
    assert told.text == "14227997"
    (told,) = frames_of("idteck", CardProfile("8H")).feed(EXAMPLES[5][2])
    assert isinstance(told, Unread)
    assert told.text == "0004340757"


def test_a_line_without_its_end_is_not_read() -> None:
    """Digits may be missing from a line that broke off, so it gives no card."""
    parser = frames_of("ascii-line", CardProfile("10D", padded=False))
    assert parser.feed(b"00093341") == []
    assert seen(parser.settle()) == []
    assert seen(parser.feed(b"0009334109\n")) == [("0009334109", "32:008E6D5D")]
