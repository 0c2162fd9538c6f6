"""Owns the search for a fragment of text in ids and names: an index of all threes of letters, in blocks.

A block covers rows that stand side by side and never changes. Letters are compared casefolded; an id and a
name are apart, so that no fragment crosses from one to the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from central.directory.arrays import Mask

BLOCK_ROWS = 32_768
"""Rows of a block: few enough to be renewed while somebody waits, and for a row number of two bytes."""
_LONGEST = 400
"""Letters of an id or a name that a search looks at."""
_END = 10
_GRAM = 3


@dataclass(frozen=True, slots=True)
class Block:
    """The index of some rows.

    `text` is every row's id and name, each closed by an end mark. `grams` are the threes of bytes that occur,
    in order; those of number n stand at `begins[n]` to `begins[n + 1]` of `rows` and `places`: the row, and
    the place within the row's text.
    """

    text: NDArray[np.uint8]
    starts: NDArray[np.uint32]
    grams: NDArray[np.uint32]
    begins: NDArray[np.uint32]
    rows: NDArray[np.uint16]
    places: NDArray[np.uint16]

    @property
    def size(self) -> int:
        """How many rows it covers."""
        return len(self.starts)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        arrays = (self.text, self.starts, self.grams, self.begins, self.rows, self.places)
        return sum(array.nbytes for array in arrays)

    def find(self, fragment: bytes) -> Mask:
        """The rows that hold a folded fragment, which must not be empty."""
        found = np.zeros(self.size, np.bool_)
        if len(fragment) <= _GRAM:
            first, last = self._range(fragment)
            found[self.rows[first:last]] = True
            return found
        ranges = [self._range(fragment[at : at + _GRAM]) for at in range(len(fragment) - _GRAM + 1)]
        rarest = min(range(len(ranges)), key=lambda at: ranges[at][1] - ranges[at][0])
        first, last = ranges[rarest]
        rows = self.rows[first:last]
        begins = self.starts[rows] + self.places[first:last]
        for at in _around(rarest, len(fragment)):
            # A place before the text wraps to one far behind it: cut, that is an end mark, and fits nothing.
            kept = self.text.take(begins + np.uint32(at) - np.uint32(rarest), mode="clip") == fragment[at]
            rows, begins = rows[kept], begins[kept]
            if not len(rows):
                break
        found[rows] = True
        return found

    def _range(self, gram: bytes) -> tuple[int, int]:
        """Where the postings of all threes stand that begin with some bytes."""
        low = int.from_bytes(gram.ljust(_GRAM, b"\0"), "big")
        high = low + (1 << 8 * (_GRAM - len(gram)))
        first, last = np.searchsorted(self.grams, np.array((low, high), np.uint32))
        return int(self.begins[first]), int(self.begins[last])


def _around(rarest: int, length: int) -> list[int]:
    """The places of a fragment that its rarest three does not cover, nearest first."""
    return [*range(rarest + _GRAM, length), *range(rarest - 1, -1, -1)]


def fold(text: str) -> str:
    """The text as a search compares it. Control characters are blanks: one of them is the end mark."""
    folded = text.casefold()
    return folded if folded.isprintable() else "".join(max(sign, " ") for sign in folded)


def block(ids: Sequence[str], names: Sequence[str]) -> Block:
    """Index some rows, at most `BLOCK_ROWS`."""
    mark = chr(_END)
    lines = [
        f"{fold(one)[:_LONGEST]}{mark}{fold(name)[:_LONGEST]}{mark}".encode("utf-8", "replace")
        for one, name in zip(ids, names, strict=True)
    ]
    lengths = np.fromiter(map(len, lines), np.uint32, len(lines))
    starts = np.cumsum(lengths, dtype=np.uint32) - lengths
    text = np.frombuffer(b"".join(lines) + mark.encode(), np.uint8)
    letters = np.flatnonzero(text != _END).astype(np.uint32)
    rows = np.repeat(np.arange(len(lines), dtype=np.uint16), lengths)[letters]
    places = (letters - starts[rows]).astype(np.uint16)
    before, last = _grams(text, letters)
    # Sorting by the last byte and then, stably, by the two before it costs half of sorting all three at once.
    order = np.argsort(last, kind="stable")
    order = order[np.argsort(before[order], kind="stable")]
    keys = (before[order].astype(np.uint32) << 8) | last[order]
    new = np.flatnonzero(np.diff(keys, prepend=np.uint32(0xFFFFFFFF)))
    begins = np.append(new, len(keys)).astype(np.uint32)
    return Block(text, starts, keys[new].astype(np.uint32), begins, rows[order], places[order])


def _grams(
    text: NDArray[np.uint8], letters: NDArray[np.uint32]
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """The three bytes at each letter, as the first two and the last."""
    before = (text[letters].astype(np.uint16) << 8) | text[letters + 1]
    return cast("NDArray[np.uint16]", before), text[letters + 2]
