"""Makes new inputs of known ones: bytes flipped, cut, doubled, and words of a text replaced by odd ones."""

import random
import re
from collections.abc import Callable, Sequence

ODD_WORDS: tuple[bytes, ...] = (
    b"",
    b"0",
    b"-1",
    b"1e999",
    b"-0.0",
    b"255",
    b"65536",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551616",
    b"9" * 40,
    b"9" * 4400,
    b"0x" + b"f" * 4000,
    b"nan",
    b"inf",
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b"[" * 2000,
    b'{"a":' * 500,
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\\n"',
    b"\\n",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    "é²٣\u2028".encode(),
    b"0001-01-01",
    b"9999-12-31",
    b"2026-02-31",
    b"2026-05-11",
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-12:00",
    b"9999-12-31T23:59:59Z",
    b"2026-05-11T09:00:00",
    b"24:00",
    b"23:59",
    b"Asia/Kolkata",
    b"Asia",
    b"../../etc/passwd",
    b"/dev/null",
    b"(a{1,99999}){99999}",
    b"a{99999999999}",
    b"(?P<x>",
    b"(" * 300,
    b"postgresql://a:b@[::1]:x/y?z",
    b"a" * 300,
)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[A-Za-z0-9_.:+-]+|\s+|.', re.DOTALL)
_VALUE = re.compile(rb'"|-?[0-9]|true|false|null')
NUMBERS: tuple[bytes, ...] = (
    *(word for word in ODD_WORDS if re.fullmatch(rb"-?[0-9][0-9A-Za-z:+.-]*", word)),
    b"1",
    b"2",
    b"7.5",
    b"480",
    b"true",
    b"false",
    b"null",
    b'"x"',
    b"[]",
    b"{}",
    b"1979-05-27T07:32:00.999999-07:00",
    b"2024-02-29",
    b"00:00",
)
"""What may stand where a number, a date or a truth value stood."""
_BYTES = (0x00, 0x01, 0x02, 0x03, 0x0A, 0x0D, 0x20, 0x30, 0x3A, 0x7F, 0x80, 0xFF)
_LARGEST_BLOCK = 64

Change = Callable[[random.Random, bytearray], None]


class Mutator:
    """Changes inputs by the dice of a seed. `words` are those of one target, beside the odd ones of all."""

    def __init__(self, seed: int, words: Sequence[bytes], longest: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._words = (*words, *ODD_WORDS)
        self._longest = longest

    def choose(self, corpus: Sequence[bytes]) -> bytes:
        """One input of the corpus, changed a few times; half of all word by word: texts stay texts."""
        return self.changed(self._dice.choice(corpus), corpus)

    def changed(self, known: bytes, corpus: Sequence[bytes]) -> bytes:
        """The same for one input; others of the corpus lend their pieces."""
        data = bytearray(known)
        as_text = self._dice.random() < 0.5
        for _ in range(1 + int(self._dice.expovariate(1.0)) % 8):
            if as_text:
                data = self._other_words(data, corpus)
            elif self._dice.random() < 0.15:
                other = self._dice.choice(corpus)
                data = data[: self._at(data)] + other[self._at(other) :]
            else:
                self._dice.choice(_CHANGES)(self._dice, data)
        return bytes(data[: self._longest])

    def _at(self, data: Sequence[int]) -> int:
        return self._dice.randrange(len(data) + 1)

    def _other_words(self, data: bytearray, corpus: Sequence[bytes]) -> bytearray:
        """Replace, double or drop one word of a text; mostly one that may stand there for another."""
        tokens = _TOKEN.findall(data)
        if not tokens:
            return bytearray(self._dice.choice(self._words))
        at, roll = self._dice.randrange(len(tokens)), self._dice.random()
        values = [place for place, token in enumerate(tokens) if _VALUE.match(token)]
        if values and roll < 0.7:
            at = self._dice.choice(values)
            tokens[at] = self._like(tokens[at], corpus)
        elif roll < 0.78:
            tokens[at : at + self._dice.choice((1, 1, 2, 8))] = []
        elif roll < 0.86:
            begin = self._dice.randrange(len(tokens))
            tokens[at:at] = tokens[begin : begin + self._dice.choice((1, 2, 8))]
        else:
            tokens[at] = self._dice.choice(self._words)
        return bytearray(b"".join(tokens))

    def _like(self, token: bytes, corpus: Sequence[bytes]) -> bytes:
        """Another word of the same sort: a text for a text, a number or date for a number or date."""
        others = [it for it in _TOKEN.findall(self._dice.choice(corpus)) if it[:1] == token[:1]]
        if others and self._dice.random() < 0.4:
            return bytes(self._dice.choice(others))
        word = self._dice.choice(self._words if token.startswith(b'"') else NUMBERS)
        if not token.startswith(b'"'):
            return word
        return word if word.startswith(b'"') else b'"' + word.replace(b'"', b"") + b'"'


def _place(dice: random.Random, data: bytearray) -> int:
    return dice.randrange(len(data)) if data else 0


def _flip(dice: random.Random, data: bytearray) -> None:
    if data:
        data[_place(dice, data)] ^= 1 << dice.randrange(8)


def _set(dice: random.Random, data: bytearray) -> None:
    if data:
        data[_place(dice, data)] = dice.choice(_BYTES)


def _any(dice: random.Random, data: bytearray) -> None:
    if data:
        data[_place(dice, data)] = dice.randrange(256)


def _insert(dice: random.Random, data: bytearray) -> None:
    at = _place(dice, data)
    data[at:at] = bytes(dice.choice(_BYTES) for _ in range(dice.randrange(1, 9)))


def _drop(dice: random.Random, data: bytearray) -> None:
    at = _place(dice, data)
    del data[at : at + dice.randrange(1, _LARGEST_BLOCK)]


def _double(dice: random.Random, data: bytearray) -> None:
    at, to = _place(dice, data), _place(dice, data)
    data[to:to] = data[at : at + dice.randrange(1, _LARGEST_BLOCK)] * dice.choice((1, 1, 1, 3, 30))


def _number(dice: random.Random, data: bytearray) -> None:
    size = dice.choice((2, 4))
    value = dice.choice((0, 1, (1 << 8 * size) - 1, 1 << 8 * size - 1, dice.getrandbits(8 * size)))
    at = _place(dice, data)
    data[at : at + size] = value.to_bytes(size, "little")


def _cut(dice: random.Random, data: bytearray) -> None:
    del data[_place(dice, data) :]


_CHANGES: tuple[Change, ...] = (_flip, _set, _any, _insert, _drop, _double, _number, _cut)
