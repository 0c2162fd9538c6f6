"""How facts become rows and come back: one alone as it is, many together compressed."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

ROW_FACTS = 100
"""Facts in one row at the most. A terminal's log read at once shrinks to a tenth in groups of this size."""
_LEVEL = 1
_json = msgspec.json.Decoder(msgspec.Raw)


class RowDamaged(ValueError):
    """The bytes of a row are not what was stored."""


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
        """The facts one by one. Raises RowDamaged, before the first of them."""
        bodies = [self._alone()] if self.count == 1 else self._unpacked()
        return (Waiting(self.seq + place, body) for place, body in enumerate(bodies))

    def _alone(self) -> bytes:
        """The fact as it lies here; one that is no JSON would spoil the whole message that carries it."""
        try:
            _json.decode(self.blob)
        except (msgspec.MsgspecError, TypeError) as error:
            raise RowDamaged(f"fact {self.seq}: {error}") from error
        return self.blob

    def _unpacked(self) -> list[bytes]:
        try:
            bodies = zlib.decompress(self.blob).split(b"\n")
        except (zlib.error, TypeError) as error:
            raise RowDamaged(f"facts from {self.seq} on: {error}") from error
        if len(bodies) != self.count:
            raise RowDamaged(f"facts from {self.seq} on: {len(bodies)} in the place of {self.count}")
        return bodies


def rows(first: int, bodies: Sequence[bytes]) -> Iterator[Row]:
    """Pack encoded facts, which hold no line break, into rows numbered from `first`."""
    for at in range(0, len(bodies), ROW_FACTS):
        part = bodies[at : at + ROW_FACTS]
        blob = part[0] if len(part) == 1 else zlib.compress(b"\n".join(part), _LEVEL)
        yield Row(first + at, len(part), blob)
