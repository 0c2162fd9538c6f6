"""Waits for cards at a keyboard reader whose terminator and notation are unknown."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from evdev import InputDevice, ecodes

from edge.errors import Lost
from edge.readers.presented import Presented, Reading
from edge.readers.usb_rfid.keystrokes import GAP_S, Keystrokes, Refused, Scan, Terminator
from edge.readers.usb_rfid.reader import KeyboardOptions, KeyboardReader

_TERMINATORS: tuple[Terminator, ...] = ("enter", "tab", "none")


@contextmanager
def presenting(device: str) -> Iterator[Callable[[float], Presented | None]]:
    """Open the reader; what it gives waits so many seconds for the next card, None if none came.

    Raises Unreachable, Misconfigured or Lost.
    """
    reader = KeyboardReader("probe", KeyboardOptions(device=device, notation="text"))
    with reader.opened(device) as keyboard:
        yield lambda within_s: _next(keyboard, time.monotonic() + within_s)


def _next(keyboard: InputDevice, until: float) -> Presented | None:
    """The next text that was typed as fast as readers type, with the first terminator that fits it."""
    decoders = {terminator: Keystrokes(terminator) for terminator in _TERMINATORS}
    results: dict[Terminator, Scan | Refused] = {}
    while (now := time.monotonic()) < until or any(keys.pending for keys in decoders.values()):
        ready, _, _ = select.select([keyboard.fd], [], [], GAP_S * 2 if _pending(decoders) else until - now)
        try:
            events = list(keyboard.read()) if ready else []
        except BlockingIOError:
            continue
        except OSError as error:
            raise Lost("unplugged", f"{keyboard.path}: {error.strerror}") from error
        for terminator, keys in decoders.items():
            told = [
                result
                for event in events
                if event.type == ecodes.EV_KEY
                for result in keys.feed(event.code, event.value, event.timestamp())
            ]
            if not ready:
                told += keys.lost() if terminator != "none" else keys.idle(float("inf"))
            for result in told:
                results.setdefault(terminator, result)
        if results and not _pending(decoders):
            return _understood(results)
    return None


def _pending(decoders: dict[Terminator, Keystrokes]) -> bool:
    return any(keys.pending for keys in decoders.values())


def _understood(results: dict[Terminator, Scan | Refused]) -> Presented:
    for terminator in _TERMINATORS:
        result = results.get(terminator)
        if isinstance(result, Scan):
            return Presented((Reading(("terminator", terminator), result.text),), f"{len(result.text)} keys")
    refused = [result for result in results.values() if isinstance(result, Refused)]
    return Presented((), f"{refused[0].length} keys: {refused[0].why}")
