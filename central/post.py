"""Owns what travels between the threads and processes of central: messages of the broker, news of commits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that the broker handed over.

    `levels` is its topic below the prefix: `("edge", "pune-01", "facts")`. `retained` tells a message that
    the broker kept from one that was sent just now. `mid` and `connection` are what an acknowledgement
    needs. `response` is the topic on which the sender wants an answer, "" for none, and `correlation` what
    the answer is to carry.
    """

    levels: tuple[str, ...]
    payload: bytes
    retained: bool
    mid: int
    connection: int
    response: str = ""
    correlation: bytes | None = None


class Ears(Protocol):
    """Where messages come from, for one thread that takes them in."""

    def hear(self, wait_s: float) -> Sequence[Delivery]:
        """What arrived since the last time; waits for something, or for `wake`, at most so long."""

    def wake(self) -> None:
        """End the `hear` that waits, or the next one. Any thread may call it."""


class Publish(Protocol):
    """Hands a message to the broker.

    False means that it was not even tried, since there is no connection. True is no promise that it arrived.
    """

    def __call__(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Send to a topic."""


class Respond(Protocol):
    """Hands a message to the broker as `Publish` does, with what the answered request gave it to carry."""

    def __call__(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
    ) -> bool:
        """Send to a topic."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What one commit of the intake brought, for those who may want to look at the ledger again.

    `at` is when it was received, `readers` names (edge, reader) of each new punch that was not re-read, and
    `orders` the order ids of the reports and outcomes among the facts.
    """

    at: datetime
    readers: frozenset[tuple[str, str]]
    orders: frozenset[str]


LONGEST_NEWS = 64 * 1024
"""Bytes of a `Landed` on the line to another process at the most; what is longer is found in the ledger."""

Tell = Callable[[Landed], None]
"""Called by the intake after each commit, on its thread: it may only take a note."""

Readers = Callable[[], Mapping[str, Sequence[str]]]
"""The readers of each edge that is known. Any thread may ask."""
