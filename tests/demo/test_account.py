"""The closing account of the demo: two multisets of punches, compared without mercy."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from demo.account import compare, compare_all

PUNCHES = st.lists(st.tuples(st.sampled_from("123"), st.sampled_from(["", "2026-05-11T09:00:00"])))


@given(PUNCHES, st.randoms())
def test_order_does_not_matter(punches: list[tuple[str, str]], dice: object) -> None:
    """The same punches in any order are equal."""
    shuffled = sorted(punches, key=lambda _: dice.random())  # type: ignore[attr-defined]
    assert compare("gate", punches, shuffled).equal


@given(PUNCHES, PUNCHES)
def test_differences_make_the_two_sides_equal_again(
    held: list[tuple[str, str]], ledger: list[tuple[str, str]]
) -> None:
    """The ledger plus what is missing is the device plus what should not be there, punch by punch."""
    account = compare("gate", held, ledger)
    assert Counter(ledger) + Counter(account.missing) == Counter(held) + Counter(account.doubled)
    assert account.equal == (Counter(held) == Counter(ledger))


def test_a_punch_that_stands_twice_is_named() -> None:
    """A doubled punch is as much a failure as a missing one, and both are shown."""
    account = compare("gate", [("1", "09:00"), ("2", "09:01")], [("1", "09:00"), ("1", "09:00")])
    assert not account.equal
    assert account.lines() == [
        "gate: 2 at the device, 2 in the ledger",
        "  missing: 2 09:01",
        "  not at the device: 1 09:00",
    ]


def test_a_reader_that_only_the_ledger_knows_is_a_difference() -> None:
    """Punches that came from nowhere are not overlooked."""
    (gate, ghost) = compare_all({"gate": []}, {"ghost": [("1", "")]})
    assert gate.equal
    assert ghost.doubled == (("1", ""),)
