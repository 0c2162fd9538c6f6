"""Holds a reader's facts in memory while the outbox refuses them: they exist nowhere else."""

from collections.abc import Callable, Mapping, Sequence

from edge.buffer.outbox import Outbox
from edge.buffer.store import OutboxError
from edge.errors import Lost
from ground.journal import Journal
from wire.facts import Fact

_AGAIN_S = 1.0


class Holding:
    """The way of one reader's facts into the outbox. `stored` is False while it refuses them.

    `wait` sleeps and tells whether the daemon stops; `show` is called with what is wrong, and with an empty
    text when all is well again.
    """

    def __init__(
        self, owner: str, outbox: Outbox, wait: Callable[[float], bool], show: Callable[[str], None]
    ) -> None:
        self.stored = True
        self._why = ""
        self._owner = owner
        self._outbox = outbox
        self._wait = wait
        self._show = show
        self._journal = Journal(f"reader:{owner}")

    def commit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None) -> int:
        """Commit facts, however long it takes; how many were new. Raises Lost if the daemon stops first."""
        while (fresh := self.offer(facts, memo)) is None:
            if self._wait(_AGAIN_S):
                self._journal.error("facts_given_up", reason=self._why, facts=len(facts))
                raise Lost("outbox-failed", self._why)
        return fresh

    def offer(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int | None:
        """Try once to commit facts; how many were new, None if the outbox refuses them now."""
        try:
            fresh = self._outbox.append(self._owner, facts, memo)
        except OutboxError as error:
            self._why = str(error)
            if self.stored:
                self._journal.error("append_failed", reason=error, facts=len(facts))
            self.stored = False
            self._show(f"{len(facts)} facts are held in memory: {error}")
            return None
        if not self.stored:
            self._journal.info("append_again")
            self.stored = True
            self._show("")
        return fresh
