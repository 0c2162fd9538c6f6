"""Owns what each scope sees of the directory: cut once, and kept until an import changes the directory."""

from central.access.scope import Scope, Sight, sight
from central.directory.directory import Directory
from central.ledger.people import People


class Sights:
    """The one place from which requests get a directory. Not for more than one thread."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._directory: Directory | None = None
        self._kept: dict[Scope, Sight] = {}

    def of(self, scope: Scope) -> Sight:
        """What somebody with this scope sees now."""
        directory = self._people.directory()
        if directory is not self._directory:
            self._directory = directory
            self._kept.clear()
        if scope not in self._kept:
            self._kept[scope] = sight(directory, scope)
        return self._kept[scope]
