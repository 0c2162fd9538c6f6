"""The verb `punchwire-edge doctor`: shows findings as they are made, or all of them as one JSON object."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from edge.doctor.rounds import Rounds, Told
from edge.findings import Finding

ALL_GOOD, SOMETHING_WRONG, USAGE = 0, 1, 2
_SIGN = {"good": "ok", "note": "note", "warning": "WARN", "alarm": "WRONG"}


def run(path: Path, *, only: str | None, listen_s: float, as_json: bool) -> int:
    """Examine an edge by its configuration file: 0 all good, 1 anything wrong, 2 no such reader."""
    rounds = Rounds(path, listen_s=listen_s)
    if only is not None and rounds.readers and only not in rounds.readers:
        sys.stderr.write(f'no reader "{only}"; there is {", ".join(rounds.readers)}\n')
        return USAGE
    found: list[Told] = []
    for part, finding in rounds.findings(only):
        found.append((part, finding))
        if not as_json:
            sys.stdout.write(shown(part, finding))
            sys.stdout.flush()
    sys.stdout.write(json.dumps(told(found), indent=2) + "\n" if as_json else _sum(found))
    return SOMETHING_WRONG if any(finding.wrong for _, finding in found) else ALL_GOOD


def shown(part: str, finding: Finding) -> str:
    """A finding as a line, with the next step on a second one."""
    word = f" [{finding.reason}]" if finding.reason else ""
    line = f"{_SIGN[finding.level]:<5}  {part}: {finding.tried}: {finding.answered}{word}\n"
    return f"{line}       -> {finding.next_step}\n" if finding.next_step else line


def told(found: list[Told]) -> dict[str, Any]:
    """All findings as plain data."""
    return {
        "good": not any(finding.wrong for _, finding in found),
        "findings": [
            {
                "part": part,
                "level": finding.level,
                "tried": finding.tried,
                "answered": finding.answered,
                "reason": finding.reason,
                "next_step": finding.next_step,
            }
            for part, finding in found
        ],
    }


def _sum(found: list[Told]) -> str:
    levels = Counter(finding.level for _, finding in found)
    wrong = levels["alarm"] + levels["warning"]
    return f"{wrong} wrong, {levels['good']} good\n" if wrong else f"all good ({levels['good']} tried)\n"
