"""How facts become rows and come back: one alone as it is, many together compressed."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ROW_FACTS = 100
"""Facts in one row at the most. A terminal's log read at once shrinks to a tenth in groups of this size."""
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fact as it goes out: its number and its encoded bytes."""

    seq: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """`count` facts from `seq` on. `blob` is the fact itself where it is one, else many compressed."""

    seq: int
    count: int
    blob: bytes

    def facts(self) -> Iterator[Waiting]:
        """The facts one by one."""
        bodies = [self.blob] if self.count == 1 else zlib.decompress(self.blob).split(b"\n")
        return (Waiting(self.seq + place, body) for place, body in enumerate(bodies))


def rows(first: int, bodies: Sequence[bytes]) -> Iterator[Row]:
    """Pack encoded facts, which hold no line break, into rows numbered from `first`."""
    for at in range(0, len(bodies), ROW_FACTS):
        part = bodies[at : at + ROW_FACTS]
        blob = part[0] if len(part) == 1 else zlib.compress(b"\n".join(part), _LEVEL)
        yield Row(first + at, len(part), blob)
