"""Builds and parses topic names: the only file with a slash in a string."""

import re
from dataclasses import dataclass

DEFAULT_PREFIX = "punchwire/v1"
BROKER_LOG = "$SYS/broker/log/N"
"""Where Mosquitto tells of logins that it refused, if its configuration says `log_dest topic`."""
_LEVEL = re.compile(r"[^/+#\x00-\x1f\x7f]{1,64}")


class TopicError(ValueError):
    """A name that cannot stand as one level of a topic."""


def _level(name: str) -> str:
    if not _LEVEL.fullmatch(name):
        raise TopicError(
            f"{name!r} cannot be a level of a topic: 1 to 64 characters, none of / + # or control"
        )
    return name


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics below one prefix.

    >>> Topics("punchwire/v1").facts("pune-01")
    'punchwire/v1/edge/pune-01/facts'
    """

    prefix: str = DEFAULT_PREFIX

    def _of_edge(self, edge: str, leaf: str) -> str:
        return f"{self.prefix}/edge/{edge if edge == '+' else _level(edge)}/{leaf}"

    def status(self, edge: str) -> str:
        """An edge's retained status and last will."""
        return self._of_edge(edge, "status")

    def birth(self, edge: str) -> str:
        """An edge's retained description of itself."""
        return self._of_edge(edge, "birth")

    def heartbeat(self, edge: str) -> str:
        """An edge's retained vitals."""
        return self._of_edge(edge, "heartbeat")

    def facts(self, edge: str) -> str:
        """An edge's stream of facts."""
        return self._of_edge(edge, "facts")

    def receipts(self, edge: str) -> str:
        """Central's retained receipts for an edge."""
        return self._of_edge(edge, "receipts")

    def orders(self, edge: str) -> str:
        """Central's orders for an edge."""
        return self._of_edge(edge, "orders")

    def trial(self, edge: str) -> str:
        """Where an edge tries whether it may speak; nobody listens but itself."""
        return self._of_edge(edge, "trial")

    @property
    def central_status(self) -> str:
        """Central's retained status and last will."""
        return f"{self.prefix}/central/status"

    def request(self, user: str, verb: str) -> str:
        """A person's requests; the user level is the broker's authenticated name."""
        user_level = user if user == "+" else _level(user)
        return f"{self.prefix}/admin/{user_level}/{verb if verb == '+' else _level(verb)}"

    def answer(self, user: str, request_id: str) -> str:
        """The answers to one request of one person."""
        return f"{self.prefix}/admin/{_level(user)}/answers/{_level(request_id)}"

    def answers(self, user: str) -> str:
        """A filter for every answer to one person."""
        return f"{self.prefix}/admin/{_level(user)}/answers/+"

    def board(self, edge: str, reader: str | None = None) -> str:
        """The retained colour of an edge, or of one reader of it."""
        stem = f"{self.prefix}/board/{_level(edge)}"
        return stem if reader is None else f"{stem}/{_level(reader)}"

    @property
    def whole_board(self) -> str:
        """A filter for every colour on the board."""
        return f"{self.prefix}/board/#"

    def day(self, employee: str, date: str) -> str:
        """An employee's day result, published when it changed."""
        return f"{self.prefix}/days/{_level(employee)}/{_level(date)}"

    def shared(self, group: str, topic: str) -> str:
        """A filter of which each message goes to one of the group that subscribes to it."""
        return f"$share/{_level(group)}/{topic}"

    def parse(self, topic: str) -> tuple[str, ...]:
        """Split a topic below the prefix into its levels: `("edge", "pune-01", "facts")`.

        The broker's log is `("broker", "log")`, wherever the prefix is.

        Raises TopicError for a topic that does not lie below the prefix, or has a level that `Topics` would
        not build.
        """
        if topic == BROKER_LOG:
            return "broker", "log"
        head = self.prefix + "/"
        if not topic.startswith(head):
            raise TopicError(f"{topic!r} does not lie below {self.prefix!r}")
        return tuple(map(_level, topic[len(head) :].split("/")))


def check_prefix(prefix: str) -> str:
    """Return the prefix if it can stand before every topic; raise TopicError if not."""
    for level in prefix.split("/"):
        _level(level)
    return prefix
