"""Hunts for bytes that crash a parser, target after target, for as long as wanted.

    python -m bench.fuzz [--seconds N] [--target NAME ...] [--seed N] [--save FOLDER]

Every target runs for N seconds in a process of its own. Where atheris is installed (`pip install atheris`)
inputs are kept that reach new code of ours, else those with a new outcome. An input that crashes is saved as
hex: give it a name in `tests/fuzz/test_found.py`. Exit code 1 if there was one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS

_GRACE_S = 300.0
"""A busy machine takes its time; an input that hangs is found by the patience of its target."""


def hunted(name: str, seconds: float, seed: int, folder: Path) -> dict[str, Any]:
    """The account of one target's hunt; a process that hangs or dies is a crash, too."""
    report = folder / f"{name}.json"
    command = [sys.executable, "-m", "bench.fuzz_one", name, str(seconds), str(seed), str(report)]
    try:
        with (folder / f"{name}.log").open("wb") as log:
            done = subprocess.run(
                command, check=False, stdout=log, stderr=log, timeout=seconds + _GRACE_S
            ).returncode
    except subprocess.TimeoutExpired:
        done = -1
    told: dict[str, Any] = {"tried": 0, "outcomes": 0, "slowest_ms": 0, "crashes": [], "guided": False}
    if report.exists():
        told = json.loads(report.read_text(encoding="utf-8"))
    if done != 0 and not told["crashes"]:
        last = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        told["crashes"].append({"hex": "", "why": f"the process ended with {done}: {' '.join(last)}"})
    return told


def saved(name: str, crash: dict[str, str], folder: Path) -> Path:
    """Keep the input of a crash for a named test."""
    digest = blake2b(crash["hex"].encode(), digest_size=4).hexdigest()
    path = folder / f"{name}-{digest}.hex"
    path.write_text(f"{crash['hex']}\n", encoding="ascii")
    return path


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="for each target (60)")
    parser.add_argument("--target", action="append", choices=TARGETS, help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, default=Path(), help="folder for inputs that crash (here)")
    options = parser.parse_args()
    tried, crashed = 0, 0
    print(
        f"{'target':<18} {'inputs tried':>13} {'outcomes':>9} {'slowest ms':>11} {'crashes':>8}", flush=True
    )
    for name in options.target or TARGETS:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            told = hunted(name, options.seconds, options.seed, Path(folder))
        crashes = told["crashes"]
        tried, crashed = tried + told["tried"], crashed + len(crashes)
        guided = "" if told["guided"] else "   (blind)"
        figures = f"{told['tried']:>13,} {told['outcomes']:>9} {told['slowest_ms']:>11.0f} {len(crashes):>8}"
        print(f"{name:<18} {figures}{guided}", flush=True)
        for crash in crashes:
            print(f"  {saved(name, crash, options.save)}: {crash['why'].splitlines()[-1]}", flush=True)
    print(f"{'all':<18} {tried:>13,} {'':>9} {'':>11} {crashed:>8}")
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
