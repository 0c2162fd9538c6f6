"""The numbers by which rows of punches name what repeats."""

import msgspec
import pytest

from central.ledger.contexts import Context, context_number, context_of, reader_number
from tests.central.facts import terminal_punch

SYNCED: Context = ("terminal", "SER1", "user-id", "synced", "boot-1", "live", 0, 1)
UNSET: Context = ("wedge", None, "card", "unset", "boot-1", "live", None, None)


def test_numbers_stay_what_they_are() -> None:
    """Rows that an older version wrote name their readers and contexts by the same numbers for ever."""
    assert reader_number(("pune-01", "front-gate")) == 3664835505070695939
    assert context_number(SYNCED) == 4504102457307183761
    assert context_number(UNSET) == -5766204011944394739


def test_punches_that_differ_in_anything_that_repeats_have_different_contexts() -> None:
    """What one punch says of its clock, its codes, its reader's kind is never told of another."""
    one, replace = terminal_punch(1), msgspec.structs.replace
    changed = [
        replace(one, kind="serial"),
        replace(one, device=None),
        replace(one, how="reread"),
        replace(one, direction_code=1),
        replace(one, direction_code=None),
        replace(one, verify_code=0),
        replace(one, badge=replace(one.badge, form="card")),
        replace(one, clock=replace(one.clock, trust="unset")),
        replace(one, clock=replace(one.clock, boot_id="boot-2")),
    ]
    numbers = [context_number(context_of(punch)) for punch in (one, *changed)]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("trust", ["synced", "holdover", "unset"])
def test_only_times_that_nobody_vouches_for_are_in_the_index_of_the_unsure(trust: str) -> None:
    """The sign of the number tells, for all that the index of the ledger sees is the number."""
    context = (*SYNCED[:3], trust, *SYNCED[4:])
    assert (context_number(context) < 0) == (trust != "synced")
