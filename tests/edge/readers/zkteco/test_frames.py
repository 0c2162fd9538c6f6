"""Promises of a terminal's frames as the reader cuts and checks them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.zkteco.frames import LONGEST, Frame, NotAFrame, Stream, parse, scramble, unwrap
from simulators.terminal import frames as terminal

words = st.integers(0, 0xFFFF)
some_frames = st.builds(Frame, words, words, words, st.binary(max_size=300))


def test_the_published_checksums_hold() -> None:
    """The two published examples of frames are built and read as published."""
    request = bytes.fromhex("0b005a17f38d03005a4b4661636556657273696f6e00")
    assert parse(request) == Frame(11, 0x8DF3, 3, b"ZKFaceVersion\0")
    assert Frame(2000, 0x8DF3, 10, b"\x09").datagram() == bytes.fromhex("d007296af38d0a0009")


@given(some_frames)
def test_both_sides_mean_the_same_by_a_frame(frame: Frame) -> None:
    """What the reader builds the terminal reads, and the other way round."""
    theirs = terminal.Frame(frame.command, frame.session, frame.reply, frame.data)
    assert terminal.parse(frame.datagram()) == theirs
    assert parse(theirs.datagram()) == frame
    assert parse(unwrap(theirs.segment())) == frame


@given(st.lists(some_frames, max_size=6), st.lists(st.integers(1, 40), min_size=1))
def test_chunks_do_not_matter(sent: list[Frame], sizes: list[int]) -> None:
    """However a stream is split or glued on the way, the same frames come out."""
    rest = b"".join(frame.segment() for frame in sent)
    stream, at = Stream(), 0
    got: list[bytes] = []
    while rest:
        size = sizes[at % len(sizes)]
        got += stream.feed(rest[:size])
        rest, at = rest[size:], at + 1
    assert [parse(datagram) for datagram in got] == sent


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_no_frame_and_no_crash(noise: bytes) -> None:
    """Noise is either not whole yet or told as NotAFrame."""
    try:
        for datagram in Stream().feed(noise):
            parse(datagram)
        parse(noise)
    except NotAFrame:
        pass


@given(some_frames, st.data())
def test_a_damaged_byte_is_noticed(frame: Frame, data: st.DataObject) -> None:
    """One flipped bit anywhere makes the checksum wrong."""
    datagram = bytearray(frame.datagram())
    datagram[data.draw(st.integers(0, len(datagram) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NotAFrame):
        parse(bytes(datagram))


def test_an_absurd_length_is_refused_before_it_is_waited_for() -> None:
    """A frame that claims gigabytes is refused at its head: nothing is collected for it."""
    with pytest.raises(NotAFrame):
        list(Stream().feed(struct.pack("<4sI", b"\x50\x50\x82\x7d", LONGEST + 1)))


@given(st.integers(0, 2**32 - 1), words, st.integers(0, 255))
def test_every_comm_key_is_proved(key: int, session: int, tick: int) -> None:
    """The proof that the reader makes is the one that the terminal expects, for every key."""
    assert scramble(key, session, tick) == terminal.scramble(key, session, tick)


@given(some_frames)
def test_a_repeated_request_has_another_number(frame: Frame) -> None:
    """A question asked again can be told from its first time, and the number stays below 65,535."""
    again = frame.renumbered()
    assert again.reply != frame.reply
    assert again.reply < 0xFFFF
    assert (again.command, again.data) == (frame.command, frame.data)
