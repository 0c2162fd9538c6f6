"""Promises of card notations: every worked example, and what a directory relies on."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.card import Card, from_wiegand, to_wiegand
from wire.credential import (
    NOTATIONS,
    AmbiguousCard,
    CardError,
    Notation,
    NotInNotation,
    agreed_bits,
    candidates,
    canonical,
    lookup_keys,
    read_card,
    registered,
    same_card,
    written,
)

# Two cards in every notation: computed once by hand, from the rules of the notations.
ONE_CARD: list[tuple[str, dict[Notation, str]]] = [
    (
        "40:06008E6D5D",
        {
            "10H": "06008E6D5D",
            "8H": "008E6D5D",
            "6H": "8E6D5D",
            "10D": "0009334109",
            "12D": "025779137885",
            "13D": "0025779137885",
            "8D": "09334109",
            "3+5": "142,27997",
            "5+5": "00142,27997",
            "W26": "01000111001101101010111011",
        },
    ),
    (
        "40:01026F6C3A",
        {
            "10H": "01026F6C3A",
            "8H": "026F6C3A",
            "10D": "0040856634",
            "12D": "004335823930",
            "8D": "07302202",
            "3+5": "111,27706",
            "5+5": "00623,27706",
            "W26": "00110111101101100001110101",
        },
    ),
    ("40:0A004D7603", {"3+5": "077,30211", "13D": "0042954749443"}),
    ("40:0801161DD6", {"3+5": "022,07638", "10D": "0018226646"}),
    ("40:01020E9C9B", {"13D": "0004329479323", "3+5": "014,40091"}),
    ("40:4B00423C15", {"10D": "0004340757", "12D": "322126887957"}),
    ("40:100086F444", {"10D": "0008844356"}),
    ("32:D671C5F0", {"8H": "D671C5F0", "10D": "3597780464"}),
    ("56:04282C425E6980", {"14H": "04282C425E6980"}),
]
EXAMPLES = [(full, notation, text) for full, shown in ONE_CARD for notation, text in shown.items()]
BITS = {notation: Card.of(canonical(text, notation)).bits for _, notation, text in EXAMPLES} | {
    "20H": 80,
    "W34": 32,
}

full_cards = st.integers(0, (1 << 40) - 1).map(lambda value: Card(40, value).canon)
nested = st.builds(
    lambda full, bits: Card.of(full).low(bits).canon, full_cards, st.sampled_from([40, 32, 24])
)


@pytest.mark.parametrize(("full", "notation", "text"), EXAMPLES)
def test_every_worked_example_is_read_and_written(full: str, notation: Notation, text: str) -> None:
    """A card's number in any notation is the same card, and the card is written as it is printed."""
    assert same_card(canonical(text, notation), full)
    assert written(full, notation) == text


@pytest.mark.parametrize(
    ("text", "notation", "canon"),
    [
        ("14227997", "3+5", "24:8E6D5D"),
        ("142:27997", "3+5", "24:8E6D5D"),
        ("142 , 27997", "3+5", "24:8E6D5D"),
        ("0014227997", "5+5", "32:008E6D5D"),
        ("0 100011100110110101011101 1", "W26", "24:8E6D5D"),
        (" 06008e6d5d\r\n", "10H", "40:06008E6D5D"),
    ],
)
def test_a_notation_has_looser_forms(text: str, notation: Notation, canon: str) -> None:
    """Joined numbers, a colon, spaces between bits and small letters mean the same."""
    assert canonical(text, notation) == canon


@pytest.mark.parametrize(
    ("reversed_text", "notation", "straight"),
    [
        ("1567460864", "10D", "32:008E6D5D"),
        ("0980184834", "10D", "32:026F6C3A"),
        ("4039471574", "10D", "32:D671C5F0"),
        ("5D6D8E0006", "10H", "40:06008E6D5D"),
    ],
)
def test_a_byte_reversed_reader_gives_the_same_card(
    reversed_text: str, notation: Notation, straight: str
) -> None:
    """The switch undoes a reader that sends the last byte first, in both directions."""
    assert canonical(reversed_text, notation, byte_reversed=True) == straight
    assert written(straight, notation, byte_reversed=True) == reversed_text


def test_a_facility_and_number_are_the_high_and_low_bits() -> None:
    """The common 26-bit format 1:11572 is the number 77108 when it is read as one."""
    assert canonical("1:11572", "3+5", padded=False) == canonical("77108", "8D", padded=False) == "24:012D34"


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("000933410", "10D"),
        ("00093341090", "10D"),
        ("4294967296", "10D"),
        ("16777216", "8D"),
        ("0025779137885", "12D"),
        ("1099511627776", "12D"),
        ("256,00001", "3+5"),
        ("001,65536", "3+5"),
        ("1,2,3", "3+5"),
        (",", "3+5"),
        ("06008E6D5G", "10H"),
        ("0x8E6D5D", "8H"),
        ("１２３４５６７８９０", "10D"),  # noqa: RUF001 - digits that are not ASCII
        ("1_23456789", "10D"),
        ("", "10D"),
        ("11000111001101101010111011", "W26"),
        ("0100011100110110101011101", "W26"),
        ("010001110011011010101110112", "W26"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, notation: Notation) -> None:
    """A lost or strange digit, a number too large or a wrong parity is an error and never another card."""
    with pytest.raises(NotInNotation):
        canonical(text, notation)


def test_lost_zeros_are_forgiven_only_on_request() -> None:
    """A spreadsheet drops leading zeros; a reader that drops digits must be noticed."""
    assert canonical("4340757", "10D", padded=False) == "32:00423C15"
    with pytest.raises(NotInNotation):
        canonical("4340757", "10D")


def test_an_ambiguous_number_is_refused_with_its_candidates() -> None:
    """Eight digits can be one number or two; the refusal names every card that could be meant."""
    with pytest.raises(AmbiguousCard) as refused:
        registered("14227997")
    assert refused.value.candidates["8D"] == "24:D91A1D"
    assert refused.value.candidates["3+5"] == "24:8E6D5D"
    assert "3+5 (24:8E6D5D)" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "canon"),
    [
        ("40:06008E6D5D", "40:06008E6D5D"),
        ("10D:0009334109", "32:008E6D5D"),
        ("10d:9334109", "32:008E6D5D"),
        ("3+5:142,27997", "24:8E6D5D"),
        ("142,27997", "24:8E6D5D"),
        ("1:11572", "24:012D34"),
        ("00142,27997", "32:008E6D5D"),
        ("06008E6D5D", "40:06008E6D5D"),
        ("025779137885", "40:06008E6D5D"),
        ("04282C425E6980", "56:04282C425E6980"),
    ],
)
def test_a_list_may_name_a_card_in_any_clear_way(text: str, canon: str) -> None:
    """Canonical, tagged, and bare texts with only one meaning need no further setting."""
    assert registered(text) == canon


def test_a_list_may_say_its_notation_once() -> None:
    """A bare number is read in the notation of its list; a tag or a canonical form still wins."""
    assert registered("9334109", "10D") == "32:008E6D5D"
    assert registered("3+5:142,27997", "10D") == "24:8E6D5D"
    assert registered("40:06008E6D5D", "10D") == "40:06008E6D5D"
    with pytest.raises(NotInNotation):
        registered("06008E6D5D", "10D")


@pytest.mark.parametrize("text", ["", "hello", "40:xyz", "8:FF00", "999:00", "10D:", "1;2"])
def test_a_list_cannot_name_what_is_no_card(text: str) -> None:
    """A text that fits no notation is refused in words."""
    with pytest.raises(NotInNotation):
        registered(text)


@pytest.mark.parametrize(
    "canon", ["40:06008e6d5d", "40:6008E6D5D", "24:FFFFFFF", "0:0", "129:0", "24:", "x", ""]
)
def test_there_is_one_canonical_form(canon: str) -> None:
    """Only the exact canonical form is accepted as such, so that equal cards are equal texts."""
    with pytest.raises(CardError):
        Card.of(canon)


def test_a_directory_finds_a_card_by_equality() -> None:
    """A card registered as printed is found by a reader that reads more of it, and the reverse."""
    printed, full = canonical("0009334109", "10D"), canonical("06008E6D5D", "10H")
    assert printed in lookup_keys(full)
    assert lookup_keys(full) == ("40:06008E6D5D", "32:008E6D5D", "24:8E6D5D")
    assert agreed_bits(full, printed) == agreed_bits(printed, full) == 32
    assert agreed_bits(full, canonical("07008E6D5D", "10H")) == 0


def test_a_long_uid_is_only_itself() -> None:
    """Readers cut UIDs of seven bytes at either end, so no shorter number counts as the same card."""
    assert lookup_keys("56:04282C425E6980") == ("56:04282C425E6980",)
    assert not same_card("56:04282C425E6980", "32:425E6980")
    with pytest.raises(NotInNotation):
        written("56:04282C425E6980", "10D")


def test_a_short_number_cannot_be_written_longer() -> None:
    """Digits that nobody read are not invented."""
    with pytest.raises(NotInNotation):
        written("24:8E6D5D", "10D")


@given(st.integers(0, (1 << 80) - 1), st.sampled_from(NOTATIONS), st.booleans(), st.booleans())
def test_writing_and_reading_is_the_same_card(
    value: int, notation: Notation, reverse: bool, padded: bool
) -> None:
    """Any card comes back from any notation that holds it."""
    bits = BITS[notation]
    canon = Card(bits, value % (1 << bits)).canon
    text = written(canon, notation, byte_reversed=reverse)
    assert canonical(text, notation, byte_reversed=reverse, padded=padded) == canon
    assert notation in candidates(text) or reverse


@given(full_cards)
def test_all_notations_of_a_card_meet(full: str) -> None:
    """Every notation of one card is the same card as the full one."""
    for notation in NOTATIONS:
        if BITS[notation] <= 40:
            assert same_card(canonical(written(full, notation), notation), full)


@given(nested, nested)
def test_equality_lookup_is_the_same_as_comparing(badge: str, card: str) -> None:
    """The two indexed lookups of a directory find a card exactly if it can be the same card."""
    found = badge in lookup_keys(card) or card in lookup_keys(badge)
    assert found == same_card(badge, card) == same_card(card, badge)


@given(full_cards, st.sampled_from([40, 32, 24]), st.sampled_from([40, 32, 24]))
def test_more_bits_agree_in_a_better_match(full: str, a: int, b: int) -> None:
    """The bits that two forms of one card share are those of the shorter."""
    card = Card.of(full)
    assert agreed_bits(card.low(a).canon, card.low(b).canon) == min(a, b)


@given(st.sampled_from([24, 32]), st.integers(0, (1 << 32) - 1), st.data())
def test_one_wrong_wiegand_bit_is_noticed(bits: int, value: int, data: st.DataObject) -> None:
    """Both halves of a Wiegand message are guarded by their parity."""
    card = Card(bits, value % (1 << bits))
    message = to_wiegand(card)
    assert from_wiegand(message) == card
    at = data.draw(st.integers(0, len(message) - 1))
    with pytest.raises(NotInNotation):
        from_wiegand(message[:at] + str(1 - int(message[at])) + message[at + 1 :])


@given(st.text(max_size=40), st.sampled_from(NOTATIONS), st.booleans(), st.booleans())
def test_any_text_is_a_card_or_refused(text: str, notation: Notation, reverse: bool, padded: bool) -> None:
    """No text from a reader or a list raises anything but CardError."""
    with suppress(NotInNotation):
        assert read_card(text, notation, byte_reversed=reverse, padded=padded).bits == BITS[notation]
    with suppress(CardError):
        assert Card.of(registered(text)).canon == registered(text)
