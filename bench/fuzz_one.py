"""Hunts through one target in a process of its own, guided by coverage where atheris is installed.

    python -m bench.fuzz_one TARGET SECONDS SEED REPORT

REPORT is a file that always holds the account so far as JSON, so that not even a dead process takes it along.
"""

import json
import resource
import sys
import time
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MEMORY_BYTES = 3 << 30
"""Address space at the most, threads included: an input that wants more is a crash."""
MOST_CRASHES = 20
_EVERY_S = 1.0
_OURS = ("edge", "central", "wire", "ground", "tomllib", "json", "csv")


def main(name: str, seconds: float, seed: int, report: Path) -> None:
    """Hunt until the time is over."""
    warnings.simplefilter("ignore", FutureWarning)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if find_spec("atheris") is None:
        _blind(name, seconds, seed, report)
    else:
        _guided(name, seconds, seed, report)


def _blind(name: str, seconds: float, seed: int, report: Path) -> None:
    from tests.fuzz.hunting import Tally, hunt  # noqa: PLC0415 - atheris instruments what is imported later
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415

    whole, until, turn = Tally(), time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0 and len(whole.crashes) < MOST_CRASHES:
        tally = hunt(TARGETS[name], seed=seed + turn, seconds=min(left, 10 * _EVERY_S))
        whole.add(tally)
        turn += 1
        _write(report, whole.told(guided=False))


def _guided(name: str, seconds: float, seed: int, report: Path) -> None:
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=list(_OURS)):
        from tests.fuzz.hunting import Tally  # noqa: PLC0415
        from tests.fuzz.mutation import Mutator  # noqa: PLC0415
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    target, tally, written = TARGETS[name], Tally(), [0.0]
    corpus = report.with_suffix(".corpus")
    corpus.mkdir(exist_ok=True)
    for at, data in enumerate(target.seeds()):
        (corpus / f"seed-{at}").write_bytes(data)
    mutator, seeds = Mutator(seed, target.words, target.longest), list(target.seeds())

    def one(data: bytes) -> None:
        tally.try_one(target, data)
        if time.monotonic() - written[0] > _EVERY_S or len(tally.crashes) >= MOST_CRASHES:
            _write(report, tally.told(guided=True))
            written[0] = time.monotonic()
        if len(tally.crashes) >= MOST_CRASHES:
            raise RuntimeError("enough crashes")

    def changed(data: bytes, most: int, dice: int) -> bytes:
        """Half by libFuzzer's changes of bytes, half by ours, which know words."""
        return atheris.Mutate(data, most) if dice % 2 else mutator.changed(data, seeds)[:most]

    options = [f"-max_total_time={int(seconds)}", f"-seed={seed}", f"-max_len={target.longest}"]
    quiet = ["-verbosity=0", "-rss_limit_mb=2048", f"-timeout={int(target.patience_s * 10)}"]
    place = [f"-artifact_prefix={corpus}/", str(corpus)]
    atheris.Setup([sys.argv[0], *options, *quiet, *place], one, custom_mutator=changed)
    atheris.Fuzz()


def _write(report: Path, told: dict[str, object]) -> None:
    fresh = report.with_suffix(".new")
    fresh.write_text(json.dumps(told), encoding="utf-8")
    fresh.replace(report)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
