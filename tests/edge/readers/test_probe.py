"""Promises of the probe: it proposes what is certain and asks where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.probe import Proposal, Sample, Undecided, propose
from wire.card import Card
from wire.credential import NOTATIONS, Notation, canonical, same_card, written

BOTH = ("0009334109", "142,27997")
cards = st.integers(0, (1 << 40) - 1).map(lambda value: Card(40, value).canon)
short = st.sampled_from([notation for notation in NOTATIONS if notation not in ("14H", "20H")])


@pytest.mark.parametrize(
    ("sent", "proposal"),
    [
        ("0009334109", Proposal("10D")),
        ("06008E6D5D", Proposal("10H")),
        ("008E6D5D", Proposal("8H")),
        ("09334109", Proposal("8D")),
        ("14227997", Proposal("3+5")),
        ("142,27997", Proposal("3+5")),
        ("00142,27997", Proposal("5+5")),
        ("025779137885", Proposal("12D")),
        ("01000111001101101010111011", Proposal("W26")),
        ("1567460864", Proposal("10D", byte_reversed=True)),
        ("5D6D8E0006", Proposal("10H", byte_reversed=True)),
    ],
)
def test_both_printed_numbers_decide(sent: str, proposal: Proposal) -> None:
    """A card with its decimal number and its pair on it settles what a reader sends."""
    assert propose([Sample(sent, BOTH)]) == proposal


def test_a_reader_that_drops_zeros_is_recognised() -> None:
    """A number without its zeros leaves several notations open until a long one is presented."""
    undecided = propose([Sample("9334109", BOTH)])
    assert isinstance(undecided, Undecided)
    assert Proposal("10D", padded=False) in undecided.fitting
    long = Sample("4108765432", ("10D:4108765432",))
    assert Proposal("8D", padded=False) in undecided.fitting
    assert propose([Sample("9334109", BOTH), long], ["10D", "8D", "3+5"]) == Proposal("10D", padded=False)


def test_one_printed_number_may_not_be_enough() -> None:
    """Ten digits sent as printed can be decimal, hex or a pair: all are named, and what helps."""
    undecided = propose([Sample("0009334109", ("0009334109",))])
    assert isinstance(undecided, Undecided)
    assert {profile.notation for profile in undecided.fitting} == {"10D", "10H", "5+5"}
    assert "10D" in undecided.why
    assert "enter every number" in undecided.why


def test_a_notation_beside_the_number_decides() -> None:
    """Saying what the printed number is does as well as a second number."""
    assert propose([Sample("0009334109", ("10D:0009334109",))]) == Proposal("10D")


def test_another_card_decides() -> None:
    """A card that reads the same in both directions leaves the switch open; the next card settles it."""
    mirror = Sample("1010101010", ("10H:1010101010",))
    undecided = propose([mirror], ["10H"])
    assert isinstance(undecided, Undecided)
    assert undecided.fitting == (Proposal("10H"), Proposal("10H", byte_reversed=True))
    assert propose([mirror, Sample("5D6D8E0006", BOTH)], ["10H"]) == Proposal("10H", byte_reversed=True)


def test_a_wrong_reader_is_told() -> None:
    """What fits no notation is no proposal, and the sentence says where to look."""
    undecided = propose([Sample("1234567890", BOTH)])
    assert isinstance(undecided, Undecided)
    assert undecided.fitting == ()
    assert "check format and baud rate" in undecided.why


@pytest.mark.parametrize("printed", [(), ("hello",), ("0009334109", "111,27706")])
def test_a_slip_of_the_installer_is_told(printed: tuple[str, ...]) -> None:
    """Numbers that are no card, or of two cards, are the installer's to check and not the reader's fault."""
    undecided = propose([Sample("0009334109", printed)])
    assert isinstance(undecided, Undecided)
    assert "check what was entered" in undecided.why


def test_no_card_is_no_proposal() -> None:
    """Without a card there is nothing to propose."""
    assert isinstance(propose([]), Undecided)


@given(st.lists(cards, min_size=1, max_size=4), short, st.booleans())
def test_the_true_profile_is_never_excluded(full: list[str], notation: Notation, reverse: bool) -> None:
    """Whatever a reader sends, its true profile is proposed or among those that fit, and is right."""
    samples = [
        Sample(written(card, notation, byte_reversed=reverse), (written(card, "10D"), written(card, "3+5")))
        for card in full
    ]
    result = propose(samples)
    true = Proposal(notation, reverse)
    assert result == true or (isinstance(result, Undecided) and true in result.fitting)


@given(st.lists(cards, min_size=1, max_size=4), short, st.booleans())
def test_a_proposal_reads_every_sample_right(full: list[str], notation: Notation, reverse: bool) -> None:
    """A proposal makes of each number the card that it was printed on."""
    samples = [
        Sample(written(card, notation, byte_reversed=reverse), (written(card, "10D"), written(card, "3+5")))
        for card in full
    ]
    proposed = propose(samples)
    if isinstance(proposed, Proposal):
        for sample, card in zip(samples, full, strict=True):
            read = canonical(
                sample.sent, proposed.notation, byte_reversed=proposed.byte_reversed, padded=proposed.padded
            )
            assert same_card(read, card)
