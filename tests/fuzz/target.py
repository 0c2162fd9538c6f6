"""What is fuzzed: a parser that meets outside bytes, valid inputs for it, and what it may answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One parser behind an oracle.

    `run` takes any bytes and returns a word for what became of them. Documented errors become words;
    whatever else it raises is a crash, and so is a broken promise that it asserts. `seeds` makes valid
    inputs; `good` is part of the outcome of many of them. `words` are pieces of text that mean something to
    it. An input has `longest` bytes at the most, and takes `patience_s` of processor time at the most:
    hundreds of times the usual, and the same beside any other program.
    """

    name: str
    run: Callable[[bytes], str]
    seeds: Callable[[], Sequence[bytes]]
    good: str
    words: Sequence[bytes] = ()
    longest: int = 4096
    patience_s: float = 2.0
