"""Random sequences of faults by seed: whatever happens, the books of devices, outboxes and ledger are equal.

`python -m bench.torture` runs hundreds of them; `PUNCHWIRE_SEEDS="17 42"` runs these here.
"""

import os
from pathlib import Path

import pytest

from tests.torture.faults import FAULTS
from tests.torture.sequence import planned, run

SEEDS = [int(seed) for seed in os.environ.get("PUNCHWIRE_SEEDS", " ".join(map(str, range(1, 21)))).split()]
STEPS = 4


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_sequence_of_faults_ends_with_equal_books(seed: int, template: Path, tmp_path: Path) -> None:
    """Nothing is lost or doubled, no receipt covers what is not committed, and in the end nothing waits."""
    verdict = run(seed, tmp_path / "site", template, STEPS)
    assert not verdict.wrongs, "\n".join((verdict.faults, *verdict.wrongs))


def test_a_seed_stands_for_the_same_sequence_everywhere() -> None:
    """A seed that failed elsewhere can be looked at here, and two hundred of them try every fault often."""
    assert planned(7) == planned(7)
    tried = [name for seed in range(200) for step in planned(seed) for name in step.faults]
    assert min(tried.count(name) for name in FAULTS) >= 20
