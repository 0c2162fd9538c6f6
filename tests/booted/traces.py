"""Which files stand on a machine, those of Debian's packages and of a running system aside."""

import re
from collections.abc import Iterator
from pathlib import Path

_RESTLESS = (
    "dev",
    "proc",
    "run",
    "sys",
    "tmp",
    "var/cache",
    "var/lib/apt",
    "var/lib/dpkg",
    "var/log",
    "var/tmp",
)
"""Folders in which a running Debian writes by itself."""
_MERGED = re.compile(r"^(?=(bin|sbin|lib|lib64)/)")
"""Old packages name what lies below /usr by its name without that."""
_BY_THE_WAY = ("__pycache__", ".git")
"""Folders that Python and the clone's owner fill."""


class Traces:
    """The paths of one moment, relative to the root of the machine."""

    def __init__(self, root: Path) -> None:
        self.paths = frozenset(_below(root, root))
        self._root = root

    def beyond(self, before: "Traces") -> list[str]:
        """What stands there now and did not before, as far as no package brought it."""
        packaged = {
            _MERGED.sub("usr/", line.lstrip("/"))
            for listing in (self._root / "var/lib/dpkg/info").glob("*.list")
            for line in listing.read_text(encoding="utf-8").splitlines()
        }
        return sorted(self.paths - before.paths - packaged)


def _below(root: Path, folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        name = str(path.relative_to(root))
        if name in _RESTLESS or path.name in _BY_THE_WAY:
            continue
        yield name
        if path.is_dir() and not path.is_symlink():
            yield from _below(root, path)
