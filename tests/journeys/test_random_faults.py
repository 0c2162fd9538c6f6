"""Random sequences of faults by seed: whatever happens, the ledger ends equal to the devices."""

import os
import random
import time
from collections.abc import Callable

import pytest

from demo.stage import TERMINAL
from tests.journeys.site import Site
from tests.waiting import until

SEEDS = [int(seed) for seed in os.environ.get("PUNCHWIRE_SEEDS", "1 2 3 4").split()]
"""Which sequences run: a few in every test run; `PUNCHWIRE_SEEDS="$(seq 1 200)"` runs more."""
STEPS = 12


def kill_and_start(site: Site, part: str) -> Callable[[], None]:
    def fault() -> None:
        program = getattr(site, part)
        program.kill()
        site.punches(3)
        program.start()

    return fault


def faults(site: Site, dice: random.Random) -> list[Callable[[], None]]:
    """What can happen, each ending with every part running again."""

    def cut() -> None:
        site.network.cut()
        site.punches(dice.randrange(1, 8))
        site.network.restore()

    def terminal_away() -> None:
        site.devices[TERMINAL].say({"do": "down"})
        site.punches(dice.randrange(1, 4))
        site.devices[TERMINAL].say({"do": "up"})

    def hang() -> None:
        part = dice.choice([site.edge, site.central])
        site.freeze(part)
        site.punches(dice.randrange(1, 30))
        site.freeze(part, thaw=True)

    def outbox_lost() -> None:
        until(lambda: site.ledger_count() >= site.held_count())
        site.outbox_settles()
        for part in site.folder.glob("outbox.db*"):
            part.unlink()
        site.edge.start()

    def old_ledger() -> None:
        copy = site.back_up()
        site.punches(dice.randrange(1, 10))
        site.card()
        until(lambda: site.ledger_count() >= site.held_count(), 120)
        site.central.kill()
        site.restore(copy)
        site.central.start()

    return [
        kill_and_start(site, "edge"),
        kill_and_start(site, "central"),
        kill_and_start(site, "broker"),
        cut,
        terminal_away,
        hang,
        outbox_lost,
        old_ledger,
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_any_sequence_of_faults_ends_with_equal_books(site: Site, seed: int) -> None:
    """Kills, cuts, hangs, a lost outbox and an old ledger in any order: nothing lost, nothing doubled."""
    dice = random.Random(seed)  # noqa: S311 - a schedule
    until(lambda: site.ledger_count() >= 300)
    for _ in range(STEPS):
        site.punches(dice.randrange(0, 10))
        if dice.random() < 0.3:
            site.card()
        dice.choice(faults(site, dice))()
        time.sleep(dice.random())
    site.settles(within_s=150)
    assert site.doubled_days() == 0
    site.outbox_settles()
