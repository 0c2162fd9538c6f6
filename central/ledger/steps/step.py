"""What a step is: one change of the ledger's tables, named, applied once, in the order of the names.

A step is SQL for both databases, with words in braces where they differ (`central.ledger.migrations`). Steps
that were released never change; a change of the schema is a new step at the end and the same in `schema`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema: `statements` for both databases, others for one of them, then `fill`."""

    name: str
    statements: tuple[str, ...]
    sqlite: tuple[str, ...] = ()
    postgresql: tuple[str, ...] = ()
    fill: Callable[[Connection], None] | None = None
