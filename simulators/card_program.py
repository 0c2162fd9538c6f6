"""A simulated card reader as a program: the cards it knows, the JSON lines that it reads and writes."""

import argparse
import contextlib
import json
import os
import random
import re
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from simulators.arguments import seconds, some

UNAVAILABLE = 69
"""The exit code where this machine cannot imitate the device at all (`EX_UNAVAILABLE`)."""
REST_S = 0.2

ABOUT = """\
When ready it writes one JSON line with its device. Then it reads commands, one JSON object a line, and
answers each with one line:
  {"do": "present", "card": "06008E6D5D", "rest_s": 0.2}   a card is held to it (card: else the next one)
  {"do": "garbage", "bytes": 100}                          noise on the line
  {"do": "unplug"} {"do": "replug"}                        off and on the machine
  {"do": "cards"}                                          the cards that it presents by itself
  {"do": "dump"}                                           all cards presented so far
  {"do": "quit"}
A card is "heard" if something held the device open; nobody can read the others.
"""
_CARD = re.compile(r"[0-9A-F]{10}")


@dataclass(frozen=True, slots=True)
class Presented:
    """A card that was held to the reader: ten hex digits, when (UTC), and whether anything listened."""

    card: str
    at: str
    heard: bool


class CardReader(Protocol):
    """What a simulated card reader can do."""

    @property
    def device(self) -> str | None:
        """The path to open, None while it is unplugged."""

    def present(self, card: str, rest_s: float) -> bool:
        """Hold a card to the reader; tell whether anything listened."""

    def garbage(self, noise: bytes) -> None:
        """Send bytes that are no card."""

    def unplug(self) -> None:
        """Take the device off the machine."""

    def replug(self) -> None:
        """Put it back."""


def deck(seed: int, count: int) -> list[str]:
    """Different cards, the same for the same seed."""
    dice, cards = random.Random(seed), dict[str, None]()  # noqa: S311 - repeatable, not secret
    while len(cards) < count:
        cards[f"{dice.getrandbits(40):010X}"] = None
    return list(cards)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that every simulated card reader has."""
    parser.add_argument("--every", type=seconds, metavar="S", help="present a card every S seconds")
    parser.add_argument("--cards", type=some, default=50, metavar="N", help="how many cards it knows (50)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same cards (1)")


class CardProgram:
    """Carries out commands at one reader, and presents cards of its deck by itself if asked."""

    def __init__(self, reader: CardReader, options: argparse.Namespace) -> None:
        self.presented: list[Presented] = []
        self._reader = reader
        self._deck = deck(options.seed, options.cards)
        self._every_s: float | None = options.every
        self._noise = random.Random(options.seed)  # noqa: S311 - repeatable, not secret
        self._next = 0
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._deeds: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "present": self._present,
            "garbage": self._garbage,
            "unplug": lambda _: self._plug(self._reader.unplug),
            "replug": lambda _: self._plug(self._reader.replug),
            "cards": lambda _: {"cards": self._deck},
            "dump": lambda _: {"presented": [asdict(card) for card in self.presented]},
        }

    def run(self, kind: str) -> int:
        """Work until the input ends (the null device of a service never does), `quit` or a signal."""
        presenting = threading.Thread(target=self._present_on, daemon=True)
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            presenting.start()
            _say({"ready": True, "kind": kind, "device": self._reader.device})
            self._listen()
        self._done.set()
        presenting.join()
        return 0

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() and not self._obey(line):
                return
        if stat.S_ISCHR(os.fstat(0).st_mode) and not os.isatty(0):
            self._done.wait()

    def _obey(self, line: str) -> bool:
        """Carry out one command and answer it; False for `quit`."""
        try:
            order = json.loads(line)
            verb = order["do"]
            if verb == "quit":
                return False
            answer = {"did": verb, **self._deeds[verb](order)}
        except KeyError as missing:
            answer = {"error": f"no such command: {missing}; there is {', '.join(self._deeds)}, quit"}
        except (ValueError, TypeError) as error:
            answer = {"error": str(error)}
        _say(answer)
        return True

    def _present_on(self) -> None:
        while self._every_s is not None and not self._done.wait(self._every_s):
            self._present({})

    def _present(self, order: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            card = str(order.get("card") or self._deck[self._next % len(self._deck)]).upper()
            if not _CARD.fullmatch(card):
                raise ValueError(f"{card!r} is no card: write ten hex digits")
            self._next += "card" not in order
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            heard = self._reader.present(card, float(order.get("rest_s", REST_S)))
            self.presented.append(Presented(card, at, heard))
            return asdict(self.presented[-1])

    def _garbage(self, order: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            noise = self._noise.randbytes(int(order.get("bytes", 100)))
            self._reader.garbage(noise)
            return {"bytes": len(noise)}

    def _plug(self, deed: Callable[[], None]) -> dict[str, Any]:
        with self._lock:
            deed()
            return {"device": self._reader.device}


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
