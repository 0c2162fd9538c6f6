"""The simulated terminal as a program: its options, the JSON lines that it reads and writes."""

import argparse
import contextlib
import json
import os
import stat
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulators.arguments import count, port, seconds, some
from simulators.terminal.device import Terminal, local_wall
from simulators.terminal.faults import AT_ONCE, LASTING, NAMES
from simulators.terminal.records import RECORDS, Record

_LONGEST_KEY = 1 << 32

_ABOUT = """\
When ready it writes one JSON line with address, port and serial. Then it reads commands, one JSON object
a line, and answers each with one line:
  {"do": "punch", "user_id": "7", "punch": 1}   somebody punches (user_id, status, punch, at: optional)
  {"do": "dump"}                                the log as the terminal holds it
  {"do": "users"}                               the users
  {"do": "state"}                               counts, clock, disabled, clients
  {"do": "fault", "name": "drip", "times": 1}   a fault happens (other keys: its figures)
  {"do": "heal"}                                every lasting fault ends ("name": only that one)
  {"do": "down"} {"do": "up"}                   off and on the network
  {"do": "quit"}
"""


def add(kinds: Any) -> None:
    """Add `terminal` to the kinds of simulator that the command line offers."""
    faults = "\n".join(f"  {name:15} {told}" for name, told in {**LASTING, **AT_ONCE}.items())
    parser = kinds.add_parser(
        "terminal",
        help="a ZKTeco terminal on port 4370",
        description="Imitates a terminal that speaks the protocol of port 4370.",
        epilog=f"{_ABOUT}\nfaults:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--users", type=count, default=50, metavar="N", help="people enrolled (50)")
    parser.add_argument("--log", type=count, default=0, metavar="N", help="punches already in the log (0)")
    parser.add_argument("--address", default="127.0.0.1", help="where to listen (127.0.0.1)")
    parser.add_argument("--port", type=port, default=4370, metavar="P", help="0 takes a free one (4370)")
    parser.add_argument("--udp", action="store_true", help="over UDP alone, as old models (TCP and UDP)")
    parser.add_argument("--record-size", choices=RECORDS, default="40", help="layout of the log (40)")
    parser.add_argument("--user-size", type=int, choices=(28, 72), default=72, help="layout of users (72)")
    parser.add_argument("--event-size", type=some, metavar="BYTES", help="of a live event (as usual)")
    parser.add_argument("--capacity", type=some, default=200_000, metavar="N", help="records that fit")
    parser.add_argument("--comm-key", type=_key, default=0, metavar="N", help="0 asks for none (0)")
    parser.add_argument("--second-client", choices=("refuse", "wait", "kick"), default="refuse")
    parser.add_argument("--punch-every", type=seconds, metavar="S", help="somebody punches every S seconds")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same people and past")
    parser.add_argument("--serial", default="CJ7F194760042", metavar="TEXT", help="serial number")
    parser.add_argument("--zone", type=_zone, metavar="NAME", help="of its clock, as Asia/Kolkata (here)")
    parser.add_argument(
        "--fault", action="append", choices=NAMES, default=[], metavar="NAME", help="see below"
    )
    parser.set_defaults(run=run)


def _key(text: str) -> int:
    key = int(text)
    if not 0 <= key < _LONGEST_KEY:
        raise argparse.ArgumentTypeError(f"a comm key lies between 0 and {_LONGEST_KEY - 1}")
    return key


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise argparse.ArgumentTypeError(f'no time zone "{text}"; write it as Asia/Kolkata') from None


def _wall_of(zone: ZoneInfo | None) -> Callable[[], datetime]:
    return local_wall if zone is None else lambda: datetime.now(zone).replace(tzinfo=None)


def run(options: argparse.Namespace) -> int:
    """Be a terminal until the input ends, `quit`, or a signal. Returns the exit code."""
    terminal = Terminal(
        serial=options.serial,
        users=options.users,
        log=options.log,
        layout=options.record_size,
        user_size=options.user_size,
        capacity=options.capacity,
        event_size=options.event_size,
        comm_key=options.comm_key,
        address=options.address,
        port=options.port,
        transport="udp" if options.udp else "both",
        second_client=options.second_client,
        seed=options.seed,
        now=_wall_of(options.zone),
    )
    try:
        terminal.start()
    except OSError as error:
        sys.stderr.write(f"{options.address} port {options.port}: {error.strerror}; choose another --port\n")
        return 1
    done = threading.Event()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        for name in options.fault:
            terminal.fault(name)
        _say(
            {
                "kind": "terminal",
                "address": terminal.address,
                "port": terminal.port,
                "serial": terminal.serial,
            }
        )
        if options.punch_every:
            puncher = threading.Thread(
                target=_punch_on, args=(terminal, options.punch_every, done), daemon=True
            )
            puncher.start()
        _listen(terminal, done)
    done.set()
    terminal.stop()
    return 0


def _punch_on(terminal: Terminal, every_s: float, done: threading.Event) -> None:
    while not done.wait(every_s):
        with contextlib.suppress(LookupError):
            terminal.punch()


def _listen(terminal: Terminal, done: threading.Event) -> None:
    """Obey the lines of standard input. At its end: go, unless it is the null device of a service."""
    for line in sys.stdin:
        if line.strip() and not _obey(terminal, line):
            return
    if stat.S_ISCHR(os.fstat(0).st_mode) and not os.isatty(0):
        done.wait()


def _obey(terminal: Terminal, line: str) -> bool:
    """Carry out one command and answer it; False for `quit`."""
    try:
        order = json.loads(line)
        verb = order.pop("do")
        answer = _DEEDS[verb](terminal, order)
    except KeyError as missing:
        answer = {"error": f"no such command: {missing}; there is {', '.join(_DEEDS)}"}
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        answer = {"error": str(error)}
    else:
        if answer is None:
            return False
        answer = {"did": verb, **answer}
    _say(answer)
    return True


def _punch(terminal: Terminal, order: dict[str, Any]) -> dict[str, Any]:
    if "at" in order:
        order["at"] = datetime.fromisoformat(order["at"])
    record = terminal.punch(order.pop("user_id", None), **order)
    return {"record": None if record is None else _told(record)}


def _fault(terminal: Terminal, order: dict[str, Any]) -> dict[str, Any]:
    terminal.fault(order.pop("name", ""), **order)
    return {}


def _state(terminal: Terminal) -> dict[str, Any]:
    state = terminal.state
    return {
        "serial": state.serial,
        "users": len(terminal.users),
        "records": len(terminal.log),
        "clock": state.clock().isoformat(),
        "disabled": state.disabled,
        "clients": terminal.clients,
    }


def _told(record: Record) -> dict[str, Any]:
    return {
        "user_id": record.user_id,
        "uid": record.uid,
        "wall": record.wall,
        "status": record.status,
        "punch": record.punch,
    }


def _quietly(deed: Callable[[Terminal], object]) -> Callable[[Terminal, dict[str, Any]], dict[str, Any]]:
    def obey(terminal: Terminal, _order: dict[str, Any]) -> dict[str, Any]:
        deed(terminal)
        return {}

    return obey


_DEEDS: dict[str, Callable[[Terminal, dict[str, Any]], dict[str, Any] | None]] = {
    "punch": _punch,
    "dump": lambda terminal, _: {"log": [_told(record) for record in terminal.log]},
    "users": lambda terminal, _: {
        "users": [{"uid": u.uid, "user_id": u.user_id, "name": u.name} for u in terminal.users]
    },
    "state": lambda terminal, _: _state(terminal),
    "fault": _fault,
    "heal": lambda terminal, order: _quietly(lambda t: t.heal(order.get("name")))(terminal, order),
    "down": _quietly(Terminal.stop),
    "up": _quietly(Terminal.start),
    "quit": lambda _terminal, _order: None,
}


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
