"""Owns what the verbs share: the ledger that the configuration names, and kinds of arguments."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

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


def a_date(text: str) -> date:
    """An argument that is a date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-05-11") from None


def a_count(text: str) -> int:
    """An argument that is a whole number from 1 on."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)
