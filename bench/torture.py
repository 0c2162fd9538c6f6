"""Random sequences of faults on a whole site, seed by seed, and after each the comparison of all books.

    python -m bench.torture --seeds N [--first S] [--jobs J] [--steps K] [--folder F] [--json]

Every seed has a process and a site of its own, with real programs and a real broker. A seed whose books
differ keeps its folder (logs, outboxes, ledger) and says how it is repeated alone; then the exit code is 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.torture.arena import make_template
from tests.torture.sequence import STEPS, planned, run

Told = dict[str, Any]
_LONGEST_S = 900.0


def judged(seed: int, steps: int, place: Path) -> Told:
    """Run one seed here."""
    folder = place / f"seed-{seed}"
    folder.mkdir(parents=True)
    verdict = run(seed, folder / "site", make_template(folder / "template.db"), steps)
    if not verdict.wrongs:
        (folder / "template.db").unlink()
        folder.rmdir()
    return {
        "seed": seed,
        "faults": verdict.faults,
        "seconds": round(verdict.seconds, 1),
        "receipts_checked": verdict.receipts,
        "wrong": list(verdict.wrongs),
    }


def judged_elsewhere(seed: int, steps: int, place: Path) -> Told:
    """Run one seed in a process of its own; one that hangs or dies is a finding, too."""
    flags = ("--seeds", "1", "--first", str(seed), "--steps", str(steps), "--folder", str(place), "--json")
    try:
        command = [sys.executable, "-m", "bench.torture", *flags]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_LONGEST_S)
        told: Told = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        faults = " ".join("+".join(step.faults) for step in planned(seed, steps))
        told = {"seed": seed, "faults": faults, "seconds": 0.0, "receipts_checked": 0, "wrong": [str(error)]}
    return told


def all_judged(seeds: range, steps: int, jobs: int, place: Path) -> Iterator[Told]:
    """Run the seeds, several at a time; each as it is done."""
    if len(seeds) == 1:
        yield judged(seeds[0], steps, place)
        return
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(judged_elsewhere, seed, steps, place) for seed in seeds]
        try:
            for job in as_completed(running):
                yield job.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def line(told: Told, count: int, of: int) -> str:
    """What became of a seed, for a person."""
    word = "DIFFERENT" if told["wrong"] else "equal"
    head = f"[{count}/{of}] seed {told['seed']:<5} {word:<9} {told['seconds']:6.1f} s  {told['faults']}"
    return "\n".join([head, *(f"    {part}" for wrong in told["wrong"] for part in wrong.splitlines())])


def main() -> int:
    """Print a line for each seed, and the sum."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=200, help="how many (200)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (1)")
    parser.add_argument("--jobs", type=int, default=2, help="how many sites at a time (2)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of each sequence ({STEPS})")
    parser.add_argument("--folder", type=Path, help="where sites stand (a temporary folder)")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each seed")
    options = parser.parse_args()
    place = options.folder or Path(tempfile.mkdtemp(prefix="torture-"))
    seeds, began = range(options.first, options.first + options.seeds), time.monotonic()
    different, seconds, receipts = 0, 0.0, 0
    for count, told in enumerate(all_judged(seeds, options.steps, options.jobs, place), 1):
        seconds, receipts = seconds + told["seconds"], receipts + told["receipts_checked"]
        print(json.dumps(told) if options.json else line(told, count, len(seeds)), flush=True)
        if told["wrong"]:
            different += 1
            again = f"python -m bench.torture --seeds 1 --first {told['seed']} --steps {options.steps}"
            kept = place / f"seed-{told['seed']}"
            print(f"    kept in {kept}; again: {again}", file=sys.stderr, flush=True)
    if not options.json:
        print(
            f"{len(seeds)} seeds, {different} different; {seconds / len(seeds):.1f} s a seed,"
            f" {time.monotonic() - began:.0f} s in all; {receipts} receipts checked as they were published"
        )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
