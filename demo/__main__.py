"""The command `python -m demo`: plays the demo in a temporary folder and prints the closing account."""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from demo import keys, latency, screen
from demo.account import Account
from demo.play import Play
from demo.programs import ProgramError
from demo.stage import LEDGER, Stage
from simulators.arguments import seconds

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo. Exit code 0: the ledger holds exactly what the devices hold; else 1."""
    began = time.monotonic()
    options = _parser().parse_args(arguments)
    for number in _SIGNALS:
        signal.signal(number, _leave)
    with tempfile.TemporaryDirectory(prefix="punchwire-demo-") as folder:
        stage = Stage(Path(folder))
        try:
            return _play(stage, options, began)
        except (ProgramError, TimeoutError, FileNotFoundError) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        finally:
            stage.clear()


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave on a signal, and let nothing disturb the clearing up."""
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="demo", description="A broker, a centre, a branch and its devices, here and now."
    )
    parser.add_argument(
        "--seconds", type=seconds, metavar="N", help="end by itself after N seconds of punches"
    )
    parser.add_argument("--json", action="store_true", help="print the closing figures as JSON")
    return parser


def _play(stage: Stage, options: argparse.Namespace, began: float) -> int:
    stage.build()
    told = sys.stderr if options.json else sys.stdout
    if stage.without:
        print(f"demo: {stage.without}", file=told)
    with keys.single_keys(), screen.opened(quiet=options.json) as shown:
        play = Play(stage, shown, began)
        play.run(options.seconds)
        play.settle()
        accounts = play.accounts()
    figures = _figures(stage, accounts, play.startup_s)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        _tell(figures, accounts)
    return 0 if figures["equal"] else 1


def _figures(stage: Stage, accounts: Sequence[Account], startup_s: float | None) -> dict[str, Any]:
    """The closing figures, as `--json` prints them."""
    summary = stage.ask("summary")
    return {
        "equal": all(it.equal for it in accounts),
        "held": {it.reader: it.held for it in accounts},
        "ledger": {it.reader: it.ledger for it in accounts},
        "missing": sum(len(it.missing) for it in accounts),
        "doubled": sum(len(it.doubled) for it in accounts),
        "present": summary["present"],
        "quarantined": summary["quarantined"],
        "outbox": stage.outbox(),
        "latency_ms": latency.live(stage.folder / LEDGER),
        "startup_s": None if startup_s is None else round(startup_s, 2),
    }


def _tell(figures: dict[str, Any], accounts: Sequence[Account]) -> None:
    for it in accounts:
        print("\n".join(it.lines()))
    if figures["latency_ms"] is not None:
        took = figures["latency_ms"]
        print(f"from card to ledger: {took['p50']} ms in half of the cases, {took['p99']} ms in 99 of 100")
    print("equal: no punch is missing, none is doubled" if figures["equal"] else "NOT equal: see above")


if __name__ == "__main__":
    sys.exit(main())
