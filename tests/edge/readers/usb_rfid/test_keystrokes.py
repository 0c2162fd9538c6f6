"""Promises of the key decoder: scans are read exactly, typing never."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.usb_rfid.keystrokes import (
    GAP_S,
    PLAIN,
    SCAN_S,
    SHIFTED,
    Keystrokes,
    Refused,
    Scan,
    Terminator,
)

Event = tuple[int, int, float]
ENTER, TAB, LEFT_SHIFT, KEYPAD_ENTER, F1, CTRL = 28, 15, 42, 96, 59, 29
ENDS: dict[Terminator, int | None] = {"enter": ENTER, "tab": TAB, "none": None}
CHARACTERS = "".join(sorted(set(PLAIN.values()) | set(SHIFTED.values())))

cards = st.text("0123456789ABCDEFabcdef,:", min_size=4, max_size=20)
terminators = st.sampled_from(list(ENDS))


def presses(text: str, end: int | None, start: float = 0.0, pace_s: float = 0.002) -> list[Event]:
    """What a reader's keys look like: down and up for each, Shift around capitals."""
    events: list[Event] = []
    at = start
    for char in text:
        plain = next((code for code, known in PLAIN.items() if known == char), None)
        code = plain or next(code for code, known in SHIFTED.items() if known == char)
        if plain is None:
            events.append((LEFT_SHIFT, 1, at))
        events += [(code, 1, at), (code, 0, at + pace_s / 2)]
        if plain is None:
            events.append((LEFT_SHIFT, 0, at + pace_s / 2))
        at += pace_s
    return events if end is None else [*events, (end, 1, at), (end, 0, at + pace_s / 2)]


def decoded(decoder: Keystrokes, events: list[Event]) -> list[Scan | Refused]:
    told = [result for event in events for result in decoder.feed(*event)]
    return told + decoder.idle(events[-1][2] + 10 if events else 0.0)


@pytest.mark.parametrize("digits", [range(2, 12), [79, 80, 81, 75, 76, 77, 71, 72, 73, 82]])
@pytest.mark.parametrize("end", [ENTER, KEYPAD_ENTER])
def test_digits_are_read_by_position(digits: list[int], end: int) -> None:
    """The upper row and the keypad give digits whatever layout the host has, Enter of either ends."""
    decoder = Keystrokes("enter")
    for at, code in enumerate(digits):
        assert decoder.feed(code, 1, at * 0.01) == []
    assert decoder.feed(end, 1, 0.11) == [Scan("1234567890")]


@given(st.text(CHARACTERS, min_size=4, max_size=20), terminators, st.floats(0.0005, 0.04), st.floats(0, 2e9))
def test_a_scan_is_read_exactly(text: str, terminator: Terminator, pace_s: float, start: float) -> None:
    """Every character of every scan arrives, at any pace of a reader, with every terminator."""
    assert decoded(Keystrokes(terminator), presses(text, ENDS[terminator], start, pace_s)) == [Scan(text)]


@given(st.lists(cards, min_size=1, max_size=5), terminators)
def test_scans_behind_each_other_stay_apart(texts: list[str], terminator: Terminator) -> None:
    """One scan after the other is as many scans, whatever ends them."""
    events = [
        event
        for at, text in enumerate(texts)
        for event in presses(text, ENDS[terminator], start=at * (SCAN_S + GAP_S))
    ]
    assert decoded(Keystrokes(terminator), events) == [Scan(text) for text in texts]


@given(
    st.lists(st.tuples(st.sampled_from(sorted(PLAIN)), st.floats(GAP_S * 1.5, 2)), max_size=30), terminators
)
def test_what_a_person_types_is_never_a_card(typed: list[tuple[int, float]], terminator: Terminator) -> None:
    """Keys further apart than a reader's give no scan, and what they were is not kept."""
    at, events = 0.0, []
    for code, pause in typed:
        at += pause
        events += [(code, 1, at), (code, 0, at + 0.05)]
    events.append((ENTER, 1, at + 0.01))
    results = decoded(Keystrokes(terminator), events)
    assert all(isinstance(result, Refused) for result in results)
    assert sum(result.length for result in results if isinstance(result, Refused)) == len(typed)


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from([0, 1, 2]), st.floats(-5, 5))), terminators)
def test_no_events_break_the_decoder(events: list[Event], terminator: Terminator) -> None:
    """Any keys at any times, also back in time, give scans within one second or nothing."""
    decoder = Keystrokes(terminator)
    for result in decoded(decoder, events):
        assert isinstance(result, Scan | Refused)
    assert not decoder.pending


@given(cards, st.data())
def test_a_scan_after_anything_is_read(text: str, data: st.DataObject) -> None:
    """Half a scan or loose keys before do not spoil the next scan once the gap has passed."""
    decoder = Keystrokes("enter")
    codes = st.lists(st.integers(0, 120).filter(lambda code: code not in (42, 54)), max_size=20)
    for at, code in enumerate(data.draw(codes)):
        decoder.feed(code, 1, at * 0.01)
    assert decoded(decoder, presses(text, ENTER, start=5.0))[-1] == Scan(text)


def test_a_pause_inside_a_scan_is_no_card() -> None:
    """When the end of a number comes late, a wrong number could result: neither half is a card."""
    events = presses("00093", None) + presses("34109", ENTER, start=0.01 + GAP_S * 1.5)
    results = decoded(Keystrokes("enter"), events)
    assert results[0] == Refused("its end did not follow", 5)
    assert results[1] == Scan("34109")


def test_the_cap_rejects_a_fast_typist() -> None:
    """Keys just within the gap for longer than a second are not a reader's."""
    results = decoded(Keystrokes("enter"), presses("012345678901234", ENTER, pace_s=GAP_S * 0.9))
    assert [type(result) for result in results] == [Refused]


def test_the_cap_is_a_limit_of_the_whole_scan() -> None:
    """Ten digits at 90 ms a key are still read: the slowest readers need that."""
    events = presses("0009334109", ENTER, pace_s=0.09)
    assert max(b[2] - a[2] for a, b in pairwise(events)) < GAP_S
    assert decoded(Keystrokes("enter"), events) == [Scan("0009334109")]


@pytest.mark.parametrize(("terminator", "end"), [("enter", TAB), ("tab", ENTER), ("tab", KEYPAD_ENTER)])
def test_another_end_than_configured_is_told(terminator: Terminator, end: int) -> None:
    """A reader that ends with another key than its profile says is refused with that reason."""
    (told,) = decoded(Keystrokes(terminator), presses("0009334109", end))
    assert told == Refused("it ended with another key than the profile says", 10)


def test_repeats_and_releases_are_not_keys() -> None:
    """Only a key going down counts: not its release, not the keyboard's own repeat."""
    decoder = Keystrokes("enter")
    for event in presses("0009334109", None):
        decoder.feed(*event)
        decoder.feed(event[0], 2, event[2])
    assert decoder.feed(ENTER, 1, 0.03) == [Scan("0009334109")]
    assert decoder.feed(ENTER, 1, 0.04) == []


@pytest.mark.parametrize("key", [F1, CTRL])
def test_a_key_that_is_no_character_spoils_the_scan(key: int) -> None:
    """A scan with a function key inside is not a card with a digit less."""
    decoder = Keystrokes("enter")
    events = presses("00093", None)
    assert decoded(decoder, [*events, (key, 1, 0.011), *presses("34109", ENTER, start=0.012)]) == [
        Refused("a key that is no character", 10)
    ]


def test_dropped_events_spoil_the_scan() -> None:
    """When the system lost events, the digits before the loss are no card, and Shift counts as up."""
    decoder = Keystrokes("enter")
    for event in [(LEFT_SHIFT, 1, 0.0), *presses("0009", None)]:
        decoder.feed(*event)
    assert decoder.lost() == [Refused("the system dropped events", 4)]
    assert decoder.lost() == []
    assert decoded(decoder, presses("0009334109", ENTER, start=0.02)) == [Scan("0009334109")]
