"""Measures the main job, a figure a line: card to ledger, a backlog, appends, an edge at rest, its start.

    python -m bench [--json]

It runs `bench.uplink` without TLS, `bench.outbox`, `bench.idle` and `bench.start`; each alone says more, and
how it measures. Where a bare script did the same in the same run, the ratio to it stands beside the figure.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

Line = tuple[str, float, float | None]
"""What was measured, the figure, and its ratio to the bare script's where there is one."""
_WAY = {
    "live p50 ms": "one punch, durable at the edge to receipt, ms, p50",
    "live p99 ms": "the same, ms, p99",
    "drain punches/s": "drain of a backlog of 100,000, punches/s",
}
_REST = {
    "daemon resident MB": "edge at rest, one reader of each kind: resident MB",
    "terminal child resident MB": "its terminal's process: resident MB",
    "both, shared pages once MB": "both, pages that they share counted once: MB",
    "percent of one core": "both: percent of one core",
}


def told(bench: str, *arguments: str) -> Any:
    """The JSON of one bench, run in a process of its own. Raises subprocess.CalledProcessError."""
    command = [sys.executable, "-m", f"bench.{bench}", "--json", *arguments]
    print(f"bench.{bench}", file=sys.stderr)
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def lines() -> Iterator[Line]:
    """Every line of the table."""
    way = told("uplink", "--tls=off")["TLS off"]
    for key, what in _WAY.items():
        yield what, way[key]["product"], way[key]["ratio"]
    bare: dict[str, Any] = {}
    for row in told("outbox"):
        name, _, how = row["what"].partition(", ")
        if name == "bare":
            bare = row
            continue
        yield f"appends {how}, punches/s", row["per_second"], row["per_second"] / bare["per_second"]
        yield f"appends {how}, bytes a punch", row["bytes_each"], row["bytes_each"] / bare["bytes_each"]
    rest = told("idle")
    for key, what in _REST.items():
        yield what, rest[key], None
    start = told("start")
    for what in ("start", "restart"):
        yield f"{what} to the first card on the disk, ms", start[f"{what} ms"], start[f"{what} of imports"]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = list(lines())
    if options.json:
        print(json.dumps({what: {"figure": figure, "of bare": ratio} for what, figure, ratio in table}))
        return 0
    print(f"{'what':<52} {'figure':>10} {'of bare':>8}")
    for what, figure, ratio in table:
        print(f"{what:<52} {figure:>10,.2f} {'-' if ratio is None else f'{ratio:.2f}':>8}")
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
