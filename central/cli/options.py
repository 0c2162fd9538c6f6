"""Owns what the verbs share: the configuration, and the ledger that it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from central.config import Config
from central.ledger.database import Ledger


@contextmanager
def ledger_of(config: Config, *, migrated: bool = True) -> Iterator[Ledger]:
    """The configured ledger, brought up to date unless told otherwise. Raises LedgerError."""
    ledger = Ledger(config.central.database, config.database_password)
    try:
        if migrated:
            ledger.migrate(datetime.now(UTC))
        yield ledger
    finally:
        ledger.close()
