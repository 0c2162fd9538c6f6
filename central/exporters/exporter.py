"""What an exporter is: the border between what central knows and a system that wants to have it.

ExportError
├── Away      the other side cannot be reached or is busy: the same batch is tried again by itself
├── TooLarge  the batch is too large for the other side: its halves are tried
└── Refused   the other side will not take the batch as it is: a person must act
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import msgspec

What = Literal["days", "punches"]


class ExportError(Exception):
    """A batch did not arrive, as far as can be told; the text says why."""


class Away(ExportError):
    """Try again; `after_s` is when the other side asked for it, None if it did not say."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class TooLarge(ExportError):
    """Try with fewer rows."""


class Refused(ExportError):
    """Trying again helps only after a person has done something about it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows on their way to one exporter: JSON objects, in the order of the ledger.

    `batch_id` is the same whenever the same rows are sent again, so that the other side can know them.
    """

    exporter: str
    what: What
    batch_id: str
    rows: tuple[bytes, ...]


class Exporter(Protocol):
    """One kind of exporter, found by its entry point in the group `punchwire.exporters`.

    Its keys in `[[export]]` are read into `Options`, whose `__post_init__` may raise ValueError.
    """

    Options: ClassVar[type[msgspec.Struct]]

    def __init__(self, name: str, options: Any) -> None:
        """Without effects; `name` is the exporter's own in central.toml."""

    def send(self, batch: Batch) -> None:
        """Return when the other side has the batch for good. Raises ExportError."""

    def close(self) -> None:
        """Give up connections."""
