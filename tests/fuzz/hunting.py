"""Runs a target on input after input, and keeps account: outcomes, crashes, the slowest, the memory."""

import resource
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.mutation import Mutator
from tests.fuzz.target import Target

MOST_CORPUS, RARE = 2000, 20
ROOM_MB = 300
"""How much this process may grow: a generous multiple of what any input needs."""


@dataclass(frozen=True, slots=True)
class Crash:
    """An input that broke a promise, and how."""

    data: bytes
    why: str


@dataclass(slots=True)
class Tally:
    """What a hunt saw."""

    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    crashes: list[Crash] = field(default_factory=list)
    slowest_s: float = 0.0

    def add(self, other: "Tally") -> None:
        """Take another hunt's account into this one."""
        self.tried += other.tried
        self.outcomes += other.outcomes
        self.crashes += other.crashes
        self.slowest_s = max(self.slowest_s, other.slowest_s)

    def told(self, *, guided: bool) -> dict[str, object]:
        """The account as plain data."""
        return {
            "tried": self.tried,
            "outcomes": len(self.outcomes),
            "slowest_ms": 1000 * self.slowest_s,
            "crashes": [{"hex": crash.data.hex(), "why": crash.why} for crash in self.crashes],
            "guided": guided,
        }

    def try_one(self, target: Target, data: bytes) -> bool:
        """Run one input; True if its outcome is one of the first of its kind."""
        began = time.thread_time()
        try:
            outcome = target.run(data)
        except Exception:  # noqa: BLE001 - that is what is hunted
            self.crashes.append(Crash(data, traceback.format_exc(limit=-6)))
            outcome = "crash"
        took_s = time.thread_time() - began
        if took_s > target.patience_s:
            self.crashes.append(Crash(data, f"it took {took_s:.1f} s of processor time"))
        self.slowest_s = max(self.slowest_s, took_s)
        self.tried += 1
        self.outcomes[outcome] += 1
        return outcome != "crash" and self.outcomes[outcome] <= RARE


def hunt(
    target: Target, *, seed: int, seconds: float, inputs: int = 1 << 60, most_crashes: int = 20
) -> Tally:
    """Try the seeds, then changed ones, until time, inputs or crashes run out.

    Inputs with an outcome that is new or rare join the corpus, so that changes pile up.
    """
    tally, corpus = Tally(), [seed_[: target.longest] for seed_ in target.seeds()]
    until, before_kb = time.monotonic() + seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in corpus:
        tally.try_one(target, data)
    mutator, seeds = Mutator(seed, target.words, target.longest), len(corpus)
    while tally.tried < inputs and len(tally.crashes) < most_crashes and time.monotonic() < until:
        data = mutator.choose(corpus)
        if tally.try_one(target, data):
            corpus.append(data)
            if len(corpus) > MOST_CORPUS:
                del corpus[seeds : seeds + MOST_CORPUS // 2]
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    if grown_mb > ROOM_MB:
        tally.crashes.append(Crash(b"", f"the process grew by {grown_mb:.0f} MB"))
    return tally
