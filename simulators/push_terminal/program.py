"""The simulated pushing terminal as a program: its options, the JSON lines that it reads and writes."""

import argparse
import contextlib
import json
import os
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulators.arguments import count, port, seconds, some
from simulators.push_terminal.device import PushTerminal
from simulators.push_terminal.mishaps import AT_ONCE, LASTING, NAMES

_ABOUT = """\
When ready it writes one JSON line with its serial and its server. Then it reads commands, one JSON object
a line, and answers each with one line:
  {"do": "punch", "pin": "7", "status": 1}     somebody punches (pin, status, at: optional)
  {"do": "dump"}                               the log as the terminal holds it
  {"do": "state"}                              counts, clock, commands heard, the last refusal
  {"do": "fault", "name": "twice", "times": 1} something goes wrong, see below
  {"do": "heal"}                               every lasting fault ends ("name": only that one)
  {"do": "down"} {"do": "up"}                  off and on the network
  {"do": "quit"}
"""


def add(kinds: Any) -> None:
    """Add `push-terminal` to the kinds of simulator that the command line offers."""
    faults = "\n".join(f"  {name:13} {told}" for name, told in {**LASTING, **AT_ONCE}.items())
    parser = kinds.add_parser(
        "push-terminal",
        help="a ZKTeco terminal that pushes over HTTP",
        description="Imitates a terminal that pushes its records to a server.",
        epilog=f"{_ABOUT}\nfaults:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--server", default="127.0.0.1", help="address to push to (127.0.0.1)")
    parser.add_argument("--port", type=port, default=8081, metavar="P", help="port to push to (8081)")
    parser.add_argument("--serial", default="CJ7F194760042", metavar="TEXT", help="serial number")
    parser.add_argument("--users", type=some, default=50, metavar="N", help="people enrolled (50)")
    parser.add_argument("--log", type=count, default=0, metavar="N", help="punches already in the log (0)")
    parser.add_argument("--batch", type=some, default=100, metavar="N", help="rows of one upload (100)")
    parser.add_argument("--pace", type=seconds, default=1.0, metavar="X", help="0.1 waits a tenth (1)")
    parser.add_argument("--punch-every", type=seconds, metavar="S", help="somebody punches every S seconds")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same people and past")
    parser.add_argument("--zone", type=_zone, default="Asia/Kolkata", metavar="NAME", help="(Asia/Kolkata)")
    parser.add_argument("--zone-unit", choices=("hours", "minutes"), default="hours", help="(hours)")
    parser.add_argument("--fault", action="append", choices=NAMES, default=[], metavar="NAME")
    parser.set_defaults(run=run)


def _zone(text: str) -> timedelta:
    try:
        return datetime.now(UTC).astimezone(ZoneInfo(text)).utcoffset() or timedelta()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f'no time zone "{text}"; write it as Asia/Kolkata') from None


def run(options: argparse.Namespace) -> int:
    """Be a terminal until the input ends, `quit`, or a signal. Returns the exit code."""
    terminal = PushTerminal(
        serial=options.serial,
        server=options.server,
        port=options.port,
        users=options.users,
        log=options.log,
        batch=options.batch,
        pace=options.pace,
        zone=options.zone,
        zone_unit=options.zone_unit,
        seed=options.seed,
    )
    for name in options.fault:
        terminal.fault(name)
    terminal.start()
    _say({"ready": True, "kind": "push-terminal", "serial": terminal.serial, "port": options.port})
    done = threading.Event()
    if options.punch_every:
        threading.Thread(target=_punch_on, args=(terminal, options.punch_every, done), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        _listen(terminal, done)
    done.set()
    terminal.stop()
    return 0


def _punch_on(terminal: PushTerminal, every_s: float, done: threading.Event) -> None:
    while not done.wait(every_s):
        terminal.punch()


def _listen(terminal: PushTerminal, done: threading.Event) -> None:
    """Obey the lines of standard input. At its end: go, unless it is the null device of a service."""
    for line in sys.stdin:
        if line.strip() and not _obey(terminal, line):
            return
    if stat.S_ISCHR(os.fstat(0).st_mode) and not os.isatty(0):
        done.wait()


def _obey(terminal: PushTerminal, line: str) -> bool:
    """Carry out one command and answer it; False for `quit`."""
    try:
        order = json.loads(line)
        verb = order.pop("do")
        if verb == "quit":
            return False
        answer = {"did": verb, **_DEEDS[verb](terminal, order)}
    except KeyError as missing:
        answer = {"error": f"no such command: {missing}; there is {', '.join(_DEEDS)}, quit"}
    except (ValueError, TypeError, AttributeError) as error:
        answer = {"error": str(error)}
    _say(answer)
    return True


def _punch(terminal: PushTerminal, order: dict[str, Any]) -> dict[str, Any]:
    if "at" in order:
        order["at"] = datetime.fromisoformat(order["at"])
    return {"row": asdict(terminal.punch(order.pop("pin", None), **order))}


def _state(terminal: PushTerminal) -> dict[str, Any]:
    return {
        "serial": terminal.serial,
        "users": len(terminal.users),
        "records": len(terminal.log),
        "sent": terminal.sent,
        "clock": terminal.clock().isoformat(),
        "commands": [command for command, _ in terminal.commands],
        "refused": terminal.refusals[-1] if terminal.refusals else None,
    }


def _done(deed: Callable[[], object]) -> dict[str, Any]:
    deed()
    return {}


_DEEDS: dict[str, Callable[[PushTerminal, dict[str, Any]], dict[str, Any]]] = {
    "punch": _punch,
    "dump": lambda terminal, _: {"log": [asdict(row) for row in terminal.log]},
    "state": lambda terminal, _: _state(terminal),
    "fault": lambda terminal, order: _done(lambda: terminal.fault(order.pop("name", ""), **order)),
    "heal": lambda terminal, order: _done(lambda: terminal.heal(order.get("name"))),
    "down": lambda terminal, _: _done(terminal.stop),
    "up": lambda terminal, _: _done(terminal.start),
}


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
