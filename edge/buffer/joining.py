"""Lets threads that append at the same moment share one commit, for each takes as long as all of them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from edge.buffer.store import OutboxError
from wire.facts import Fact


@dataclass(slots=True)
class Append:
    """One caller's facts on their way into a commit; `fresh` counts those that were new."""

    owner: str
    facts: Sequence[Fact]
    encoded: Sequence[bytes]
    memo: Mapping[str, str] | None
    fresh: int = 0
    error: OutboxError | None = None
    done: bool = False


class Joining:
    """Whoever holds `lock` commits for all who wait for it. `commit` stores a group wholly, or raises."""

    def __init__(self, lock: AbstractContextManager[object], commit: Callable[[list[Append]], None]) -> None:
        self._lock = lock
        self._commit = commit
        self._gate = threading.Lock()
        self._queue: list[Append] = []

    def store(self, request: Append) -> None:
        """Return after a commit with the request reached the disk. Raises OutboxError: nothing was stored."""
        with self._gate:
            self._queue.append(request)
        with self._lock:
            if not request.done:
                with self._gate:
                    group, self._queue = self._queue, []
                self._carry_out(group)
        if request.error is not None:
            raise OutboxError(str(request.error)) from request.error

    def _carry_out(self, group: list[Append]) -> None:
        try:
            self._commit(group)
        except Exception as error:  # noqa: BLE001 - whoever waits for this commit hears that it failed
            told = error if isinstance(error, OutboxError) else OutboxError(repr(error))
            for request in group:
                request.error = told
        finally:
            for request in group:
                request.done = True
