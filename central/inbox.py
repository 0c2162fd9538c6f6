"""Owns the order in which messages of edges are taken in: little ones first, then edge by edge.

What one edge said is taken in the order in which it said it.
"""

from collections import deque

from central.post import Delivery

LITTLE_BYTES = 4096
"""An edge of which no more than this waits is one whose people punch just now, about ten punches."""


class Inbox:
    """The messages that wait, by edge. Only one thread may use it."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Delivery]] = {}
        self._bytes: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, delivery: Delivery) -> None:
        """Let a message wait behind those of its edge."""
        edge = delivery.levels[1]
        self._waiting.setdefault(edge, deque()).append(delivery)
        self._bytes[edge] = self._bytes.get(edge, 0) + len(delivery.payload)

    def take(self, room: int) -> list[Delivery]:
        """The next messages, until they are so many bytes together.

        Edges of which little waits are first. All others have their turn one message at a time; where it
        ended, it begins the next time.
        """
        taken: list[Delivery] = []
        for edge in [edge for edge, size in self._bytes.items() if size <= LITTLE_BYTES]:
            while edge in self._waiting and room > 0:
                room -= self._take_one(edge, taken)
        while self._waiting and room > 0:
            room -= self._take_one(next(iter(self._waiting)), taken)
        return taken

    def _take_one(self, edge: str, taken: list[Delivery]) -> int:
        """Take the first message of an edge, and let the edge wait behind all others; its bytes."""
        waiting = self._waiting.pop(edge)
        delivery = waiting.popleft()
        size = len(delivery.payload)
        taken.append(delivery)
        if waiting:
            self._waiting[edge] = waiting
            self._bytes[edge] -= size
        else:
            del self._bytes[edge]
        return size
