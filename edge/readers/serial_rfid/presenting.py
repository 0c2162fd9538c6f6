"""Waits for cards at a serial reader of unknown format, and understands each in every format that fits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import get_args

from edge.readers.card import CardProfile, Seen
from edge.readers.presented import Presented, Reading
from edge.readers.serial_rfid.formats import FORMATS_OF_TEXT, Format, frames_of
from edge.readers.serial_rfid.frames import Frames
from edge.readers.serial_rfid.reader import SerialOptions, SerialReader

_LONGEST_REST_S = 10.0
"""A card is over when the reader falls silent; one that stays, or noise without end, is cut off."""
_ENOUGH_BYTES = 4096
_SHOWN = 32
_LIKELIEST: tuple[Format, ...] = ("id12", "rdm6300", "binary", "idteck", "elatec", "hid-line", "elatec-hid")
"""Those with a check come before a line of text, which anything can be."""


@contextmanager
def presenting(device: str, baud: int) -> Iterator[Callable[[float], Presented | None]]:
    """Open the reader; what it gives waits so many seconds for the next card, None if none came.

    Raises Unreachable, Misconfigured or Lost.
    """
    reader = SerialReader("probe", SerialOptions(device=device, format="rdm6300", baud=baud))
    with reader.opened() as port:
        yield lambda within_s: _next(lambda: reader.received(port), within_s)


def _next(received: Callable[[], bytes], within_s: float) -> Presented | None:
    until = time.monotonic() + within_s
    while not (came := received()):
        if time.monotonic() > until:
            return None
    until = time.monotonic() + _LONGEST_REST_S
    while (more := received()) and time.monotonic() < until:
        came += more
    return understood(came[:_ENOUGH_BYTES])


def understood(came: bytes) -> Presented:
    """Every format in which the bytes hold a card."""
    readings: list[Reading] = []
    for form in sorted(get_args(Format), key=_rank):
        text = form in FORMATS_OF_TEXT
        seen = _first(frames_of(form, CardProfile("text" if text else None)), came)
        if seen is None or (form == "id12" and b"\r\n" not in came):
            continue
        key = ("format", str(form))
        readings.append(Reading(key, seen.raw) if seen.canon is None else Reading.from_bits(key, seen.canon))
    return Presented(tuple(readings), came[:_SHOWN].hex(" "))


def _rank(form: Format) -> int:
    return _LIKELIEST.index(form) if form in _LIKELIEST else len(_LIKELIEST)


def _first(frames: Frames, came: bytes) -> Seen | None:
    sights = [*frames.feed(came), *frames.settle()]
    return next((sight for sight in sights if isinstance(sight, Seen)), None)
