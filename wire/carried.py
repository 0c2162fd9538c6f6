"""A file of facts that a person carries to central where no network does: envelopes, and a closing line."""

from hashlib import sha256
from typing import Annotated, Literal

import msgspec

from wire.punch import EdgeId

_Count = Annotated[int, msgspec.Meta(ge=0)]


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of the file: whose facts they are, how many, and that they are all.

    Every line before it is an `Envelope` as it would go over the broker, with `ahead`. `digest` is the
    SHA-256 in hex of those lines, each with its line break, and of `edge`, `envelopes` and `facts` with a
    blank between: it shows damage on the way, and proves nobody's honesty.
    """

    edge: EdgeId
    envelopes: _Count
    facts: _Count
    digest: str
    v: Literal[1] = 1


class Lines:
    """Follows the envelopes of a file, line by line, and says what its closing line must be."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = sha256()

    def add(self, line: bytes) -> None:
        """The next line, with its line break."""
        self.count += 1
        self._digest.update(line)

    def closing(self, edge: str, facts: int) -> Closing:
        """The closing line, if these are all lines."""
        digest = self._digest.copy()
        digest.update(f"{edge} {self.count} {facts}".encode())
        return Closing(edge=edge, envelopes=self.count, facts=facts, digest=digest.hexdigest())
