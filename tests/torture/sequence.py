"""A sequence of faults by seed: planned, carried out on a fresh site, and judged."""

import random
import shutil
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.torture import books
from tests.torture.arena import Arena
from tests.torture.faults import FAULTS
from tests.waiting import until

STEPS = 6
BROKERS = (
    "",
    "",
    "max_inflight_messages 4\nmax_queued_messages 8\n",
    "max_inflight_messages 1\n",
    "max_queued_bytes 30000\n",
    "persistence true\npersistence_location {folder}/\nautosave_interval 2\n",
)
"""Settings of Mosquitto, one of which a seed has: its limits bite earlier, or what it kept is old."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at once, and the seed of how."""

    faults: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a sequence ended; `wrongs` is empty if all books were equal."""

    seed: int
    plan: tuple[Step, ...]
    seconds: float
    wrongs: tuple[str, ...]
    receipts: int = 0
    """How many receipts were checked when they were published."""

    @property
    def faults(self) -> str:
        """The sequence for a person."""
        return " ".join("+".join(step.faults) for step in self.plan)


def planned(seed: int, steps: int = STEPS) -> tuple[Step, ...]:
    """What a seed stands for. The same on every machine."""
    dice = random.Random(seed)  # noqa: S311 - a schedule
    names = sorted(FAULTS)
    together = [name for name in names if not FAULTS[name].alone]
    plan = []
    for _ in range(steps):
        first = dice.choice(names)
        more = dice.sample([name for name in together if name != first], dice.choice((0, 0, 1, 2)))
        plan.append(Step((first,) if FAULTS[first].alone else (first, *more), dice.randrange(1 << 32)))
    return tuple(plan)


def run(seed: int, folder: Path, template: Path, steps: int = STEPS) -> Verdict:
    """Carry a sequence out in a folder that must not exist yet; it is deleted if all was well."""
    began, plan = time.monotonic(), planned(seed, steps)
    dice = random.Random(seed)  # noqa: S311 - a schedule
    extra = dice.choice(BROKERS).format(folder=folder / "broker")
    arena = Arena(folder, template, dice, extra)
    try:
        arena.build()
        until(lambda: arena.held() == arena.landed(), 60, every_s=0.1)
        for step in plan:
            carry_out(arena, step)
        books.heal(arena)
        wrongs = books.settled(arena) or books.ended_well(arena)
    except Exception:  # noqa: BLE001 - a sequence that cannot go on is a finding, too
        wrongs = [traceback.format_exc(limit=-4)]
    finally:
        arena.clear()
    if not wrongs:
        shutil.rmtree(folder)
    return Verdict(seed, plan, time.monotonic() - began, tuple(wrongs), arena.witness.receipts)


def carry_out(arena: Arena, step: Step) -> None:
    """Let the faults of a step happen while people punch, and end them in the opposite order."""
    dice = random.Random(step.seed)  # noqa: S311 - a schedule
    if dice.random() < 0.8:
        arena.wait_for_work()
    work(arena, dice)
    with ExitStack() as stack:
        for name in step.faults:
            stack.enter_context(FAULTS[name].begin(arena, dice))
        work(arena, dice)
        time.sleep(dice.random())
        work(arena, dice)
    time.sleep(dice.random() * 0.3)


def work(arena: Arena, dice: random.Random) -> None:
    """Some people punch, one of them twice within a second; sometimes somebody presents a card."""
    arena.punch(dice.randrange(0, 12))
    if dice.random() < 0.2:
        arena.press_twice()
    if dice.random() < 0.6:
        arena.branch.card()
