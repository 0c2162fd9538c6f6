"""Reads what is installed from the folders that installers leave: our version, and what packages offer.

importlib.metadata finds more kinds of places, and loads a parser of mail and four of archives to do so. A
daemon would carry them for ever; it asks only where the folders tell nothing.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

_NAME = "punchwire"


def version() -> str:
    """The installed version of Punchwire."""
    for folder in _folders():
        if _project(folder) == _NAME and folder.suffix == ".dist-info":
            return folder.stem.partition("-")[2]
    from importlib import metadata  # noqa: PLC0415 - see above

    return metadata.version(_NAME)


def offered(group: str) -> dict[str, str]:
    """What installed packages offer under an entry point group: `module:attribute` by name."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for folder in _folders():
        if _project(folder) not in seen:
            seen.add(_project(folder))
            for name, place in _offers(folder, group):
                found.setdefault(name, place)
    if found:
        return found
    from importlib import metadata  # noqa: PLC0415 - see above

    return {entry.name: entry.value for entry in metadata.entry_points(group=group)}


def _folders() -> Iterator[Path]:
    """What installers left, in the order in which modules are looked for: the first of a project counts."""
    for place in sys.path:
        for ending in (".dist-info", ".egg-info"):
            yield from sorted(Path(place).glob(f"*{ending}"))


def _project(folder: Path) -> str:
    return folder.stem.partition("-")[0].lower()


def _offers(folder: Path, group: str) -> Iterator[tuple[str, str]]:
    """The entries of one group in a package's `entry_points.txt`."""
    try:
        lines = (folder / "entry_points.txt").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    section = ""
    for line in map(str.strip, lines):
        if line.startswith("["):
            section = line.strip("[]")
        elif section == group and "=" in line:
            name, _, place = line.partition("=")
            yield name.strip(), place.partition("[")[0].strip()
