"""Owns the transactions that write: on which connection, and what is done while the disk is waited for."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class Writing:
    """Write transactions on an engine. Constructed without effects.

    With `keep` there is one connection, which the next transaction finds warm, and only one thread at a time
    may write.
    """

    def __init__(self, engine: Engine, *, keep: bool) -> None:
        self._engine = engine
        self._keep = keep
        self._kept: Connection | None = None
        self._committer = ThreadPoolExecutor(1, "commit")

    @contextmanager
    def transaction(self, meanwhile: Callable[[], None] | None) -> Iterator[Connection]:
        """A transaction, committed when the block has ended, undone if it raises.

        `meanwhile` runs on this thread beside the commit.
        """
        with self._connected() as connection, connection.begin() as transaction:
            yield connection
            if meanwhile is not None:
                committing = self._committer.submit(transaction.commit)
                try:
                    meanwhile()
                finally:
                    committing.result()

    def close(self) -> None:
        """Give up the connection."""
        self._committer.shutdown()
        if self._kept is not None:
            self._kept.close()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection; one on which something failed is not used again."""
        connection = self._kept or self._engine.connect().execution_options(writes=True)
        self._kept = None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self._keep:
            self._kept = connection
        else:
            connection.close()
