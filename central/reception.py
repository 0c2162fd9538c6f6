"""Owns what waits to be taken in: hears what arrives, keeps it by edge, and makes ready what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from central.inbox import Inbox
from central.ledger.loads import Load, ready
from central.post import Delivery, Ears
from central.streams import Unread, announced, opened, set_aside
from ground.journal import Journal
from wire.codec import WireError, decode
from wire.vitals import Birth

GROUP_BYTES = 1 << 20
"""Messages are taken together until they are so many bytes, which is about 2,500 punches: a transaction costs
what a few hundred of them cost, and whoever comes next waits for no more than this.
"""

journal = Journal("intake")


@dataclass(frozen=True, slots=True)
class Opened:
    """A message, and what it holds; None for a birth that cannot be read, which is nobody's loss."""

    delivery: Delivery
    content: Load | Unread | None

    @classmethod
    def of(cls, delivery: Delivery) -> "Opened":
        """Open a message of facts, or a birth."""
        edge, leaf = delivery.levels[1:]
        if leaf == "facts":
            return cls(delivery, _content(edge, delivery.payload))
        try:
            return cls(delivery, Load.of(announced(edge, decode(delivery.payload, Birth))))
        except WireError as error:
            journal.debug("birth_unreadable", edge=edge, reason=error)
            return cls(delivery, None)


def _content(edge: str, payload: bytes) -> Load | Unread:
    try:
        return ready(opened(edge, payload))
    except Exception as error:  # noqa: BLE001 - whatever it is, no message may stop the others
        return ready(set_aside(edge, payload, f"it cannot be made ready: {' '.join(str(error).split())}"))


class Reception:
    """What waits before the ledger. Constructed without effects; one thread uses it."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._inbox = Inbox()
        self._ahead: list[Opened] = []

    @property
    def crowded(self) -> bool:
        """Whether more waits than went into the last group."""
        return len(self._inbox) > 0

    def next_group(self, wait_s: float) -> Sequence[Opened]:
        """Wait at most so long for something; what waits already comes with it, as far as there is room."""
        self.listen(0.0 if self._ahead or self.crowded else wait_s)
        group, self._ahead = self._ahead, []
        room = GROUP_BYTES - sum(len(one.delivery.payload) for one in group)
        return group + self._opened(room)

    def look_ahead(self) -> None:
        """Open what comes next already: for a thread that would only wait otherwise."""
        if not self._ahead:
            self.listen(0.0)
            self._ahead = self._opened(GROUP_BYTES)

    def listen(self, wait_s: float) -> None:
        """Let the connection live, and keep what arrives; waits for it at most so long."""
        for delivery in self._ears.hear(wait_s):
            self._inbox.add(delivery)

    def wake(self) -> None:
        """End the wait at hand. Any thread may call it."""
        self._ears.wake()

    def _opened(self, room: int) -> list[Opened]:
        return list(map(Opened.of, self._inbox.take(room)))
