"""What is wrong with a device that works: all of it is remembered, the worst is told at the desk."""

from collections.abc import Sequence

from edge.readers.reader import Desk


class Doubts:
    """The troubles of one device. `words` of `wire.reasons` are all that there can be, the worst first."""

    def __init__(self, desk: Desk, words: Sequence[str]) -> None:
        self._desk = desk
        self._words = tuple(words)
        self._seen: dict[str, str] = {}
        self._shown = False

    def __contains__(self, word: str) -> bool:
        return word in self._seen

    def note(self, word: str, evidence: str | None) -> None:
        """Remember a trouble with what was seen of it; None is its end."""
        if evidence is None:
            self._seen.pop(word, None)
        else:
            self._seen[word] = evidence

    def show(self) -> None:
        """Tell the worst, or that there is none any more."""
        worst = next((word for word in self._words if word in self._seen), None)
        if worst is not None:
            self._desk.doubt(worst, self._seen[worst])
        elif self._shown:
            self._desk.doubt("", "")
        self._shown = worst is not None
