"""A short hunt through every parser that meets outside bytes; `python -m bench.fuzz` hunts for longer."""

import warnings

import pytest

from tests.fuzz.hunting import hunt
from tests.fuzz.targets import TARGETS

SEED, INPUTS, SECONDS = 20260511, 1500, 1.0


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_crash_a_parser(name: str) -> None:
    """Changed inputs give a value or a documented error, in time and within bounds, and round trips hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Python's, about odd regular expressions
        tally = hunt(TARGETS[name], seed=SEED, seconds=SECONDS, inputs=INPUTS, most_crashes=1)
    assert not tally.crashes, f"{tally.crashes[0].data.hex()}\n{tally.crashes[0].why}"
    assert len(tally.outcomes) > 1, "the hunt reached nothing"


@pytest.mark.parametrize("name", TARGETS)
def test_valid_inputs_are_taken(name: str) -> None:
    """The hunt begins where parsers get far: a good part of its first inputs is taken as right."""
    outcomes = [TARGETS[name].run(data) for data in TARGETS[name].seeds()]
    good = [outcome for outcome in outcomes if TARGETS[name].good in outcome]
    assert 4 * len(good) >= len(outcomes), outcomes
