"""Owns the shapes of the directory in memory: masks of rows, small codes, and texts in one piece."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""One truth for each row."""
Rows = NDArray[np.int32]
"""Numbers of rows."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Many texts in one piece of memory: a tenth of what as many strings would take."""

    data: bytes
    ends: NDArray[np.uint32]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        """Put texts together; what no encoding can hold becomes a question mark."""
        pieces = [text.encode("utf-8", "replace") for text in texts]
        lengths = np.fromiter(map(len, pieces), np.uint32, len(pieces))
        return cls(b"".join(pieces), np.cumsum(lengths, dtype=np.uint32))

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, row: int) -> str:
        first = int(self.ends[row - 1]) if row else 0
        return self.data[first : int(self.ends[row])].decode()

    def between(self, first: int, last: int) -> Iterator[str]:
        """The texts of the rows from `first` to before `last`."""
        begin = int(self.ends[first - 1]) if first else 0
        for end in self.ends[first:last].tolist():
            yield self.data[begin:end].decode()
            begin = end

    def spliced(self, put: Sequence[tuple[int, str]], new: Sequence[tuple[int, str]]) -> "Texts":
        """With other texts in some rows, and texts more in front of some rows; both by row, in order."""
        if not put and not new:
            return self
        pieces: list[bytes] = []
        done = 0
        lengths = np.diff(self.ends, prepend=np.uint32(0))
        # What is new stands in front of its row, so before what is put into it.
        edits = [*((at, False, text) for at, text in new), *((at, True, text) for at, text in put)]
        for row, replaces, text in sorted(edits, key=itemgetter(0, 1)):
            begin = int(self.ends[row - 1]) if row else 0
            encoded = text.encode("utf-8", "replace")
            pieces += (self.data[done:begin], encoded)
            done = begin
            if replaces:
                done = int(self.ends[row])
                lengths[row] = len(encoded)
        pieces.append(self.data[done:])
        more = np.array([len(one.encode("utf-8", "replace")) for _, one in new], np.uint32)
        lengths = np.insert(lengths, [at for at, _ in new], more) if new else lengths
        return Texts(b"".join(pieces), np.cumsum(lengths, dtype=np.uint32))

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return len(self.data) + self.ends.nbytes
