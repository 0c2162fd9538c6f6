"""The verb `punchwire-edge probe`: an installer presents cards with known numbers, and gets a section."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from edge.errors import ReaderFault
from edge.readers.presented import Presented, Settled, settle
from edge.readers.probe import Undecided
from edge.readers.usb_rfid.devices import keyboards
from wire.reasons import next_step

DONE, UNDECIDED, UNAVAILABLE = 0, 1, 69
USUAL_BAUD = 9600
_INPUT = Path("/dev/input")
_NAMES = tuple(Path("/dev", kind, by) for by in ("by-id", "by-path") for kind in ("serial", "input"))


def run(options: argparse.Namespace) -> int:
    """Ask for cards, then print the section or why it is not certain."""
    device = options.device or _only_one()
    if device is None:
        return UNAVAILABLE
    try:
        with _presenting(device, options.baud) as take:
            numbers = iter(options.card) if options.card else _asked()
            verdict = _verdict(lambda: take(options.wait), numbers)
    except ImportError as error:
        _tell(f"{error.name} is not installed. {next_step('driver-missing')}")
        return UNAVAILABLE
    except ReaderFault as fault:
        _tell(f"{fault.evidence}. {next_step(fault.reason)}")
        return UNAVAILABLE
    if isinstance(verdict, Undecided):
        _tell(verdict.why)
        return UNDECIDED
    sys.stdout.write(section(device, options.baud, verdict))
    return DONE


def section(device: str, baud: int, settled: Settled) -> str:
    """The section for edge.toml."""
    keyboard = _is_keyboard(device)
    keys: list[tuple[str, str | int]] = [
        ("name", "card-reader"),
        ("kind", "usb-rfid" if keyboard else "serial-rfid"),
        ("device", _stable(device)),
        *settled.keys,
    ]
    if not keyboard and baud != USUAL_BAUD:
        keys.append(("baud", baud))
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys if (key, value) != ("terminator", "enter")]
    return "\n".join(["[[reader]]", *lines]) + "\n"


def _presenting(device: str, baud: int) -> AbstractContextManager[Callable[[float], Presented | None]]:
    if _is_keyboard(device):
        from edge.readers.usb_rfid import presenting as typing  # noqa: PLC0415 - only the driver that is needed

        return typing.presenting(device)
    from edge.readers.serial_rfid import presenting as sending  # noqa: PLC0415

    return sending.presenting(device, baud)


def _verdict(take: Callable[[], Presented | None], numbers: Iterator[str]) -> Settled | Undecided:
    cards: list[tuple[Presented, tuple[str, ...]]] = []
    for printed in numbers:
        _tell(f"Present the card {printed}")
        presented = take()
        if presented is None:
            return Undecided((), "No card came in time; check the reader's light, its plug and --device.")
        _tell(f"  came: {presented.readings[0].sent if presented.readings else presented.evidence}")
        cards.append((presented, tuple(printed.replace("/", " ").split())))
    return settle(cards)


def _asked() -> Iterator[str]:
    """Ask for the numbers of one card after another, until an empty line."""
    while True:
        _tell("All numbers printed on the next card, with blanks between (empty: no more cards):")
        printed = sys.stdin.readline().strip()
        if not printed:
            return
        yield printed


def _only_one() -> str | None:
    """The only card reader of this machine; if there are several or none, that is told."""
    serial = [str(link) for link in sorted(_NAMES[0].glob("*"))]
    found = serial + [_stable(keyboard.path) for keyboard in keyboards()]
    if len(found) == 1:
        return found[0]
    _tell("No reader is plugged in." if not found else "Say which one with --device:")
    for device in found:
        _tell(f"  {device}")
    return None


def _stable(device: str) -> str:
    """The name that survives another order of plugging in, where there is one."""
    if any(Path(device).parent == folder for folder in _NAMES):
        return device
    true = Path(device).resolve()
    links = (link for folder in _NAMES for link in sorted(folder.glob("*")))
    return next((str(link) for link in links if link.resolve() == true), device)


def _is_keyboard(device: str) -> bool:
    return Path(device).resolve().is_relative_to(_INPUT)


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
